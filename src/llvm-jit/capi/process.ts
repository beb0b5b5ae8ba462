import { NativeBlock } from '../../native/block.js';
import { oncePerProcess } from '../../native/once.js';
import { OnceWord } from '../../native/process-block-layout.js';
import type { Llvm } from './functions.js';

/** What LLVM can only be told for the whole process, in the form of its command line options. */
const options = [
  'upshift',
  // When wasm code traps, memory must hold what the code before has stored. LLVM knows of no access that may end a function:
  // stores must not be left out because later ones overwrite them, …
  '-dse-memoryssa-scanlimit=0',
  // … nor be put off until a loop has ended.
  '-disable-licm-promotion',
  // … nor become one with others, of which then none is done where one traps.
  '-combiner-store-merging=false',
  // Which of two accesses has trapped must be known, so they are not to become one, …
  '-hoist-common-insts=false',
  '-sink-common-insts=false',
  '-enable-tail-merge=false',
  // … and what is not known is to be said.
  '-use-unknown-locations=Enable',
  // Backtraces need the frame to be set up before anything can trap.
  '-enable-shrink-wrap=false',
  // clang's counters from -n to 0, widened without their sign, would have to be cut to 32 bits at each access.
  '-indvars-widen-indvars=false',
  // Two fields written as one, and read one by one soon after, make the processor wait: see RATIONALE.md.
  '-vectorize-slp=false',
];

/**
 * Readies LLVM for the whole process, at the first call: its options, and the x86-64 backend, which two threads must not
 * make known at the same time.
 */
export function readyProcess(llvm: Llvm): void {
  oncePerProcess(OnceWord.llvm, () => {
    llvm.LLVMInitializeX86TargetInfo();
    llvm.LLVMInitializeX86Target();
    llvm.LLVMInitializeX86TargetMC();
    llvm.LLVMInitializeX86AsmPrinter();
    const text = new TextEncoder().encode(options.map((option) => `${option}\0`).join(''));
    const strings = new NativeBlock(text.length);
    strings.u8.set(text);
    const list = new NativeBlock(8 * options.length);
    let at = 0;
    for (const [k, option] of options.entries()) {
      list.setAddress(8 * k, strings.address + at);
      at += option.length + 1;
    }
    llvm.LLVMParseCommandLineOptions(options.length, list.address, 0);
    list.free();
    strings.free();
  });
}

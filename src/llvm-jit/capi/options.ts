import { NativeBlock } from '../../native/block.js';
import { oncePerProcess } from '../../native/once.js';
import { OnceWord } from '../../native/process-block-layout.js';
import type { Llvm } from './functions.js';

/**
 * What LLVM can only be told for the whole process, in the form of its command line options.
 *
 * When wasm code traps, memory must hold what the code before has stored, and nothing else. LLVM knows of no access that
 * may end a function, so what relies on that is turned off.
 */
let options = [
  'upshift',
  // Stores must not be left out because later ones overwrite them: an access between may trap.
  '-dse-memoryssa-scanlimit=0',
  // Nor be put off until a loop has ended.
  '-disable-licm-promotion',
  // Backtraces need the frame to be set up before anything can trap.
  '-enable-shrink-wrap=false',
  ...(process.env['LLVM_EXTRA']?.split(' ') ?? []),
];

/** Sets the options, at the first call in the process. */
export function setOptions(llvm: Llvm): void {
  oncePerProcess(OnceWord.llvmOptions, () => {
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
if (process.env['LLVM_ONLY']) options = ['upshift', '-enable-shrink-wrap=false'];

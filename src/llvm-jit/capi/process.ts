import { pointerSize } from '../../layout/widths.js';
import { functionAt, type Library } from '../../native/ffi/ffi.js';
import { OnceWord } from '../../native/layout/process-block.js';
import { NativeBlock } from '../../native/memory/block.js';
import { oncePerProcess } from '../../native/process/once.js';
import { processBlock } from '../../native/process/process-block.js';
import { callGuard } from '../../native/traps/call-guard.js';
import type { Target } from '../target.js';
import type { Llvm } from './functions.js';

/** What LLVM can only be told for the whole process: its command line options. */
const options = [
  'upshift',
  // When wasm code traps, memory must hold what was stored before. LLVM does not know that an access may end
  // a function. So stores must not be left out because later ones overwrite them, …
  '-dse-memoryssa-scanlimit=0',
  // … or be delayed until a loop has ended, …
  '-disable-licm-promotion',
  // … or be merged: if the merged store traps, none of them is done.
  '-combiner-store-merging=false',
  // We must know which of two accesses has trapped, so they must not be merged, …
  '-hoist-common-insts=false',
  '-sink-common-insts=false',
  '-enable-tail-merge=false',
  // … and unknown places must be marked as such.
  '-use-unknown-locations=Enable',
  // Backtraces need a complete frame before anything can trap.
  '-enable-shrink-wrap=false',
  // clang's counters from -n to 0, widened without their sign, would have to be cut to 32 bits at each
  // access.
  '-indvars-widen-indvars=false',
  // LLVM loses assumptions about loops (see `cut-counters.ts`), so this pass must not make any.
  '-loop-load-elimination-scev-check-threshold=0',
  // If two fields are written as one and soon read one by one, the processor has to wait: see RATIONALE.md.
  '-vectorize-slp=false',
];

/**
 * At the first call in the process, sets LLVM up: its options, its handlers of fatal errors, and the backend
 * of the processor, which two threads must not initialize at the same time.
 */
export function readyProcess(llvm: Llvm, library: Library, { initializers }: Target): void {
  oncePerProcess(OnceWord.llvm, () => {
    handleFatalErrors(llvm, library);
    const noArguments = initializers.map((name) => [name, ['void', []]] as const);
    const initialize = callGuard().bind(library, Object.fromEntries(noArguments));
    for (const name of initializers) initialize[name]();
    const text = new TextEncoder().encode(options.map((option) => `${option}\0`).join(''));
    const strings = new NativeBlock(text.length);
    strings.u8.set(text);
    const list = new NativeBlock(pointerSize * options.length);
    let at = 0;
    for (const [k, option] of options.entries()) {
      list.setAddress(pointerSize * k, strings.address + at);
      at += option.length + 1;
    }
    llvm.LLVMParseCommandLineOptions(options.length, list.address, 0);
    list.free();
    strings.free();
  });
}

/**
 * void llvm::install_bad_alloc_error_handler(void (*)(void *, const char *, bool), void *),
 * llvm/Support/ErrorHandling.h: the C API has no function for it.
 */
const installBadAllocHandler = '_ZN4llvm31install_bad_alloc_error_handlerEPFvPvPKcbES0_';

/** Makes LLVM call our handlers when it cannot go on. Otherwise it prints its reason and ends the process. */
function handleFatalErrors(llvm: Llvm, library: Library): void {
  const { fatalHandler, badAllocHandler } = processBlock();
  llvm.LLVMInstallFatalErrorHandler(fatalHandler);
  const install = library.symbol(installBadAllocHandler);
  // Without it LLVM prints a line and aborts.
  if (install !== undefined) functionAt(install, 'void', ['address', 'address'])(badAllocHandler, 0);
}

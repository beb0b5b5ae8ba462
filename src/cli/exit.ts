import { nativeUnavailable } from '../native/ffi/ffi.js';
import { exitAtOnce } from '../native/os/exit.js';

/**
 * Ends the process at once. `process.exit` would wait for V8 to finish optimizing functions in the
 * background, and for threads inside LLVM, which can take longer than everything before. All output has been
 * written by now.
 */
export function exit(status: number): never {
  const { NODE_OPTIONS, NODE_V8_COVERAGE } = process.env;
  // Profilers and the like, which are requested by options, still have something to do at exit.
  const watched = process.execArgv.length > 0 || NODE_OPTIONS !== undefined || NODE_V8_COVERAGE !== undefined;
  if (watched || nativeUnavailable() !== undefined) process.exit(status);
  process.emit('exit', status);
  exitAtOnce(status);
}

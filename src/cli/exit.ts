import { exitAtOnce } from '../native/exit.js';
import { nativeUnavailable } from '../native/ffi.js';

/**
 * Ends the process at once. `process.exit` would wait for V8 to finish optimizing functions in the background, and for
 * threads that are in LLVM, which can take longer than everything before. All output has been written by now.
 */
export function exit(status: number): never {
  const { NODE_OPTIONS, NODE_V8_COVERAGE } = process.env;
  // Profilers and the like, which are asked for by options, have something left to do.
  const watched = process.execArgv.length > 0 || NODE_OPTIONS !== undefined || NODE_V8_COVERAGE !== undefined;
  if (watched || nativeUnavailable() !== undefined) process.exit(status);
  process.emit('exit', status);
  exitAtOnce(status);
}

import { func } from '../native/ffi.js';

/**
 * Ends the process at once. `process.exit` would wait for V8 to finish optimizing functions in the background, which
 * can take longer than everything before. All output has been written by now.
 */
export function exit(status: number): never {
  const { NODE_OPTIONS, NODE_V8_COVERAGE } = process.env;
  // Profilers and the like, which are asked for by options, have something left to do.
  const watched = process.execArgv.length > 0 || NODE_OPTIONS !== undefined || NODE_V8_COVERAGE !== undefined;
  if (watched) process.exit(status);
  process.emit('exit', status);
  func('_exit', 'void', ['int'])(status);
  throw new Error('_exit returned');
}

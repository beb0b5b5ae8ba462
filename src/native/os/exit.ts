import { func } from '../ffi/ffi.js';

/** Ends the process at once: no handler runs any more, and no thread is waited for. */
export function exitAtOnce(status: number): never {
  func('_exit', 'void', ['int'])(status);
  throw new Error('_exit returned');
}

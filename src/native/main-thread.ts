import { func } from './ffi.js';

/**
 * Whether this is the main thread of the process. `node:worker_threads` would tell too, but it takes milliseconds to
 * load.
 */
export function isMainThread(): boolean {
  return func('gettid', 'int', [])() === process.pid;
}

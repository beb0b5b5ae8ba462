import { workerData } from 'node:worker_threads';
import { func } from '../ffi/ffi.js';
import { threadId } from '../process/threads.js';
import { callGuard } from '../traps/call-guard.js';

/** A worker thread that may end alone, and aborts. */
callGuard().endThreadOnly();
const abort = func('abort', 'void', []);
const word = workerData as Int32Array;
Atomics.store(word, 0, threadId());
Atomics.notify(word, 0);
abort();

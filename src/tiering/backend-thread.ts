import { workerData } from 'node:worker_threads';
import { StartWord, type ThreadData } from './protocol.js';
import { refuseStart } from './refuse-start.js';

/*
 * Where a backend thread begins. The rest of it loads the FFI, which must wait until the thread that has
 * started it is ready: see `BackendThreads.start`.
 */

const data = workerData as ThreadData;
Atomics.wait(new Int32Array(data.start), StartWord.mayLoad, 0);
void import('./backend-main.js').then(
  ({ main }) => main(data),
  (error: unknown) => refuseStart(data, error),
);

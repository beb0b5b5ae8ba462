import { workerData } from 'node:worker_threads';
import { StartWord, type ThreadData } from './protocol.js';

/*
 * Where a backend thread begins. The rest of it reaches for the FFI, and is only loaded when whoever has started the
 * thread is ready for that: see `Backend.start`.
 */

const data = workerData as ThreadData;
Atomics.wait(new Int32Array(data.start), StartWord.mayLoad, 0);
void import('./backend-main.js').then(({ main }) => main(data));

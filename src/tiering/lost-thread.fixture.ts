import { workerData } from 'node:worker_threads';
import { threadId } from '../native/process/threads.js';
import { StartWord, type ThreadData } from './protocol.js';

/** In place of a backend thread: one that ends without a word. */
Atomics.store(new Int32Array((workerData as ThreadData).start), StartWord.id, threadId());
process.exit(5);

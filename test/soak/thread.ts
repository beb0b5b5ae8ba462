import { parentPort, workerData } from 'node:worker_threads';
import { type SoakRequest, soak } from './rounds.js';

parentPort?.postMessage(soak(workerData as SoakRequest));

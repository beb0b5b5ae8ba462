/** The entry point of `upshift`'s backend threads: runs their program through the cache. */
import { workerData } from 'node:worker_threads';
import type { ThreadData } from '../tiering/protocol.js';
import { refuseStart } from '../tiering/refuse-start.js';
import { runProgram } from './program.js';

/** Set by the build: a hash of the program's files. */
declare const UPSHIFT_BUNDLE_ID: string;
declare const require: NodeJS.Require;

let save: ((isUsed: boolean) => void) | undefined;
const data = workerData as { -readonly [Name in keyof ThreadData]: ThreadData[Name] };
data.onIdle = () => save?.(true);
try {
  ({ save } = runProgram(import.meta.dirname, 'backend', UPSHIFT_BUNDLE_ID, require));
} catch (error) {
  refuseStart(data, error);
}

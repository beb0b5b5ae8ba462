/**
 * What the backend threads of `upshift` start: as `launch.ts` does for the program, this takes the bytecode of the
 * thread's bundle from a cache. Functions that are hot get LLVM's code the earlier.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { workerData } from 'node:worker_threads';
import type { ThreadData } from '../tiering/protocol.js';
import { CachedScript } from './cached-script.js';

/** Set by the build: a hash of the bundle. */
declare const UPSHIFT_BUNDLE_ID: string;

const filename = `${import.meta.dirname}/backend-thread.js`;
// The bundle is a CommonJS module, in ASCII.
const source = `(function (require, __filename) {${readFileSync(filename, 'latin1')}\n})`;
const script = new CachedScript(filename, source, 'backend', UPSHIFT_BUNDLE_ID, 8);

let isSaved = !script.isFresh;
const data = workerData as { -readonly [Name in keyof ThreadData]: ThreadData[Name] };
data.onIdle = () => {
  if (!isSaved) script.save();
  isSaved = true;
};

const main = script.run() as (require: NodeJS.Require, filename: string) => void;
main(createRequire(filename), filename);

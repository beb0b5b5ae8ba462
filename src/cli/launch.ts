/**
 * What `upshift` starts: compiles the program, which the build has bundled beside this file, through a cache of V8's
 * bytecode, and runs it. Compiling it anew at every start would take longer than running a small wasm program.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { CodeCache } from './code-cache.js';

/** Set by the build: a hash of the bundle. */
declare const UPSHIFT_BUNDLE_ID: string;

/**
 * V8's optimizing compiler takes functions for hot after some milliseconds. In so short a time nothing is gained by
 * optimizing, and its threads take processor time from the start of the program. So it has to wait for more.
 */
function postponeOptimization(): void {
  const engine = Number.parseInt(process.versions.v8, 10);
  // What these flags are called is known for these versions only.
  if (engine < 12) setFlagsFromString('--interrupt-budget=2000000');
  else if (engine < 15) {
    setFlagsFromString('--invocation-count-for-turbofan=30000');
    setFlagsFromString('--invocation-count-for-osr=8000');
  }
}

postponeOptimization();

const filename = `${import.meta.dirname}/upshift.js`;
// The bundle is a function expression, in ASCII.
const source = readFileSync(filename, 'latin1');
const cache = new CodeCache(UPSHIFT_BUNDLE_ID);
const cachedData = cache.read();
const script = new Script(source, cachedData === undefined ? { filename } : { filename, cachedData });

// By then the functions are compiled that a run needs.
const fresh = cachedData === undefined || script.cachedDataRejected === true;
if (fresh && process.argv[2] === 'run') process.once('exit', () => cache.write(script.createCachedData()));

const main = script.runInThisContext() as (require: NodeJS.Require, url: string) => void;
main(createRequire(filename), pathToFileURL(filename).href);

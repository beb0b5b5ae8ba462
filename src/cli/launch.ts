/**
 * What `upshift` starts: compiles the program, which the build has bundled beside this file, through a cache of V8's
 * bytecode, and runs it.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { CachedScript } from './cached-script.js';

/** Set by the build: a hash of the bundle. */
declare const UPSHIFT_BUNDLE_ID: string;

/**
 * V8's optimizing compilers take functions for hot after some milliseconds. In so short a time nothing is gained by
 * optimizing, and their threads take processor time from the start of the program. So they have to wait for more.
 */
function postponeOptimization(): void {
  const engine = Number.parseInt(process.versions.v8, 10);
  const postponed =
    engine < 12
      ? ['--interrupt-budget=2000000']
      : [
          '--invocation-count-for-maglev=8000',
          '--invocation-count-for-maglev-osr=4000',
          '--invocation-count-for-turbofan=30000',
          '--invocation-count-for-osr=8000',
        ];
  // V8 complains about flags that it does not know, and what later versions will know is not known.
  if (engine <= 14) for (const flag of postponed) setFlagsFromString(flag);
}

postponeOptimization();

const filename = `${import.meta.dirname}/upshift.js`;
// The bundle is a function expression, in ASCII.
const script = new CachedScript(filename, readFileSync(filename, 'latin1'), 'cli', UPSHIFT_BUNDLE_ID, 8);
const save = script.isFresh ? () => script.save() : undefined;

type Main = (require: NodeJS.Require, url: string, bundleId: string, save: (() => void) | undefined) => void;
const main = script.run() as Main;
main(createRequire(filename), pathToFileURL(filename).href, UPSHIFT_BUNDLE_ID, save);

/**
 * V8's optimizing compilers consider functions hot after some milliseconds. Optimizing gains nothing in so
 * short a time, and their threads take processor time while the program starts. So they have to wait longer.
 */

/**
 * V8's flags, by its version: what they are set to, and their defaults. The defaults are what V8's hash of
 * its flags takes for such; `node --v8-options` prints some others.
 */
const flagsOf: Readonly<Record<string, readonly (readonly [name: string, value: number, usual: number])[]>> =
  {
    // Node 20.
    '11.3': [['interrupt-budget', 2_000_000, 67_584]],
    // Node 22.
    '12.4': invocations(3000),
    // Node 24.
    '13.6': invocations(10_000),
    // Node 26.
    '14.6': invocations(16_000),
  };

function invocations(turbofan: number): [string, number, number][] {
  return [
    ['invocation-count-for-maglev', 8000, 400],
    ['invocation-count-for-maglev-osr', 4000, 100],
    ['invocation-count-for-turbofan', 30_000, turbofan],
    ['invocation-count-for-osr', 8000, 800],
  ];
}

/**
 * Makes V8 wait. Returns a function that undoes it: V8 refuses bytecode that was made under other flags. Does
 * nothing in versions of V8 whose defaults are not known.
 */
export function postponeOptimization(require: NodeJS.Require): () => void {
  const version = /^\d+\.\d+/.exec(process.versions.v8)?.[0] ?? '';
  const flags = flagsOf[version] ?? [];
  if (flags.length === 0) return () => {};
  // To load it takes milliseconds.
  const { setFlagsFromString } = require('node:v8') as typeof import('node:v8');
  for (const [name, value] of flags) setFlagsFromString(`--${name}=${value}`);
  return () => {
    for (const [name, , usual] of flags) setFlagsFromString(`--${name}=${usual}`);
  };
}

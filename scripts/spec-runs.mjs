// The configurations in which npm test runs the spec suite.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** In all of these 3.0 runs whole, and so do the older instructions for exceptions. */
const compiled = [
  '--tier=fast --api',
  // Interpreted and compiled functions call each other.
  '--tier=fast --mixed=2',
  '--tier=fast --mixed=3 --memory=checked',
  ...['guarded', 'checked'].flatMap((memory) =>
    ['host', 'baseline'].map((cpu) => `--tier=fast --memory=${memory} --cpu=${cpu}`),
  ),
];

const withLlvm = [
  '--tier=llvm',
  '--tier=llvm --level=0 --memory=checked --cpu=baseline',
  // Functions are switched up and down at random.
  '--tier=multi --level=1 --chaos=1',
  // Running loops continue in LLVM code at these turns.
  '--tier=multi --level=1 --turns=1',
  '--tier=multi --level=1 --turns=3 --memory=checked --cpu=baseline',
  '--tier=multi --level=1 --turns=4 --chaos=1',
  // Every module goes through an AOT file.
  '--tier=multi --aot=fast',
  '--tier=llvm --level=1 --aot=llvm',
];

const withOldest = ['--tier=llvm', '--tier=llvm --level=1 --memory=checked --cpu=baseline'];

/**
 * Arguments of the suite's runs, those that take longest first, and notes on what is skipped. `suites` is the
 * folder of the suites, `oldestLlvm` the file of the oldest libLLVM that is supported.
 */
export function specRuns(suites, { llvm, oldestLlvm }) {
  const has = (suite) => existsSync(join(suites, suite));
  if (!has('3.0'))
    return {
      runs: [],
      notes: [
        `skipped: there is no spec suite at ${suites}/3.0 (UPSHIFT_SHARED can name the folder that holds spec/3.0)`,
      ],
    };
  const runs = [];
  const notes = [];
  const add = (text, ...files) => runs.push({ args: [...text.split(' '), '--jobs=1', '--quiet', ...files] });
  const addBoth = (text) => {
    add(`--suite=3.0 ${text}`);
    if (has('legacy-exceptions')) add(`--suite=legacy-exceptions ${text}`);
  };
  if (llvm) {
    if (existsSync(oldestLlvm)) {
      for (const text of withOldest) addBoth(text);
      for (const run of runs) run.env = { UPSHIFT_LLVM: oldestLlvm };
    } else {
      notes.push(`skipped: there is no ${oldestLlvm}`);
    }
    for (const text of withLlvm) addBoth(text);
  } else {
    notes.push('skipped: there is no libLLVM, so the tiers llvm and multi are not tested');
  }
  for (const text of ['--tier=interp', '--tier=interp --api', ...compiled]) addBoth(text);
  for (const suite of ['2.0', 'threads', 'legacy-exceptions'])
    if (!has(suite)) notes.push(`skipped: there is no ${suites}/${suite}`);
  if (has('2.0')) for (const tier of ['interp', 'fast']) add(`--suite=2.0 --tier=${tier}`);
  if (has('threads')) add('--suite=threads --tier=interp');
  // The meanings of relaxed instructions that are the same everywhere.
  for (const tier of llvm ? ['interp', 'fast', 'llvm'] : ['interp', 'fast'])
    add(`--suite=3.0 --tier=${tier} --deterministic`, 'relaxed-simd');
  return { runs, notes };
}

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { reportLines } from '../../src/wast/report.js';
import type { Outcome } from '../../src/wast/run-script.js';
import { type FileResult, totals } from '../../src/wast/tally.js';
import type { EngineOptions } from './engine.js';
import { expectedFailures } from './expected-failures.js';
import { missingFeatures } from './missing-features.js';
import { runFiles } from './pool.js';
import { type Suite, scriptFiles, scriptName, suites } from './suite.js';

/*
 * npm run spec -- [--suite=2.0|3.0|threads|legacy-exceptions] [--tier=interp|fast|llvm|multi|v8] [--api]
 *   [--chaos=N] [--turns=N] [--mixed=N] [--level=0…3] [--aot=fast|llvm] [--deterministic]
 *   [--memory=guarded|checked] [--cpu=host|v2|baseline] [--jobs=N] [--json] [--all] [--quiet] [file…]
 *
 * Runs scripts of a suite, 2.0 by default, and prints what passed, failed and was skipped per file, the first
 * failures of each (all of them with --all; only files with failures with --quiet), and a last line with the
 * sums. Every command of a script counts. Status 1 if a command failed that is not on the list of expected
 * failures, or if one on the list passed; 2 if the suite was not run. Files may be folders of the suite.
 *
 * Commands that need a feature which we lack are skipped; `missing-features.ts` says which ones do. Scripts
 * with vectors need SSE4.1, so with `--cpu=baseline` they get `v2`.
 */

function choice<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const found = choices.find((candidate) => candidate === value);
  if (found === undefined) throw new Error(`--${name} must be one of ${choices.join(', ')}`);
  return found;
}

interface Arguments {
  readonly suite: Suite;
  readonly engine: EngineOptions;
  readonly jobs: number;
  readonly json: boolean;
  readonly all: boolean;
  readonly quiet: boolean;
  readonly files: readonly string[];
}

function readArguments(): Arguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      suite: { type: 'string', default: '2.0' },
      tier: { type: 'string', default: 'fast' },
      api: { type: 'boolean', default: false },
      memory: { type: 'string', default: 'guarded' },
      cpu: { type: 'string', default: 'host' },
      chaos: { type: 'string' },
      turns: { type: 'string' },
      mixed: { type: 'string' },
      level: { type: 'string', default: '3' },
      aot: { type: 'string' },
      deterministic: { type: 'boolean', default: false },
      jobs: { type: 'string', default: `${Math.min(availableParallelism(), 4)}` },
      json: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
    },
  });
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new Error('--jobs must be a positive number');
  const suite = choice('suite', values.suite, suites);
  return {
    suite,
    engine: {
      tier: choice('tier', values.tier, ['interp', 'fast', 'llvm', 'multi', 'v8']),
      memory: choice('memory', values.memory, ['guarded', 'checked']),
      api: values.api,
      cpu: choice('cpu', values.cpu, ['host', 'v2', 'baseline']),
      chaos: values.chaos === undefined ? undefined : Number(values.chaos),
      turns: values.turns === undefined ? undefined : Number(values.turns),
      mixed: values.mixed === undefined ? undefined : Number(values.mixed),
      level: choice('level', values.level, ['0', '1', '2', '3']),
      aot:
        values.aot === undefined ? undefined : choice<'fast' | 'llvm'>('aot', values.aot, ['fast', 'llvm']),
      deterministic: values.deterministic,
    },
    jobs,
    json: values.json,
    all: values.all,
    quiet: values.quiet,
    files: scriptFiles(suite, positionals),
  };
}

/** A result whose file has its name in the suite. */
function named(result: FileResult, suite: Suite): FileResult {
  return { ...result, file: scriptName(suite, result.file) };
}

/** Lines about what is on a list for this file, but did not happen. The lists do not apply to V8. */
function staleEntries(result: FileResult, { suite, engine }: Arguments): string[] {
  if (engine.tier === 'v8') return [];
  const { file } = result;
  const passing = expectedFailures(suite, file, !engine.api)
    .filter((line) => !result.failures.some((failure) => failure.line === line))
    .map((line) => `${file}:${line}: passes, but is on the list of expected failures`);
  const unneeded = missingFeatures(suite, file)
    .filter((feature) => result.skipReasons[feature] === undefined)
    .map((feature) => `${file}: does not need ${feature}, but is on the list of those that do`);
  return [...passing, ...unneeded];
}

function isExpected({ suite, engine }: Arguments, file: string, line: number): boolean {
  return expectedFailures(suite, file, !engine.api).includes(line);
}

function report(result: FileResult, options: Arguments): string[] {
  const { all } = options;
  const note = ({ line }: Outcome): string =>
    isExpected(options, result.file, line) ? ' (expected failure)' : '';
  return [...reportLines(result, { all, note }), ...staleEntries(result, options)];
}

function isClean(result: FileResult, options: Arguments): boolean {
  return result.failures.length === 0 && staleEntries(result, options).length === 0;
}

/** How many commands were skipped for which reason, in how many files; the most frequent reason first. */
function skipLines(results: readonly FileResult[]): string[] {
  const reasons = new Map<string, { commands: number; files: number }>();
  for (const { skipReasons } of results) {
    for (const [reason, count] of Object.entries(skipReasons)) {
      const { commands, files } = reasons.get(reason) ?? { commands: 0, files: 0 };
      reasons.set(reason, { commands: commands + count, files: files + 1 });
    }
  }
  return [...reasons]
    .sort(([, a], [, b]) => b.commands - a.commands)
    .map(([reason, { commands, files }]) => `  skipped: ${reason}, ${commands} in ${files} files`);
}

async function run(options: Arguments): Promise<number> {
  const results: FileResult[] = [];
  for await (const found of runFiles(options.files, options.suite, options.engine, options.jobs)) {
    const result = named(found, options.suite);
    results.push(result);
    if (!options.json && !(options.quiet && isClean(result, options))) {
      console.log(report(result, options).join('\n'));
    }
  }
  const sums = totals(results);
  const summary = `spec: ${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`;
  if (options.json) {
    results.sort((a, b) => a.file.localeCompare(b.file));
    console.log(JSON.stringify({ suite: options.suite, ...options.engine, ...sums, files: results }));
    console.error(summary);
  } else console.log([...skipLines(results), summary].join('\n'));
  const bad = results.some(
    (result) =>
      staleEntries(result, options).length > 0 ||
      result.failures.some(({ line }) => !isExpected(options, result.file, line)),
  );
  return bad ? 1 : 0;
}

let status = 2;
try {
  status = await run(readArguments());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
}
process.exit(status);

import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { reportLines } from '../../src/wast/report.js';
import type { Outcome } from '../../src/wast/run-script.js';
import { type FileResult, totals } from '../../src/wast/tally.js';
import type { EngineOptions } from './engine.js';
import { expectedFailures } from './expected-failures.js';
import { runFiles } from './pool.js';
import { scriptFiles } from './suite.js';

/*
 * npm run spec -- [--tier=interp|fast|llvm|multi|v8] [--api] [--chaos=N] [--turns=N] [--mixed=N]
 * [--level=0…3] [--aot=fast|llvm]
 *              [--memory=guarded|checked] [--cpu=host|baseline] [--jobs=N] [--json] [--all] [--quiet] [file…]
 *
 * Runs scripts of the spec suite and prints what passed, failed and was skipped per file, the first failures
 * of each (all of them with --all; only files with failures with --quiet), and a last line with the sums.
 * Every command of a script counts. Status 1 if a command failed that is not on the list of expected
 * failures, or if one on the list passed; 2 if the suite was not run.
 */

function choice<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const found = choices.find((candidate) => candidate === value);
  if (found === undefined) throw new Error(`--${name} must be one of ${choices.join(', ')}`);
  return found;
}

interface Arguments {
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
      tier: { type: 'string', default: 'fast' },
      api: { type: 'boolean', default: false },
      memory: { type: 'string', default: 'guarded' },
      cpu: { type: 'string', default: 'host' },
      chaos: { type: 'string' },
      turns: { type: 'string' },
      mixed: { type: 'string' },
      level: { type: 'string', default: '3' },
      aot: { type: 'string' },
      jobs: { type: 'string', default: `${Math.min(availableParallelism(), 4)}` },
      json: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
    },
  });
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new Error('--jobs must be a positive number');
  return {
    engine: {
      tier: choice('tier', values.tier, ['interp', 'fast', 'llvm', 'multi', 'v8']),
      memory: choice('memory', values.memory, ['guarded', 'checked']),
      api: values.api,
      cpu: choice('cpu', values.cpu, ['host', 'baseline']),
      chaos: values.chaos === undefined ? undefined : Number(values.chaos),
      turns: values.turns === undefined ? undefined : Number(values.turns),
      mixed: values.mixed === undefined ? undefined : Number(values.mixed),
      level: choice('level', values.level, ['0', '1', '2', '3']),
      aot:
        values.aot === undefined ? undefined : choice<'fast' | 'llvm'>('aot', values.aot, ['fast', 'llvm']),
    },
    jobs,
    json: values.json,
    all: values.all,
    quiet: values.quiet,
    files: scriptFiles(positionals),
  };
}

/** Lines about expected failures in this file that did not fail. The list does not apply to V8. */
function unexpectedPasses(result: FileResult, { tier }: EngineOptions): string[] {
  if (tier === 'v8') return [];
  const file = basename(result.file);
  return expectedFailures
    .filter((entry) => entry.file === file && !result.failures.some(({ line }) => line === entry.line))
    .map((entry) => `${file}:${entry.line}: passes, but is on the list of expected failures`);
}

function isExpected(file: string, line: number): boolean {
  return expectedFailures.some((entry) => entry.file === file && entry.line === line);
}

function report(result: FileResult, { all, engine }: Arguments): string[] {
  const file = basename(result.file);
  const note = ({ line }: Outcome): string => (isExpected(file, line) ? ' (expected failure)' : '');
  const lines = reportLines({ ...result, file }, { all, note });
  return [...lines, ...unexpectedPasses(result, engine)];
}

function isClean(result: FileResult, engine: EngineOptions): boolean {
  return result.failures.length === 0 && unexpectedPasses(result, engine).length === 0;
}

async function run(options: Arguments): Promise<number> {
  const results: FileResult[] = [];
  for await (const result of runFiles(options.files, options.engine, options.jobs)) {
    results.push(result);
    if (!options.json && !(options.quiet && isClean(result, options.engine))) {
      console.log(report(result, options).join('\n'));
    }
  }
  const sums = totals(results);
  const summary = `spec: ${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`;
  if (options.json) {
    results.sort((a, b) => a.file.localeCompare(b.file));
    console.log(JSON.stringify({ ...options.engine, ...sums, files: results }));
    console.error(summary);
  } else console.log(summary);
  const bad = results.some((result) => {
    const file = basename(result.file);
    return (
      unexpectedPasses(result, options.engine).length > 0 ||
      result.failures.some(({ line }) => !isExpected(file, line))
    );
  });
  return bad ? 1 : 0;
}

let status = 2;
try {
  status = await run(readArguments());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
}
process.exit(status);

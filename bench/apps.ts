/**
 * Runs real programs from npm with our WebAssembly and with V8's, and compares the whole processes:
 *
 *     node build/bench/apps.js [--apps=FOLDER] [--tier=multi] [--runs N] [--json] [app…]
 *
 * V8, ours with nothing in its cache, and ours once more with what that run has left there take turns, after
 * one run of V8's that does not count. A program that fails, or prints something else than it should, has no
 * figures and makes the exit status 1. Programs that need an unsupported feature are listed with it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Tier } from '../src/runtime/tiers/tier.js';
import { appNames, appsFolder, appsProblem, different, register } from '../test/apps/apps.js';
import { runCount, tierNamed } from './arguments.js';
import { type Command, failure, type Measurement, measure, node } from './measure.js';
import { type Figure, Race } from './race.js';
import { geometricMean } from './statistics.js';
import { decimal, Table } from './table.js';

const figures = {
  wallMs: (run) => run.wallMs,
  peakMiB: (run) => run.peakMiB,
} satisfies Record<string, Figure>;
type FigureName = keyof typeof figures;
const figureNames = Object.keys(figures) as FigureName[];

const ratios = {
  wallMs: (race) => race.ratio('upshift', 'v8', figures.wallMs),
  cachedWallMs: (race) => race.ratio('cached', 'v8', figures.wallMs),
  peakMiB: (race) => race.ratio('upshift', 'v8', figures.peakMiB),
} satisfies Record<string, (race: Race) => number | undefined>;
type RatioName = keyof typeof ratios;
const ratioNames = Object.keys(ratios) as RatioName[];

interface App {
  readonly name: string;
  /** Medians, by figure and contestant. */
  readonly figures: Readonly<Record<FigureName, Readonly<Record<string, number>>>>;
  /** Ours to V8's: medians of the ratios within each turn; NaN where the figure is not known. */
  readonly ratios: Readonly<Record<RatioName, number>>;
}

/** A program without figures, and why. */
interface Problem {
  readonly name: string;
  readonly problem: string;
}

interface Results {
  readonly tier: Tier;
  readonly runs: number;
  readonly apps: App[];
  /** These need something that is not supported. */
  readonly refused: Problem[];
  readonly failed: Problem[];
}

/** Does something with an empty folder for caches, which is deleted afterwards. */
async function withCache<Result>(work: (cache: string) => Promise<Result>): Promise<Result> {
  const cache = mkdtempSync(join(tmpdir(), 'upshift-apps-'));
  try {
    return await work(cache);
  } finally {
    rmSync(cache, { recursive: true });
  }
}

/** Runs an app, which finds nothing of earlier runs but what is in `cache`. */
function run(
  folder: string,
  app: string,
  cache: string,
  command: Partial<Command> = {},
): Promise<Measurement> {
  const nowhere = { NODE_COMPILE_CACHE: undefined, UPSHIFT_CACHE: undefined };
  return measure({
    ...node('--no-warnings', `${app}.mjs`),
    folder,
    ...command,
    env: { ...command.env, ...nowhere, XDG_CACHE_HOME: cache },
  });
}

/** What an app should print, if that is written down. */
function expectedOutput(folder: string, app: string): string | undefined {
  const file = join(folder, 'expected', `${app}.txt`);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** The feature that an app did not get, if that is why it failed. */
function missingFeature({ output, errors }: Measurement): string | undefined {
  return /unsupported feature: ([\w ()]+)/.exec(output + errors)?.[1];
}

async function measureApp(folder: string, name: string, { tier, runs, ...results }: Results): Promise<void> {
  if (different[name] !== undefined) {
    results.refused.push({ name, problem: different[name] });
    return;
  }
  const ours: Partial<Command> = { imports: [register], env: { UPSHIFT_TIER: tier } };
  const first = await withCache((cache) => run(folder, name, cache));
  const expected = expectedOutput(folder, name) ?? first.output;
  const finished: Record<string, Measurement[]> = { v8: [], upshift: [], cached: [] };
  /** Whether the run was as it should be; what was wrong is written down. */
  const accept = (contestant: string, measured: Measurement): boolean => {
    const problem = failure(measured) ?? (measured.output === expected ? undefined : 'output differs');
    if (problem === undefined) {
      finished[contestant].push(measured);
      return true;
    }
    const missing = contestant === 'v8' ? undefined : missingFeature(measured);
    if (missing !== undefined) results.refused.push({ name, problem: missing });
    else results.failed.push({ name, problem: `${contestant}: ${problem}` });
    return false;
  };
  for (let turn = 0; turn < runs; turn++) {
    if (!accept('v8', await withCache((cache) => run(folder, name, cache)))) return;
    const isFine = await withCache(
      async (cache) =>
        accept('upshift', await run(folder, name, cache, ours)) &&
        accept('cached', await run(folder, name, cache, ours)),
    );
    if (!isFine) return;
  }
  const race = new Race(finished);
  results.apps.push({
    name,
    figures: byName(figureNames, (figure) => race.medians(figures[figure])),
    ratios: byName(ratioNames, (ratio) => ratios[ratio](race) ?? Number.NaN),
  });
}

function byName<Name extends string, T>(names: readonly Name[], value: (name: Name) => T): Record<Name, T> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, T>;
}

/** Geometric means. */
function means(apps: readonly App[]): Record<RatioName, number> {
  return byName(ratioNames, (name) =>
    geometricMean(apps.map((app) => app.ratios[name]).filter(Number.isFinite)),
  );
}

function print({ tier, runs, apps, refused, failed }: Results): void {
  console.log(`Whole processes, tier ${tier} beside V8 (medians of ${runs})`);
  const headings = ['wall ms', 'cached', 'V8', 'ratio', 'cached', 'peak MiB', 'V8', 'ratio'];
  const table = new Table(['', ...headings], 24, 10);
  for (const {
    name,
    figures: { wallMs, peakMiB },
    ratios,
  } of apps) {
    table.row([
      name,
      ...['upshift', 'cached', 'v8'].map((contestant) => decimal(wallMs[contestant], 0)),
      decimal(ratios.wallMs, 2),
      decimal(ratios.cachedWallMs, 2),
      ...['upshift', 'v8'].map((contestant) => decimal(peakMiB[contestant], 0)),
      decimal(ratios.peakMiB, 2),
    ]);
  }
  if (apps.length > 1) {
    const { wallMs, cachedWallMs, peakMiB } = means(apps);
    table.row([
      'geometric mean',
      ...['', '', '', decimal(wallMs, 3), decimal(cachedWallMs, 3)],
      ...['', '', decimal(peakMiB, 3)],
    ]);
  }
  for (const { name, problem } of refused) console.log(`${name.padEnd(24)}refused: ${problem}`);
  for (const { name, problem } of failed) console.log(`${name.padEnd(24)}error: ${problem}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      apps: { type: 'string', default: appsFolder },
      tier: { type: 'string', default: 'multi' },
      runs: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const folder = resolve(values.apps);
  const missing = appsProblem(folder);
  if (missing !== undefined) throw new Error(missing);
  const tier = tierNamed(values.tier);
  const names = appNames(folder);
  for (const name of positionals) {
    if (!names.includes(name)) throw new Error(`no app ${name}; there are ${names.join(', ')}`);
  }
  const runs = runCount(values.runs);
  const results: Results = { tier, runs, apps: [], refused: [], failed: [] };
  for (const name of positionals.length > 0 ? positionals : names) {
    if (process.stderr.isTTY) process.stderr.write(`${name}\n`);
    await measureApp(folder, name, results);
  }
  results.apps.sort((a, b) => b.ratios.wallMs - a.ratios.wallMs);
  if (values.json) console.log(JSON.stringify({ ...results, geomean: means(results.apps) }));
  else print(results);
  if (results.failed.length > 0) process.exitCode = 1;
}

await main();

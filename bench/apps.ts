/**
 * Runs real programs from npm with our WebAssembly and with V8's, and compares the whole processes:
 *
 *     node build/bench/apps.js [--tier=multi] [--runs N] [--json] [app…]
 *
 * Every run is a process that keeps nothing for the next one; the two take turns, after one run of V8's that does not count.
 * A program that fails, or does not print with ours what it prints with V8's, has no figures and makes the exit status 1;
 * those that need what is not supported are listed with that.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Tier, tiers } from '../src/runtime/tier-options.js';
import {
  appNames,
  appsFolder,
  appsProblem,
  different,
  missingFeatures,
  register,
} from '../test/apps/apps.js';
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

interface App {
  readonly name: string;
  /** Medians, by figure and engine. */
  readonly figures: Readonly<Record<FigureName, Readonly<Record<string, number>>>>;
  /** Ours to V8's: medians of the ratios within each turn; NaN where the figure is not known. */
  readonly ratios: Readonly<Record<FigureName, number>>;
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
  /** Need what is not supported. */
  readonly refused: Problem[];
  readonly failed: Problem[];
}

/** Runs an app, which finds nothing that an earlier run could have kept. */
async function run(app: string, command: Partial<Command>): Promise<Measurement> {
  const cache = mkdtempSync(join(tmpdir(), 'upshift-apps-'));
  try {
    return await measure({
      ...node('--no-warnings', `${app}.mjs`),
      folder: appsFolder,
      ...command,
      env: { ...command.env, XDG_CACHE_HOME: cache, NODE_COMPILE_CACHE: undefined },
    });
  } finally {
    rmSync(cache, { recursive: true });
  }
}

async function measureApp(name: string, { tier, runs, ...results }: Results): Promise<void> {
  if (different[name] !== undefined) {
    results.refused.push({ name, problem: different[name] });
    return;
  }
  const engines: Readonly<Record<string, Partial<Command>>> = {
    v8: {},
    upshift: { imports: [register], env: { UPSHIFT_TIER: tier } },
  };
  const { output: expected } = await run(name, {});
  const finished: Record<string, Measurement[]> = { v8: [], upshift: [] };
  for (let turn = 0; turn < runs; turn++) {
    for (const [engine, command] of Object.entries(engines)) {
      const measured = await run(name, command);
      const problem = failure(measured) ?? (measured.output === expected ? undefined : 'output differs');
      if (problem === undefined) {
        finished[engine].push(measured);
        continue;
      }
      const missing = missingFeatures[name];
      if (engine === 'upshift' && missing && (measured.output + measured.errors).includes(missing)) {
        results.refused.push({ name, problem: missing });
      } else results.failed.push({ name, problem: `${engine}: ${problem}` });
      return;
    }
  }
  const race = new Race(finished);
  const each = <T>(value: (figure: Figure) => T): Record<FigureName, T> =>
    Object.fromEntries(figureNames.map((figure) => [figure, value(figures[figure])])) as Record<
      FigureName,
      T
    >;
  results.apps.push({
    name,
    figures: each((figure) => race.medians(figure)),
    ratios: each((figure) => race.ratio('upshift', 'v8', figure) ?? Number.NaN),
  });
}

function means(apps: readonly App[]): Record<FigureName, number> {
  const mean = (figure: FigureName): number =>
    geometricMean(apps.map(({ ratios }) => ratios[figure]).filter(Number.isFinite));
  return { wallMs: mean('wallMs'), peakMiB: mean('peakMiB') };
}

function print({ tier, runs, apps, refused, failed }: Results): void {
  console.log(`Whole processes, tier ${tier} beside V8 (medians of ${runs})`);
  const table = new Table(['', 'wall ms', 'V8', 'ratio', 'peak MiB', 'V8', 'ratio'], 24);
  for (const { name, figures, ratios } of apps) {
    table.row([
      name,
      ...figureNames.flatMap((figure) => [
        decimal(figures[figure]['upshift'], 0),
        decimal(figures[figure]['v8'], 0),
        decimal(ratios[figure], 2),
      ]),
    ]);
  }
  if (apps.length > 1) {
    const { wallMs, peakMiB } = means(apps);
    table.row(['geometric mean', '', '', decimal(wallMs, 3), '', '', decimal(peakMiB, 3)]);
  }
  for (const { name, problem } of refused) console.log(`${name.padEnd(24)}refused: ${problem}`);
  for (const { name, problem } of failed) console.log(`${name.padEnd(24)}error: ${problem}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      tier: { type: 'string', default: 'multi' },
      runs: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const missing = appsProblem();
  if (missing !== undefined) throw new Error(missing);
  const tier = tiers.find((name) => name === values.tier);
  if (tier === undefined) throw new Error(`no tier ${values.tier}; there are ${tiers.join(', ')}`);
  const names = appNames();
  for (const name of positionals) {
    if (!names.includes(name)) throw new Error(`no app ${name}; there are ${names.join(', ')}`);
  }
  const runs = Math.max(1, Number.parseInt(values.runs, 10) || 1);
  const results: Results = { tier, runs, apps: [], refused: [], failed: [] };
  for (const name of positionals.length > 0 ? positionals : names) {
    if (process.stderr.isTTY) process.stderr.write(`${name}\n`);
    await measureApp(name, results);
  }
  results.apps.sort((a, b) => b.ratios.wallMs - a.ratios.wallMs);
  if (values.json) console.log(JSON.stringify({ ...results, geomean: means(results.apps) }));
  else print(results);
  if (results.failed.length > 0) process.exitCode = 1;
}

await main();

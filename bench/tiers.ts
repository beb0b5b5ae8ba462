/**
 * Measures what tiers cost and bring:
 *
 *     node build/bench/tiers.js [--parts=start,long,modules] [--runs N] [--json] [program…]
 *
 * Parts: `start` (first output and whole process of short programs), `long` (ten seconds of work: whole
 * process, and speed once it is warm), `modules` (large modules of which little is used), `kernels` (long
 * loops in one function, beside other engines; not by default, since it takes an hour). Names of programs,
 * such as `json`, restrict the parts to these. Every run is a process; contestants take turns; ratios are
 * medians of those within each round.
 */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Tier, tiers } from '../src/runtime/tiers/tier.js';
import { runCount } from './arguments.js';
import { bun } from './bun.js';
import { hostCommand, tierCommand, v8 } from './engines.js';
import { installedModules, shortName } from './large-modules.js';
import { type Command, node } from './measure.js';
import { programsIn, sliceTimes } from './programs.js';
import { type Figure, type Race, race } from './race.js';
import { knownMean } from './statistics.js';
import { decimal, Table } from './table.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const wallMs: Figure = (run) => run.wallMs;
const firstOutputMs: Figure = (run) => run.firstOutputMs;
const peakMiB: Figure = (run) => run.peakMiB;
const instantiateMs: Figure = (run) => run.reportedInstantiateMs;
/** From making the instance on: compilation and run, without the start of Node. */
const workMs: Figure = (run) =>
  run.reportedRunMs === undefined ? undefined : run.reportedRunMs + (run.reportedInstantiateMs ?? 0);
/** The second half of a program's slices, by when everything hot should be compiled. */
const steadyMs: Figure = ({ output }) => {
  const slices = sliceTimes(output);
  if (slices.length < 2) return undefined;
  return slices.slice(slices.length >> 1).reduce((sum, slice) => sum + slice, 0);
};

interface Row {
  readonly name: string;
  /** Medians, by figure and contestant. */
  readonly figures: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly ratios: Readonly<Record<string, number | undefined>>;
}

interface Part {
  readonly title: string;
  /** What is raced, by its name. */
  contestants(): Iterable<readonly [string, Readonly<Record<string, Command>>]>;
  readonly figures: Readonly<Record<string, Figure>>;
  /** The figures that the table shows. */
  readonly shown: readonly string[];
  readonly ratios: Readonly<Record<string, (run: Race) => number | undefined>>;
}

const inTiers = (
  names: readonly Tier[],
  command: (tier: Tier) => Command,
): Readonly<Record<string, Command>> => Object.fromEntries(names.map((tier) => [tier, command(tier)]));

/** Those that make machine code. */
const compilingTiers = tiers.filter((tier) => tier !== 'interp');

const programName = (file: string): string => basename(file, '.wasm');

function* kernelContestants(): Iterable<readonly [string, Readonly<Record<string, Command>>]> {
  const bunProgram = bun();
  for (const file of programsIn('long-kernels')) {
    const v8Command = v8.command(file);
    yield [
      programName(file),
      {
        ...inTiers(compilingTiers, (tier) => hostCommand(tier, file)),
        ...(v8Command && { v8: v8Command }),
        ...(bunProgram && { bun: { program: bunProgram, args: [path('v8-host.js'), file] } }),
      },
    ];
  }
}

const parts: Readonly<Record<string, Part>> = {
  start: {
    title: 'Short programs',
    *contestants() {
      for (const file of [path('../../examples/hello.wasm'), ...programsIn('short')]) {
        yield [programName(file), inTiers(['fast', 'multi'], (tier) => tierCommand(tier, file))];
      }
    },
    figures: { firstOutputMs, wallMs },
    shown: ['firstOutputMs', 'wallMs'],
    ratios: {
      'first output: multi/fast': (run) => run.ratio('multi', 'fast', firstOutputMs),
      'wall: multi/fast': (run) => run.ratio('multi', 'fast', wallMs),
    },
  },
  long: {
    title: 'Long programs with many calls',
    *contestants() {
      for (const file of programsIn('long')) {
        yield [programName(file), inTiers(compilingTiers, (tier) => hostCommand(tier, file))];
      }
    },
    figures: { wallMs, steadyMs, instantiateMs },
    shown: ['wallMs', 'steadyMs'],
    ratios: {
      'wall: multi/fast': (run) => run.ratio('multi', 'fast', wallMs),
      'wall: multi/llvm': (run) => run.ratio('multi', 'llvm', wallMs),
      'steady: multi/llvm': (run) => run.ratio('multi', 'llvm', steadyMs),
      'steady: llvm/fast': (run) => run.ratio('llvm', 'fast', steadyMs),
    },
  },
  modules: {
    title: 'Large modules, one function called',
    *contestants() {
      for (const { path: file, call } of installedModules()) {
        const command = (tier: Tier): Command =>
          node(path('module-host.js'), `--tier=${tier}`, file, ...call);
        yield [shortName(file), inTiers(['fast', 'multi'], command)];
      }
    },
    figures: { wallMs, peakMiB },
    shown: ['wallMs', 'peakMiB'],
    ratios: {
      'wall: multi/fast': (run) => run.ratio('multi', 'fast', wallMs),
      'peak: multi/fast': (run) => run.ratio('multi', 'fast', peakMiB),
    },
  },
  kernels: {
    title: 'Kernels of five seconds and more',
    contestants: kernelContestants,
    figures: { wallMs, workMs, instantiateMs },
    shown: ['wallMs'],
    ratios: {
      'multi/(llvm run + compile)': (run) => run.ratio('multi', 'llvm', workMs),
      'wall: multi/fast': (run) => run.ratio('multi', 'fast', wallMs),
      'wall: multi/v8': (run) => run.ratio('multi', 'v8', wallMs),
      'wall: multi/bun': (run) => run.ratio('multi', 'bun', wallMs),
    },
  },
};

/** Headings of a part's columns: for each figure its contestants, then the ratios. */
function headings(part: Part, contestants: readonly string[]): string[] {
  const figures = part.shown.flatMap((figure) =>
    contestants.map((name) => `${figure.replace(/Ms$|MiB$/, '')} ${name}`),
  );
  return [...figures, ...Object.keys(part.ratios)];
}

async function measurePart(
  part: Part,
  chosen: readonly string[],
  rounds: number,
  silent: boolean,
): Promise<Row[]> {
  const rows: Row[] = [];
  let table: Table | undefined;
  let contestantNames: string[] = [];
  for (const [name, contestants] of part.contestants()) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    if (table === undefined && !silent) {
      contestantNames = Object.keys(contestants);
      console.log(`\n${part.title} (ms, MiB; medians of ${rounds})`);
      const names = headings(part, contestantNames);
      table = new Table(['', ...names], 20, 9);
    }
    const result = await race(name, contestants, rounds);
    const figures = Object.fromEntries(
      Object.entries(part.figures).map(([key, figure]) => [key, result.medians(figure)]),
    );
    const ratios = Object.fromEntries(
      Object.entries(part.ratios).map(([key, ratio]) => [key, ratio(result)]),
    );
    rows.push({ name, figures, ratios });
    table?.row([
      name.length > 19 ? `…${name.slice(-18)}` : name,
      ...part.shown.flatMap((key) =>
        contestantNames.map((contestant) => decimal(figures[key][contestant], 0)),
      ),
      ...Object.values(ratios).map((value) => decimal(value, 2)),
    ]);
  }
  if (rows.length > 1 && table !== undefined) {
    const blanks = part.shown.flatMap(() => contestantNames.map(() => ''));
    const means = meanRatios(part, rows);
    table.row(['geometric mean', ...blanks, ...Object.values(means).map((value) => decimal(value, 3))]);
  }
  return rows;
}

function meanRatios(part: Part, rows: readonly Row[]): Record<string, number | undefined> {
  const mean = (key: string): number | undefined => knownMean(rows.map(({ ratios }) => ratios[key]));
  return Object.fromEntries(Object.keys(part.ratios).map((key) => [key, mean(key)]));
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      parts: { type: 'string', default: 'start,long,modules' },
      runs: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const rounds = runCount(values.runs);
  const names = values.parts.split(',');
  const unknown = names.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) {
    throw new Error(`no part ${unknown}; there are ${Object.keys(parts).join(', ')}`);
  }
  const report: Record<
    string,
    { readonly rows: Row[]; readonly geomean: Record<string, number | undefined> }
  > = {};
  for (const name of names) {
    const rows = await measurePart(parts[name], positionals, rounds, values.json);
    report[name] = { rows, geomean: meanRatios(parts[name], rows) };
  }
  if (values.json) console.log(JSON.stringify(report));
}

await main();

/**
 * What files of code compiled ahead bring: the programs of bench/programs, compiled by LLVM into a file,
 * beside the same code made at the start, and beside the Fast JIT's from the cache:
 *
 *     node build/bench/aot.js [--runs N] [--json] [program…]
 *
 * Contestants take turns, each run a process. What is run, and what the cache has, is made before.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runCount } from './arguments.js';
import { type Command, failure, measure, node } from './measure.js';
import { programsIn, timeLine } from './programs.js';
import { type Figure, type Race, race } from './race.js';
import { knownMean } from './statistics.js';
import { decimal, Table } from './table.js';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

const figures = {
  /** The program's work alone, as it says itself. */
  runMs: ({ output }) => {
    const [, time] = timeLine.exec(output) ?? [];
    return time === undefined ? undefined : Number(time);
  },
  firstOutputMs: (run) => run.firstOutputMs,
} satisfies Record<string, Figure>;
type FigureName = keyof typeof figures;
const figureNames = Object.keys(figures) as FigureName[];

const ratios = {
  'run: aot/llvm': (runs) => runs.ratio('aot', 'llvm', figures.runMs),
  'first output: aot/fast': (runs) => runs.ratio('aot', 'fast', figures.firstOutputMs),
} satisfies Record<string, (runs: Race) => number | undefined>;
type RatioName = keyof typeof ratios;
const ratioNames = Object.keys(ratios) as RatioName[];

interface Row {
  readonly name: string;
  /** Medians, by figure and contestant. */
  readonly figures: Readonly<Record<FigureName, Readonly<Record<string, number>>>>;
  readonly ratios: Readonly<Record<RatioName, number | undefined>>;
}

/** @param folder where the compiled file and the cache go */
async function measureProgram(file: string, folder: string, rounds: number): Promise<Row> {
  const name = basename(file, '.wasm');
  const compiled = join(folder, `${name}.aot`);
  const env = { XDG_CACHE_HOME: folder, UPSHIFT_CACHE: undefined };
  const run = (...args: readonly string[]): Command => ({ ...node(cli, 'run', ...args), env });
  execFileSync(process.execPath, [cli, 'compile', '-o', compiled, '--tier=llvm', file], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const contestants = {
    aot: run(compiled),
    llvm: run('--tier=llvm', file),
    fast: run('--tier=fast', file),
  };
  for (const [contestant, command] of Object.entries(contestants)) {
    const problem = failure(await measure(command));
    if (problem !== undefined) throw new Error(`${name} in ${contestant}: ${problem}`);
  }
  const runs = await race(name, contestants, rounds);
  return {
    name,
    figures: byName(figureNames, (figure) => runs.medians(figures[figure])),
    ratios: byName(ratioNames, (ratio) => ratios[ratio](runs)),
  };
}

function byName<Name extends string, T>(names: readonly Name[], value: (name: Name) => T): Record<Name, T> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, T>;
}

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const rounds = runCount(values.runs);
const files = [...programsIn('kernels'), ...programsIn('general')].filter(
  (file) => positionals.length === 0 || positionals.includes(basename(file, '.wasm')),
);
if (files.length === 0)
  throw new Error(`no program of bench/programs has the name ${positionals.join(', ')}`);
const rows: Row[] = [];
const folder = mkdtempSync(join(tmpdir(), 'upshift-aot-'));
try {
  for (const file of files) rows.push(await measureProgram(file, folder, rounds));
} finally {
  rmSync(folder, { recursive: true });
}
const geomean = byName(ratioNames, (ratio) => knownMean(rows.map((row) => row.ratios[ratio])));
if (values.json) {
  console.log(JSON.stringify({ runs: rounds, rows, geomean }));
} else {
  const headings = ['run ms', 'llvm', 'ratio', 'first ms', 'fast', 'ratio'];
  const table = new Table(['', ...headings], 20);
  for (const row of rows) {
    const { runMs, firstOutputMs } = row.figures;
    table.row([
      row.name,
      ...[runMs['aot'], runMs['llvm']].map((time) => decimal(time, 0)),
      decimal(row.ratios['run: aot/llvm'], 3),
      ...[firstOutputMs['aot'], firstOutputMs['fast']].map((time) => decimal(time, 0)),
      decimal(row.ratios['first output: aot/fast'], 3),
    ]);
  }
  const [run, first] = ratioNames.map((ratio) => decimal(geomean[ratio], 3));
  table.row(['geometric mean', '', '', run, '', '', first]);
}

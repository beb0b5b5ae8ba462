/**
 * Runs programs in several engines and compares them:
 *
 *     node build/bench/run.js [--engines=fast,v8,v8-liftoff,v8-turbofan,…] [--runs N] [--cpu]
 *         [--json] [file.wasm…]
 *
 * Each run is a new process; the engines take turns; figures are medians. A program is timed by itself (a
 * line `time_ms N` in its output) or else from the call of _start to its end; with `--cpu` by the processor
 * time of its thread between those. Outputs, apart from that line, have to agree between engines and runs; if
 * they do not, or if a program fails, the exit status is 1.
 */
import { basename, dirname, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runCount } from './arguments.js';
import { engines as allEngines, type Engine } from './engines.js';
import { failure, type Measurement, measure } from './measure.js';
import { comparable, programsIn, timeLine } from './programs.js';
import { geometricMean, knownMean, median } from './statistics.js';
import { decimal, Table } from './table.js';

/** Folders of the programs that are run by default. */
const programGroups = ['general', 'kernels'] as const;

/** Medians over the runs of a program in one engine. */
interface Figures {
  readonly runMs?: number;
  readonly firstOutputMs?: number;
  readonly wallMs?: number;
  readonly peakMiB?: number;
  /** Why there are no figures. */
  readonly error?: string;
  /** Whether some output was other than the first run's. Then the figures may be those of different work. */
  readonly outputDiffers?: boolean;
}

interface ProgramFigures {
  readonly name: string;
  /** The folder that the program lies in. */
  readonly group: string;
  readonly engines: Readonly<Record<string, Figures>>;
}

async function runTime(engine: Engine, file: string, run: Measurement): Promise<number | undefined> {
  const printed = timeLine.exec(run.output);
  if (printed !== null) return Number(printed[1]);
  if (engine.timedCommand === undefined) return run.reportedRunMs;
  return (await measure(engine.timedCommand(file))).reportedRunMs;
}

interface TimedRun extends Measurement {
  readonly runMs: number | undefined;
}

/** The runs of a program in one engine so far. */
class EngineRuns {
  readonly engine: Engine;
  readonly #cpu: boolean;
  readonly #runs: TimedRun[] = [];
  #error: string | undefined;
  #outputDiffers = false;

  constructor(engine: Engine, cpu: boolean) {
    this.engine = engine;
    this.#cpu = cpu;
  }

  /** Runs the program once more, unless it has failed; returns what it printed. */
  async again(file: string, expected: string | undefined): Promise<string | undefined> {
    if (this.#error !== undefined) return expected;
    const { engine } = this;
    const command = (this.#cpu ? engine.timedCommand?.(file) : undefined) ?? engine.command(file);
    if (command === undefined) return expected;
    const run = await measure(command);
    this.#error = failure(run);
    if (this.#error !== undefined) return expected;
    const output = comparable(run.output);
    if (expected !== undefined && output !== expected) this.#outputDiffers = true;
    this.#runs.push({ ...run, runMs: this.#cpu ? run.reportedCpuMs : await runTime(engine, file, run) });
    return expected ?? output;
  }

  figures(): Figures {
    if (this.#error !== undefined) return { error: this.#error };
    const figures: Record<string, number> = {};
    for (const key of ['runMs', 'firstOutputMs', 'wallMs', 'peakMiB'] as const) {
      const known = this.#runs.map((run) => run[key]).filter((value) => value !== undefined);
      if (known.length > 0) figures[key] = median(known);
    }
    return { ...figures, ...(this.#outputDiffers && { outputDiffers: true }) };
  }
}

async function measureProgram(
  file: string,
  engines: readonly Engine[],
  runCount: number,
  cpu: boolean,
): Promise<ProgramFigures> {
  const all = engines.map((engine) => new EngineRuns(engine, cpu));
  let expected: string | undefined;
  for (let round = 0; round < runCount; round++) {
    for (const runs of all) expected = await runs.again(file, expected);
  }
  return {
    name: basename(file, '.wasm'),
    group: basename(dirname(resolve(file))),
    engines: Object.fromEntries(all.map((runs) => [runs.engine.name, runs.figures()])),
  };
}

/** Pairs of engines to compare: each with every one named after it. Those with the first one come first. */
function pairs(engines: readonly Engine[]): [string, string][] {
  return engines.flatMap((a, index) =>
    engines.slice(index + 1).map((b): [string, string] => [a.name, b.name]),
  );
}

function ratio(program: ProgramFigures, a: string, b: string): number | undefined {
  const [x, y] = [program.engines[a].runMs, program.engines[b].runMs];
  return x === undefined || y === undefined || y === 0 ? undefined : x / y;
}

function geometricMeans(
  programs: readonly ProgramFigures[],
  compared: readonly [string, string][],
): Record<string, number> {
  const means: Record<string, number> = {};
  for (const [a, b] of compared) {
    const ratios = programs.map((program) => ratio(program, a, b)).filter((value) => value !== undefined);
    if (ratios.length > 0) means[`${a}/${b}`] = geometricMean(ratios);
  }
  return means;
}

/** The engines of these names, except those that cannot be used here. */
function chosenEngines(names: string): Engine[] {
  return names.split(',').flatMap((name) => {
    const engine = allEngines.find((candidate) => candidate.name === name);
    if (engine === undefined) {
      throw new Error(`no engine ${name}; there are ${allEngines.map((known) => known.name).join(', ')}`);
    }
    const problem = engine.problem?.();
    if (problem === undefined) return [engine];
    console.error(`${name} is left out: ${problem}`);
    return [];
  });
}

function printOtherFigures(programs: readonly ProgramFigures[], engines: readonly Engine[]): void {
  const measures = [
    ['firstOutputMs', 'Time to first output, start-up and compilation included (ms)'],
    ['wallMs', 'Whole process (ms)'],
    ['peakMiB', 'Peak resident memory (MiB)'],
  ] as const;
  for (const [key, title] of measures) {
    console.log(`\n${title}`);
    const table = new Table(['', ...engines.map((engine) => engine.name)], 16);
    const columns = engines.map((engine) => programs.map((program) => program.engines[engine.name][key]));
    for (const [index, program] of programs.entries()) {
      table.row([program.name, ...columns.map((column) => decimal(column[index], 0))]);
    }
    if (programs.length > 1) {
      table.row(['geometric mean', ...columns.map((column) => decimal(knownMean(column), 0))]);
    }
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      engines: { type: 'string', default: 'fast,v8,v8-liftoff,v8-turbofan' },
      runs: { type: 'string', default: '3' },
      cpu: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const engines = chosenEngines(values.engines);
  const runs = runCount(values.runs);
  const files = positionals.length > 0 ? positionals : programGroups.flatMap(programsIn);
  const compared = pairs(engines);
  const shown = compared.slice(0, engines.length - 1);

  const programs: ProgramFigures[] = [];
  let table: Table | undefined;
  if (!values.json) {
    console.log(`${values.cpu ? 'Processor time' : 'Run time'} without start-up (ms; median of ${runs})`);
    const headings = ['', ...engines.map((engine) => engine.name), ...shown.map(([a, b]) => `${a}/${b}`)];
    table = new Table(headings, 16);
  }
  for (const file of files) {
    const program = await measureProgram(file, engines, runs, values.cpu);
    programs.push(program);
    table?.row([
      program.name,
      ...engines.map((engine) => decimal(program.engines[engine.name].runMs, 1)),
      ...shown.map(([a, b]) => decimal(ratio(program, a, b), 2)),
    ]);
    for (const [engine, figures] of Object.entries(program.engines)) {
      const problem =
        figures.error ?? (figures.outputDiffers ? 'output differs from the first run' : undefined);
      if (problem === undefined) continue;
      console.error(`${relative('.', file)} in ${engine}: ${problem}`);
      process.exitCode = 1;
    }
  }

  const geomean = geometricMeans(programs, compared);
  const groups: Record<string, Record<string, number>> = {};
  for (const group of new Set(programs.map((program) => program.group))) {
    groups[group] = geometricMeans(
      programs.filter((program) => program.group === group),
      compared,
    );
  }
  if (table === undefined) {
    console.log(JSON.stringify({ programs, geomean, groups }));
    return;
  }
  const meanRow = (title: string, means: Readonly<Record<string, number>>): void =>
    table.row([title, ...engines.map(() => ''), ...shown.map(([a, b]) => decimal(means[`${a}/${b}`], 3))]);
  if (programs.length > 1) {
    for (const [group, means] of Object.entries(groups)) meanRow(`mean: ${group}`, means);
    meanRow('geometric mean', geomean);
  }
  printOtherFigures(programs, engines);
}

await main();

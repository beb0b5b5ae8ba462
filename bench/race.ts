/** Runs commands in turn, so whatever else happens on the machine affects all of them. */
import { type Command, failure, type Measurement, measure } from './measure.js';
import { comparable } from './programs.js';
import { median } from './statistics.js';

/** A figure of a run, where it has it. */
export type Figure = (run: Measurement) => number | undefined;

/** The runs of each contestant; the n-th runs of all belong to the same round. */
export class Race {
  readonly #runs: Readonly<Record<string, readonly Measurement[]>>;

  constructor(runs: Readonly<Record<string, readonly Measurement[]>>) {
    this.#runs = runs;
  }

  /** Median of a figure over a contestant's runs. */
  median(name: string, figure: Figure): number | undefined {
    const known = (this.#runs[name] ?? []).map(figure).filter((value) => value !== undefined);
    return known.length === 0 ? undefined : median(known);
  }

  medians(figure: Figure): Record<string, number> {
    const values: Record<string, number> = {};
    for (const name of Object.keys(this.#runs)) {
      const value = this.median(name, figure);
      if (value !== undefined) values[name] = value;
    }
    return values;
  }

  /** Median, over the rounds, of the ratio of two contestants' figures. */
  ratio(a: string, b: string, figure: Figure, figureOfB = figure): number | undefined {
    const ratios: number[] = [];
    for (const [round, run] of (this.#runs[a] ?? []).entries()) {
      const other = this.#runs[b]?.[round];
      const x = figure(run);
      const y = other && figureOfB(other);
      if (x !== undefined && y !== undefined && y > 0) ratios.push(x / y);
    }
    return ratios.length === 0 ? undefined : median(ratios);
  }
}

/**
 * Runs all contestants `rounds` times. Those that fail or print something else than the first one are
 * reported to the standard error and to the exit status, and are out.
 */
export async function race(
  title: string,
  contestants: Readonly<Record<string, Command>>,
  rounds: number,
): Promise<Race> {
  const runs: Record<string, Measurement[]> = {};
  const left = new Map(Object.entries(contestants));
  let expected: string | undefined;
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of left) {
      const run = await measure(command);
      const output = comparable(run.output);
      expected ??= output;
      const problem = failure(run) ?? (output === expected ? undefined : 'output differs from the first run');
      if (problem === undefined) {
        runs[name] ??= [];
        runs[name].push(run);
        continue;
      }
      console.error(`${title} in ${name}: ${problem}`);
      process.exitCode = 1;
      left.delete(name);
      delete runs[name];
    }
  }
  return new Race(runs);
}

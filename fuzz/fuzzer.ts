import { basename } from 'node:path';
import { configurationNamed, reference } from './configurations.js';
import { type Failure, keepFailure, problemText, signature } from './failures.js';
import type { Feature } from './generator/features.js';
import { Lane } from './pool.js';
import type { RunReply } from './protocol.js';
import { reduceFailure } from './reduce.js';
import { generatorNames, makeSource, requestOf, type Source, type Subject } from './sources.js';
import { Tally } from './tally.js';

export interface FuzzerOptions {
  /** The first module's seed; the others follow. */
  readonly seed: number;
  /** A folder for temporary files. */
  readonly folder: string;
  readonly generators: readonly string[];
  /** What modules of ours may have of WebAssembly 3.0. */
  readonly features: readonly Feature[];
  /** Names of configurations. */
  readonly configurations: readonly string[];
  /**
   * The libLLVMs to use, as files. A module runs with the first and one of the others. Without any,
   * configurations that need one are left out.
   */
  readonly libraries: readonly string[];
  readonly seconds: number;
  /** Stops after this many subjects. */
  readonly modules: number;
  /** How many processes run at once. */
  readonly jobs: number;
  readonly failureFolder: string;
  /** Seconds for the reduction of one failure. */
  readonly reduceSeconds: number;
  /** Whether to be silent about progress. */
  readonly isQuiet: boolean;
}

/** Seconds between progress reports. */
const reportInterval = 30;
/** How many failures with the same signature are kept; the first is reduced. */
const mostAlike = 3;

/** Makes modules, runs them, and deals with those that fail, until the time is up. */
export class Fuzzer {
  readonly #options: FuzzerOptions;
  readonly #tally = new Tally();
  readonly #signatures = new Map<string, number>();
  #failures = 0;
  #next: number;
  #lastReport = 0;

  constructor(options: FuzzerOptions) {
    this.#options = options;
    this.#next = options.seed;
  }

  /** Returns whether nothing failed. */
  async run(): Promise<boolean> {
    const { generators, features, jobs, folder, libraries } = this.#options;
    const sources = generators.map((name) => makeSource(name, generators.length, features));
    const perJob = libraries.length > 0 ? libraries : [undefined];
    const lanes = Array.from({ length: jobs }, (_, job) =>
      perJob.map((library, k) => new Lane(folder, job * perJob.length + k, library)),
    );
    try {
      await Promise.all(lanes.map((lanesOfJob) => this.#runLanes(lanesOfJob, sources)));
    } finally {
      for (const lane of lanes.flat()) lane.end();
      for (const source of sources) source.end();
    }
    console.log(this.#tally.text());
    return this.#failures === 0;
  }

  /**
   * Runs subjects in lanes with different libLLVMs: the first runs everything, and one of the others what
   * needs LLVM. All of them would take so long that far fewer modules would be tried.
   */
  async #runLanes(lanes: readonly Lane[], sources: readonly Source[]): Promise<void> {
    const { seconds, modules, seed, configurations } = this.#options;
    const withLlvm = configurations.filter((name) => configurationNamed(name).needsLlvm);
    while (this.#tally.seconds < seconds && this.#next - seed < modules) {
      const number = this.#next++;
      const subject = await sources[number % sources.length].make(number);
      if (subject === undefined) continue;
      if ('case' in subject) this.#tally.addModule(subject.generator, subject.case.bytes);
      const second = secondLibrary(number, lanes.length);
      for (const k of second === undefined ? [0] : [0, second]) {
        const lane = lanes[k];
        const names = k === 0 ? configurations : withLlvm;
        if (k > 0 && (names.length === 0 || 'inputs' in subject)) break;
        const reply = await lane.run(requestOf(subject, names));
        this.#tally.addReply(reply);
        if (reply.problems.length > 0) await this.#fail(lane, subject, reply);
        // What never ends, or crashes, in V8 does so again.
        if (reply.problems[0]?.configuration === reference.name) break;
      }
      this.#report();
    }
  }

  #report(): void {
    const { seconds } = this.#tally;
    if (this.#options.isQuiet || seconds - this.#lastReport < reportInterval) return;
    this.#lastReport = seconds;
    console.log(`${seconds.toFixed(0)} s, ${this.#tally.moduleCount} modules, ${this.#failures} failures`);
  }

  async #fail(lane: Lane, subject: Subject, { problems }: RunReply): Promise<void> {
    this.#failures++;
    this.#tally.addFailure();
    const kind = `${lane.llvm} ${signature(problems)}`;
    const count = (this.#signatures.get(kind) ?? 0) + 1;
    this.#signatures.set(kind, count);
    // Only its name: kept cases may go into the repository.
    const withLlvm = lane.llvm === undefined ? [] : [`with ${basename(lane.llvm)}`];
    console.error([`FAILED: ${subject.generator}, seed ${subject.seed}`, ...withLlvm].join(' '));
    for (const problem of problems) console.error(problemText(problem));
    if (count > mostAlike) return;
    const { failureFolder, reduceSeconds } = this.#options;
    const failure = failureOf(subject, problems);
    if (count > 1 || 'inputs' in subject) {
      console.error(`kept as ${keepFailure(failureFolder, failure, [...withLlvm, 'not reduced'])}`);
      return;
    }
    const { reduced, notes } = await reduceFailure(lane, failure, reduceSeconds);
    console.error(`kept as ${keepFailure(failureFolder, reduced, [...withLlvm, ...notes])}`);
  }
}

/**
 * Which of the libraries after the first runs a seed's module; undefined if there is only one. The generators
 * take turns with each seed, so one library stays for as many seeds: each generator gets all of them.
 */
export function secondLibrary(seed: number, count: number): number | undefined {
  return count < 2 ? undefined : 1 + (Math.floor(seed / generatorNames.length) % (count - 1));
}

/** The failure of a subject. If it has several inputs, the first that failed is its module. */
function failureOf(subject: Subject, problems: Failure['problems']): Failure {
  const { generator, seed } = subject;
  if ('case' in subject) return { generator, seed, problems, subject: subject.case };
  const bytes = subject.inputs[problems[0].input ?? 0];
  return { generator, seed, problems, subject: { bytes, calls: [], toleratesExhaustion: false } };
}

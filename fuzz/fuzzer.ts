import { type Failure, keepFailure, problemText, signature } from './failures.js';
import { Lane } from './pool.js';
import type { RunReply } from './protocol.js';
import { reduceFailure } from './reduce.js';
import { makeSource, requestOf, type Source, type Subject } from './sources.js';
import { Tally } from './tally.js';

export interface FuzzerOptions {
  /** The first module's seed; the others follow. */
  readonly seed: number;
  /** Where temporary files may lie. */
  readonly folder: string;
  readonly generators: readonly string[];
  /** Names of configurations. */
  readonly configurations: readonly string[];
  readonly seconds: number;
  /** Ends after so many subjects. */
  readonly modules: number;
  /** Processes at once. */
  readonly jobs: number;
  readonly failureFolder: string;
  /** Seconds that the reduction of one failure may take. */
  readonly reduceSeconds: number;
  /** Says nothing of progress. */
  readonly isQuiet: boolean;
}

/** Seconds between two words on how far it is. */
const reportInterval = 30;
/** Failures of one signature that are kept; the first is reduced. */
const mostAlike = 3;

/** Makes modules, has them run, and deals with those that fail, until the time is over. */
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

  /** True if nothing failed. */
  async run(): Promise<boolean> {
    const { generators, jobs, folder } = this.#options;
    const sources = generators.map((name) => makeSource(name, generators.length));
    const lanes = Array.from({ length: jobs }, (_, id) => new Lane(folder, id));
    try {
      await Promise.all(lanes.map((lane) => this.#runLane(lane, sources)));
    } finally {
      for (const lane of lanes) lane.end();
      for (const source of sources) source.end();
    }
    console.log(this.#tally.text());
    return this.#failures === 0;
  }

  async #runLane(lane: Lane, sources: readonly Source[]): Promise<void> {
    const { seconds, modules, seed, configurations } = this.#options;
    while (this.#tally.seconds < seconds && this.#next - seed < modules) {
      const number = this.#next++;
      const subject = await sources[number % sources.length].make(number);
      if (subject === undefined) continue;
      if ('case' in subject) this.#tally.addModule(subject.generator, subject.case.bytes);
      const reply = await lane.run(requestOf(subject, configurations));
      this.#tally.addReply(reply);
      if (reply.problems.length > 0) await this.#fail(lane, subject, reply);
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
    const kind = signature(problems);
    const count = (this.#signatures.get(kind) ?? 0) + 1;
    this.#signatures.set(kind, count);
    console.error(`FAILED: ${subject.generator}, seed ${subject.seed}`);
    for (const problem of problems) console.error(problemText(problem));
    if (count > mostAlike) return;
    const { failureFolder, reduceSeconds } = this.#options;
    const failure = failureOf(subject, problems);
    if (count > 1 || 'inputs' in subject) {
      console.error(`kept as ${keepFailure(failureFolder, failure, ['not reduced'])}`);
      return;
    }
    const { reduced, notes } = await reduceFailure(lane, failure, reduceSeconds);
    console.error(`kept as ${keepFailure(failureFolder, reduced, notes)}`);
  }
}

/** The failure of a subject; of several inputs, the first that has failed is its module. */
function failureOf(subject: Subject, problems: Failure['problems']): Failure {
  const { generator, seed } = subject;
  if ('case' in subject) return { generator, seed, problems, subject: subject.case };
  const bytes = subject.inputs[problems[0].input ?? 0];
  return { generator, seed, problems, subject: { bytes, calls: [], toleratesExhaustion: false } };
}

import type { HeatPolicy } from './heat-policy.js';

/** A hot function reports about every so many milliseconds that it still runs below LLVM code. */
const pulseInterval = 3;
/** Counts until the next report, at least and at most. */
const fewestCounts = 64;
const mostCounts = 2 ** 30;

/**
 * How often a function that got hot in a loop is looked at again at once, and within how many counts each
 * time. If it reports a call then, it is one of those that are called often: their next call comes sooner
 * than a loop's code would.
 */
const closeLooks = 16;
const closeCounts = 32;

/** When a function reported that it was hot. */
interface Pulse {
  /** For the first time, in milliseconds. */
  readonly since: number;
  /** For the last time. */
  at: number;
  /** Counts between the last report and the next. */
  count: number;
  /** Close looks still to be taken. */
  looks: number;
  /** It reported when it was called, not in a loop. */
  isCalledOften: boolean;
}

/** What follows from a function's report that it is hot. */
export interface Beat {
  /** Where its heat counter starts again. */
  readonly count: number;
  /** The function is only looked at again: nothing else is to be done. */
  readonly isCloseLook: boolean;
  readonly isCalledOften: boolean;
}

/** The reports of a module's hot functions, and how often they are to come. */
export class Pulses {
  readonly #policy: HeatPolicy;
  readonly #pulses = new Map<number, Pulse>();

  constructor(policy: HeatPolicy) {
    this.#policy = policy;
  }

  /** When a function reported for the first time, in milliseconds; undefined if it has not. */
  since(functionIndex: number): number | undefined {
    return this.#pulses.get(functionIndex)?.since;
  }

  /**
   * Notes that a function is hot.
   *
   * @param at now, in milliseconds
   * @param isCall it was counted at a call, not in a loop
   */
  beat(functionIndex: number, at: number, isCall: boolean): Beat {
    let pulse = this.#pulses.get(functionIndex);
    if (pulse === undefined) {
      pulse = { since: at, at, count: this.#policy.threshold, looks: closeLooks, isCalledOften: false };
      this.#pulses.set(functionIndex, pulse);
    }
    if (!this.#looksAgain(pulse)) pulse.count = this.#nextCount(pulse, at);
    pulse.at = at;
    if (isCall) pulse.isCalledOften = true;
    const { isCalledOften } = pulse;
    if (!this.#looksAgain(pulse)) return { count: pulse.count, isCloseLook: false, isCalledOften };
    pulse.looks--;
    return { count: this.#policy.upTo(closeCounts), isCloseLook: true, isCalledOften };
  }

  /** Whether it is still to be found out how often a function is called. */
  #looksAgain({ looks, isCalledOften }: Pulse): boolean {
    return looks > 0 && !isCalledOften && !this.#policy.isChaotic && !this.#policy.waitsForLoops;
  }

  /** For how many counts a function runs that has counted `count` since `at`. */
  #nextCount({ at, count }: Pulse, time: number): number {
    if (this.#policy.waitsForLoops) return this.#policy.nextCount();
    const elapsed = time - at;
    const wanted = elapsed <= 0 ? count : Math.round((count * pulseInterval) / elapsed);
    return Math.min(Math.max(wanted, fewestCounts), mostCounts);
  }
}

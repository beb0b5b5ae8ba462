import type { TierTuning } from './tier-options.js';

/** About ten microseconds of a tight loop: less is not worth a thread's attention. */
const defaultThreshold = 20_000;
/** A program that ends within so many milliseconds is not to pay for threads. */
const defaultWarmUp = 50;

/**
 * Decides from what count on functions are hot, and what is left to chance. Pure, but for the state of its
 * random numbers.
 */
export class HeatPolicy {
  /** Where heat counters start, unless at random. */
  readonly threshold: number;
  /** Whether functions are switched at random. */
  readonly isChaotic: boolean;
  /** Whether a hot loop waits for its code. */
  readonly waitsForLoops: boolean;
  readonly #warmUp: number;
  /** A number from 0 to 1. */
  readonly random: () => number;

  constructor({ heatThreshold, warmUp, waitForLoops, chaos }: TierTuning) {
    this.threshold = heatThreshold ?? defaultThreshold;
    this.isChaotic = chaos !== undefined;
    this.waitsForLoops = waitForLoops === true;
    this.#warmUp = warmUp ?? defaultWarmUp;
    this.random = generator(chaos ?? 1);
  }

  /** Whether no thread is to be started yet, so many milliseconds after the runtime's making. */
  isWarmingUp(elapsed: number): boolean {
    return elapsed < this.#warmUp;
  }

  /** Where a heat counter starts now. */
  nextCount(): number {
    return this.isChaotic && this.waitsForLoops ? this.upTo(this.threshold) : this.threshold;
  }

  /** A whole number from 1 to `largest`. */
  upTo(largest: number): number {
    return 1 + Math.floor(this.random() * largest);
  }

  /**
   * Under chaos, whether a function stays below LLVM for now: always if it is its loops that are to move up.
   */
  staysBelow(): boolean {
    return this.isChaotic && (this.waitsForLoops || this.random() < 0.5);
  }
}

/** Numbers from 0 to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

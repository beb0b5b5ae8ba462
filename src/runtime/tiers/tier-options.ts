import { aBoolean, aFunction, aString, integerFrom, numberFrom, optionsOf } from '../../checks/checks.js';

/** How LLVM is used. */
export interface LlvmOptions {
  /**
   * File of libLLVM (16 to 22). Default: the environment variable UPSHIFT_LLVM, or what the usual folders
   * have.
   */
  readonly library?: string | undefined;
  /** Optimization level, 0 to 3. Default: 3. */
  readonly level?: 0 | 1 | 2 | 3 | undefined;
  /** Preference for small code, 0 to 2. Default: 0. */
  readonly sizeLevel?: 0 | 1 | 2 | undefined;
  /**
   * Backend threads, 1 to 64. Default: one less than there are processors, at most 4, and one at least; for
   * tier `llvm`, one for each processor.
   */
  readonly threads?: number | undefined;
  /** Tier `llvm`: compiles functions at their first calls, rather than all of them before the start. */
  readonly lazy?: boolean | undefined;
}

/** Backend threads that a runtime may have. @internal */
export const mostThreads = 64;

/** How LLVM is used, as it is checked. @internal */
export const llvmOptions = optionsOf<LlvmOptions>({
  library: aString,
  level: integerFrom(0, 3),
  sizeLevel: integerFrom(0, 2),
  threads: integerFrom(1, mostThreads),
  lazy: aBoolean,
});

/** When functions move up, for tests and experiments. */
export interface TierTuning {
  /** Calls and turns of loops after which a function counts as hot. */
  readonly heatThreshold?: number | undefined;
  /** Milliseconds from the runtime's making, within which no backend thread is started. */
  readonly warmUp?: number | undefined;
  /**
   * Waits for the code of a hot loop, so that the loop goes on in it at exactly the turn that made it hot; a
   * function that counts as hot when it is called is counted on.
   */
  readonly waitForLoops?: boolean | undefined;
  /**
   * Tier `multi`: compiles everything at once, and switches functions up and down at random, from this seed
   * on. Heat counters start at random too, from 1 to `heatThreshold`, where loops are waited for.
   */
  readonly chaos?: number | undefined;
  /**
   * The functions of compiled instances that are interpreted, by their index. LLVM may take their place all
   * the same.
   */
  readonly interpreted?: ((functionIndex: number) => boolean) | undefined;
  /** Looks for exceptions that are not used any more whenever there is a new one. */
  readonly collectsExceptions?: boolean | undefined;
}

/** The same, as it is checked. @internal */
export const tierTuning = optionsOf<TierTuning>({
  heatThreshold: numberFrom(1, 2 ** 32 - 1),
  warmUp: numberFrom(0, Number.POSITIVE_INFINITY, 'milliseconds'),
  waitForLoops: aBoolean,
  chaos: numberFrom(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
  interpreted: aFunction,
  collectsExceptions: aBoolean,
});

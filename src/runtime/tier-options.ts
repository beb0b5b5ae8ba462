import { nativeUnavailable } from '../native/ffi.js';
import { TierUnavailableError } from './errors.js';
import type { Module } from './module.js';

/**
 * How functions are run: by the interpreter (`interp`), which makes no machine code; or compiled by the Fast JIT at their
 * first call (`fast`), by LLVM before the first call (`llvm`), or by the Fast JIT first and by LLVM once they get hot (`multi`).
 */
export type Tier = 'interp' | 'fast' | 'llvm' | 'multi';
export const tiers: readonly Tier[] = ['interp', 'fast', 'llvm', 'multi'];

/** The tier where none is asked for: `multi`, or, where no machine code can be run, `interp`. */
export function defaultTier(): Tier {
  return nativeUnavailable() === undefined ? 'multi' : 'interp';
}

/** @throws TierUnavailableError where a tier makes machine code, and none can be run */
export function checkTier(tier: Tier): void {
  const reason = tier === 'interp' ? undefined : nativeUnavailable();
  if (reason !== undefined) throw new TierUnavailableError(tier, reason);
}

/** How LLVM is used. */
export interface LlvmOptions {
  /** File of libLLVM (16 to 22). Default: the environment variable UPSHIFT_LLVM, or what the usual folders have. */
  readonly library?: string | undefined;
  /** Optimization level, 0 to 3. Default: 3. */
  readonly level?: 0 | 1 | 2 | 3 | undefined;
  /** Preference for small code, 0 to 2. Default: 0. */
  readonly sizeLevel?: 0 | 1 | 2 | undefined;
  /**
   * Backend threads. Default: one less than there are processors, at most 4, and one at least; for tier `llvm`, one for
   * each processor.
   */
  readonly threads?: number | undefined;
  /** Tier `llvm`: compiles functions at their first calls, rather than all of them before the start. */
  readonly lazy?: boolean | undefined;
}

/** When functions move up, for tests and experiments. */
export interface TierTuning {
  /** Calls and turns of loops after which a function counts as hot. */
  readonly heatThreshold?: number | undefined;
  /** Milliseconds from the runtime's making, within which no backend thread is started. */
  readonly warmUp?: number | undefined;
  /**
   * Waits for the code of a hot loop, so that the loop goes on in it at exactly the turn that made it hot; a function that
   * counts as hot when it is called is counted on.
   */
  readonly waitForLoops?: boolean | undefined;
  /**
   * Tier `multi`: compiles everything at once, and switches functions up and down at random, from this seed on. Heat
   * counters start at random too, from 1 to `heatThreshold`, where loops are waited for.
   */
  readonly chaos?: number | undefined;
  /** The functions of compiled instances that are interpreted, by their index. LLVM may take their place all the same. */
  readonly interpreted?: ((functionIndex: number) => boolean) | undefined;
}

/**
 * Code of LLVM has taken a function's place, or will not; or a running activation has gone on in it. Moments are in
 * milliseconds since 1970.
 */
export type TierUpEvent = {
  readonly module: Module;
  readonly functionIndex: number;
} & (
  | {
      readonly kind: 'compiled';
      /** Bytes of machine code of the function itself. */
      readonly codeBytes: number;
      /** How often it had been counted when it was taken. */
      readonly heat: number;
      /** When the runtime learned that it was hot; undefined where it was not. */
      readonly hotAt: number | undefined;
      /** When a thread took it, with others of its batch, … */
      readonly startedAt: number;
      /** … had compiled the batch, … */
      readonly compiledAt: number;
      /** … and made all calls go to the new code. */
      readonly switchedAt: number;
      /** Functions compiled together. */
      readonly batchSize: number;
      /**
       * Byte offset in the module of the loop at which the code is entered by a running function; undefined where it is
       * the function's code for all calls.
       */
      readonly loopOffset: number | undefined;
    }
  | {
      /** An activation that runs a loop is about to go on in the loop's code. What is thrown then ends it. */
      readonly kind: 'entered';
      /** Byte offset in the module of the loop. */
      readonly loopOffset: number;
      readonly enteredAt: number;
    }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      /** The loop at which the function is not entered; undefined where it is the function as a whole. */
      readonly loopOffset: number | undefined;
    }
);

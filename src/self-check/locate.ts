import { LlvmUnavailableError } from '../llvm-jit/capi/llvm-unavailable.js';
import type { RuntimeOptions } from '../runtime/runtime-options.js';
import type { Tier } from '../runtime/tiers/tier.js';
import { definedIndex } from '../wasm/module.js';
import { compareSides } from './compare.js';
import { type History, Rerun } from './rerun.js';
import type { Side } from './side.js';

/** What makes a difference. */
export type Location =
  | {
      /**
       * A function: the programs differ if the Fast JIT compiles it, and agree if it is interpreted.
       */
      readonly kind: 'function';
      readonly functionIndex: number;
      /** Where its body lies in the module: from `start` to before `end`. */
      readonly start: number;
      readonly end: number;
      /** Whether all others may be interpreted; else some must be compiled too. */
      readonly alone: boolean;
    }
  /**
   * The Fast JIT's code makes no difference, but LLVM's does where everything is compiled before the start.
   */
  | { readonly kind: 'llvm' }
  /** It is not there again: it depends on when functions are switched, and loops entered. */
  | { readonly kind: 'unknown' };

/** @internal */
export interface LocateOptions {
  readonly history: History;
  /** The tier that is checked, or compared with where that is the interpreter. */
  readonly tier: Tier;
  /** How its runtime was made. */
  readonly options: RuntimeOptions;
  /** The program as the interpreter has run it. */
  readonly interpreted: Side;
}

/** Functions in the Fast JIT's code, as it is in a tier, for ever. */
function fastJit(tier: Tier): RuntimeOptions {
  if (tier !== 'multi') return { tier: 'fast' };
  return { tier, heat: { threshold: 2 ** 32 - 1, onHot: () => {} } };
}

/**
 * Runs a program again and again, with some of its functions compiled, to find the one that makes a
 * difference. @internal
 */
export function locate({ history, tier, options, interpreted }: LocateOptions): Location {
  /** Whether there is a difference to the interpreter. */
  const differs = (varied: RuntimeOptions): boolean => {
    const { side, runtime } = again(history, { ...options, ...varied });
    try {
      return compareSides(side, interpreted).differences.length > 0;
    } finally {
      runtime.dispose();
    }
  };
  const differsWith = (compiled: ReadonlySet<number>): boolean =>
    differs({ ...fastJit(tier), tuning: { interpreted: (functionIndex) => !compiled.has(functionIndex) } });

  // Functions in the order of their first calls.
  const called = new Set<number>();
  const { findCode } = options;
  const all = differs({
    ...fastJit(tier),
    findCode: (module, functionIndex, mode, countHeat) => {
      called.add(functionIndex);
      return findCode?.(module, functionIndex, mode, countHeat);
    },
  });
  if (!all) return withoutFastJit(tier, differs);

  const functions = [...called];
  // With the first `low` functions compiled there is no difference, with the first `high` ones there is.
  let low = 0;
  let high = functions.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (differsWith(new Set(functions.slice(0, middle)))) high = middle;
    else low = middle;
  }
  const functionIndex = functions[high - 1];
  const { wasm } = interpreted.module;
  const k = definedIndex(wasm, functionIndex);
  return {
    kind: 'function',
    functionIndex,
    start: wasm.bodyStarts[k],
    end: wasm.bodyEnds[k],
    alone: high === 1 || differsWith(new Set([functionIndex])),
  };
}

function withoutFastJit(tier: Tier, differs: (options: RuntimeOptions) => boolean): Location {
  if (tier === 'fast') return { kind: 'unknown' };
  try {
    return { kind: differs({ tier: 'llvm' }) ? 'llvm' : 'unknown' };
  } catch (error) {
    if (error instanceof LlvmUnavailableError) return { kind: 'unknown' };
    throw error;
  }
}

function again(history: History, options: RuntimeOptions): Rerun {
  const rerun = new Rerun('rerun', history, options);
  rerun.run(history);
  return rerun;
}

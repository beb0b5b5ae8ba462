import type { Trap } from '../code/traps.js';
import { functionName, readNames } from '../wasm/names.js';
import type { Module } from './module.js';
import { type Backtrace, TrapError, type WasmFrame } from './trap-error.js';

/** An activation of a wasm function, and where it is. */
export interface Activation {
  readonly module: Module;
  readonly functionIndex: number;
  /** Byte offset in the module; undefined where it is not known. */
  readonly wasmOffset: number | undefined;
}

/** Frames of a backtrace that are kept at its inner and at its outer end. */
const innerFrames = 48;
const outerFrames = 16;

/** The backtrace of activations, which come innermost first. */
export function backtraceOf(activations: readonly Activation[]): Backtrace {
  const omittedCount = Math.max(0, activations.length - innerFrames - outerFrames);
  const kept =
    omittedCount === 0
      ? activations
      : [...activations.slice(0, innerFrames), ...activations.slice(-outerFrames)];
  return { frames: kept.map(frameOf), omittedCount, omittedAt: innerFrames };
}

function frameOf({ module, functionIndex, wasmOffset }: Activation): WasmFrame {
  return {
    functionIndex,
    functionName: functionName(module.wasm, functionIndex),
    moduleName: readNames(module.wasm).module,
    wasmOffset,
  };
}

/**
 * A trap on its way out through wasm frames, from machine code to interpreted code or the other way round: each adds its
 * activations. What reaches JavaScript becomes a `TrapError`: see `Store.errorOf`.
 */
export class TrapInFlight {
  readonly trap: Trap;
  readonly #activations: Activation[] = [];
  readonly #message: string | undefined;

  /** `message` is given where it is not that of the trap. */
  constructor(trap: Trap, activations: readonly Activation[], message?: string) {
    this.trap = trap;
    this.#message = message;
    this.add(activations);
  }

  /** Adds activations around those that it has passed through. */
  add(activations: readonly Activation[]): void {
    for (const activation of activations) this.#activations.push(activation);
  }

  toError(): TrapError {
    return new TrapError(this.trap, backtraceOf(this.#activations), this.#message);
  }
}

import type { Trap } from '../../code/traps.js';
import type { WasmModule } from '../../wasm/module.js';
import { functionName, readNames } from '../../wasm/names.js';
import { markUncatchable } from '../exceptions/catchable.js';
import { nameModule } from './call-site.js';
import { TrapError } from './trap-error.js';
import type { Backtrace, WasmFrame } from './wasm-frame.js';

/** An activation of a wasm function, and where it is. */
export interface Activation {
  readonly wasm: WasmModule;
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

export function frameOf({ wasm, functionIndex, wasmOffset }: Activation): WasmFrame {
  const frame = {
    functionIndex,
    functionName: functionName(wasm, functionIndex),
    moduleName: readNames(wasm).module,
    wasmOffset,
  };
  nameModule(frame, wasm.bytes);
  return frame;
}

/**
 * A trap on its way out through wasm frames, from machine code to interpreted code or the other way round:
 * each adds its activations. What reaches JavaScript becomes a `TrapError`: see `Store.errorOf`.
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
    markUncatchable(this);
  }

  /** Whatever programs throw is asked: none of their code runs, as it would in proxies. */
  static [Symbol.hasInstance](value: unknown): value is TrapInFlight {
    return typeof value === 'object' && value !== null && #activations in value;
  }

  /** Adds activations around those that it has passed through. */
  add(activations: readonly Activation[]): void {
    for (const activation of activations) this.#activations.push(activation);
  }

  toError(): TrapError {
    return new TrapError(this.trap, backtraceOf(this.#activations), this.#message);
  }
}

import type { ExecEnv } from '../../native/entry/exec-env.js';
import { frame } from '../../x64/frame-layout.js';
import type { CodeMap, Unwinding } from '../traps/code-map.js';
import type { Exceptions } from './exceptions.js';
import type { Exn } from './exn.js';
import { callField, KnownCalls } from './known-calls.js';

/** What unwinding needs of the store. */
export interface UnwindingStore {
  readonly exceptions: Exceptions;
  readonly codeMap: CodeMap;
  /** Reads what other threads tell of their code. */
  readonly tiers: { drain(): void };
}

/** Bits of each field of `CodeObject.saved`. */
const savedBits = 6;
const savedMask = 63;
const wordsPerSlot = 2;
const wordSize = 2 ** 32;

/** Code that is none of a module's: of a stub, or of others. It keeps its caller's registers as they are. */
const noModule: Unwinding = { saved: 0, pad: -1, adjust: 0 };

/**
 * Finds where wasm code goes on with an exception that a function of the host has thrown to it. The frames of
 * wasm code from there outwards to the entry are looked through for a call with a pad. If there is one, the
 * frames within it are dropped: the stub that has called the function gives the registers back that they have
 * saved, and jumps to the pad.
 */
export class Unwinder {
  readonly #store: UnwindingStore;
  readonly #env: ExecEnv;
  /** What is known of calls; of code that was there at `#version`. */
  readonly #calls = new KnownCalls();
  #version = -1;

  constructor(store: UnwindingStore, env: ExecEnv) {
    this.#store = store;
    this.#env = env;
  }

  /** The same with an exception. After an exhausted search the caller is to throw it. */
  raise(exn: Exn): boolean {
    const { codeMap, exceptions } = this.#store;
    const { unwinding, u32 } = this.#env;
    if (this.#version !== codeMap.version) this.#calls.clear();
    this.#version = codeMap.version;
    const { saved } = unwinding;
    saved.fill(0);
    for (let fp = unwinding.innermost; ; ) {
      const caller = unwinding.callerOf(fp);
      // The frame of the entry has no caller. Frames lie one above the other: anything else is no chain.
      if (caller <= fp || unwinding.callerOf(caller) < 0) return false;
      const call = this.#callOf(fp);
      const { words } = this.#calls;
      const padLow = words[call + callField.padLow];
      const padHigh = words[call + callField.padHigh];
      if ((padLow | padHigh) !== 0) {
        const tag = exceptions.tagAddress(exn);
        if (tag !== 0) exceptions.write(exn, u32, 0);
        const sp = fp + (frame.stackArguments + words[call + callField.adjust]) / 4;
        unwinding.resume(padLow, padHigh, sp, caller, exceptions.table.handleOf(exn), tag);
        return true;
      }
      let fields = words[call + callField.saved];
      for (let k = 0; fields !== 0; k++, fields >>= savedBits) {
        const place = fields & savedMask;
        if (place !== 0) saved[k] = caller - wordsPerSlot * place;
      }
      fp = caller;
    }
  }

  /** Whether wasm code goes on with what a function of the host has thrown: then nothing is to be thrown. */
  handle(thrown: unknown): boolean {
    const exn = this.#store.exceptions.catchable(thrown);
    return exn !== undefined && this.raise(exn);
  }

  /** Entry in `#calls` of the call that a frame returns to. */
  #callOf(fp: number): number {
    const { words } = this.#env.unwinding;
    const at = fp + frame.returnAddress / 4;
    const low = words[at];
    const high = words[at + 1];
    const known = this.#calls.find(low, high);
    if (known >= 0) return known;
    const { codeMap, tiers } = this.#store;
    tiers.drain();
    const call = codeMap.unwindAt((high >>> 0) * wordSize + (low >>> 0)) ?? noModule;
    return this.#calls.add(low, high, call);
  }
}

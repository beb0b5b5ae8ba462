import type { ExecEnv } from '../../native/entry/exec-env.js';
import type { Resumption } from '../../native/entry/unwinding.js';
import type { Address } from '../../native/ffi/ffi.js';
import { calleeSaved } from '../../x64/abi.js';
import { frame } from '../../x64/frame-layout.js';
import type { CodeMap, Unwinding } from '../traps/code-map.js';
import type { Exceptions } from './exceptions.js';
import type { Exn } from './exn.js';

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
const slotSize = 8;

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
  /** What is known of calls, by return address; of code that was there at `#version`. */
  readonly #calls = new Map<Address, Unwinding>();
  #version = -1;
  /** Where the registers' values lie: see `Resumption`. */
  readonly #saved = new Float64Array(calleeSaved.length);

  constructor(store: UnwindingStore, env: ExecEnv) {
    this.#store = store;
    this.#env = env;
  }

  /** The same with an exception. After an exhausted search the caller is to throw it. */
  raise(exn: Exn): boolean {
    const resumption = this.#findPad();
    if (resumption === undefined) return false;
    this.#deliver(exn, resumption);
    return true;
  }

  /** Whether wasm code goes on with what a function of the host has thrown: then nothing is to be thrown. */
  handle(thrown: unknown): boolean {
    const { exceptions } = this.#store;
    const exn = exceptions.catchable(thrown);
    return exn !== undefined && this.raise(exn);
  }

  #deliver(exn: Exn, resumption: Resumption): void {
    const { exceptions } = this.#store;
    const { u32, unwinding } = this.#env;
    const tag = exceptions.tagAddress(exn);
    if (tag !== 0) exceptions.write(exn, u32, 0);
    unwinding.resume(resumption, exceptions.table.handleOf(exn), tag);
  }

  #findPad(): Resumption | undefined {
    const { unwinding } = this.#env;
    const saved = this.#saved;
    saved.fill(0);
    for (let fp = unwinding.innermost; ; ) {
      const caller = unwinding.callerOf(fp);
      // The frame of the entry has no caller. Frames lie one above the other: anything else is no chain.
      if (caller <= fp || unwinding.callerOf(caller) === 0) return undefined;
      const call = this.#callAt(unwinding.returnAddressOf(fp));
      if (call.pad >= 0) {
        return { pc: call.pad, sp: fp + frame.stackArguments + call.adjust, fp: caller, saved };
      }
      let fields = call.saved;
      for (let k = 0; fields !== 0; k++, fields >>= savedBits) {
        const place = fields & savedMask;
        if (place !== 0) saved[k] = caller - slotSize * place;
      }
      fp = caller;
    }
  }

  #callAt(returnAddress: Address): Unwinding {
    const { codeMap, tiers } = this.#store;
    if (this.#version !== codeMap.version) this.#calls.clear();
    this.#version = codeMap.version;
    let call = this.#calls.get(returnAddress);
    if (call === undefined) {
      tiers.drain();
      call = codeMap.unwindAt(returnAddress) ?? noModule;
      this.#calls.set(returnAddress, call);
    }
    return call;
  }
}

import type { HostFunction } from '../runtime/calls/callable.js';
import type { Instance } from '../runtime/instances/instance.js';
import type { Imports } from '../runtime/instances/linking.js';
import type { Module } from '../runtime/modules/module.js';
import type { Wasi } from '../wasi/wasi.js';
import { functionType } from '../wasm/module.js';
import { CallLog } from './call-log.js';
import { type Event, endOf } from './events.js';
import { type HostCall, type HostValue, mapFunctions } from './imports.js';
import type { Host } from './side.js';

/**
 * A stretch of memory, from `start` to before `end`; its content before the call is in the log, from word
 * `at` on.
 */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly at: number;
}

/** The host of the program that is checked: does what the program asks for, and notes everything about it. */
export class Recorder implements Host {
  readonly log = new CallLog();
  readonly imports: Imports;
  /** Number of calls. */
  callCount = 0;
  #memory: Uint8Array = new Uint8Array(0);
  /** What the running call has touched. */
  readonly #touched: Stretch[] = [];

  /** @throws LinkError as `Wasi.imports` does */
  constructor(module: Module, wasi: Wasi) {
    const bind = (instance: Instance): void => wasi.bind(instance);
    this.imports = mapFunctions(module, wasi.imports(module), bind, (functionIndex, host) => {
      const { results } = functionType(module.wasm, functionIndex);
      return this.#recorded(functionIndex, results.length, host as HostCall);
    });
    wasi.onTouch = (bytes, pointer, length) => {
      this.#memory = bytes;
      this.#touch(pointer, pointer + length, 0);
    };
  }

  eventOf(error: unknown): Event {
    return endOf(error);
  }

  #recorded(functionIndex: number, resultCount: number, host: HostCall): HostFunction {
    const { log } = this;
    return (...args: HostValue[]) => {
      this.callCount++;
      this.#touched.length = 0;
      log.add(functionIndex);
      for (const value of args) {
        if (typeof value === 'bigint') log.addI64(value);
        else log.add(value);
      }
      try {
        const result = host(...args);
        this.#endTouched();
        log.add(0);
        if (resultCount > 0) log.add(result);
        return result;
      } catch (error) {
        this.#endTouched();
        log.add(1);
        log.add(log.thrown.push(error) - 1);
        throw error;
      }
    };
  }

  /** Notes what is in a stretch, without what has been noted already: that may have been changed since. */
  #touch(start: number, end: number, from: number): void {
    for (let k = from; k < this.#touched.length; k++) {
      const known = this.#touched[k];
      if (known.end <= start || known.start >= end) continue;
      if (start < known.start) this.#touch(start, known.start, k + 1);
      if (known.end < end) this.#touch(known.end, end, k + 1);
      return;
    }
    if (start === end) return;
    const { log } = this;
    log.add(start);
    log.add(end - start);
    this.#touched.push({ start, end, at: log.length });
    log.addBytes(this.#memory.subarray(start, end));
  }

  /** Notes what the call has changed. */
  #endTouched(): void {
    const { log } = this;
    // The length of no stretch.
    log.add(0);
    log.add(0);
    for (const { start, end, at } of this.#touched) {
      const content = this.#memory.subarray(start, end);
      const changed = Buffer.compare(content, log.bytes(at, end - start)) !== 0;
      log.add(changed ? 1 : 0);
      if (changed) log.addBytes(content);
    }
  }
}

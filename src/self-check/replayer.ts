import { TrapSignal } from '../code/trap-signal.js';
import { Trap } from '../code/traps.js';
import type { HostFunction } from '../runtime/calls/callable.js';
import type { Instance } from '../runtime/instances/instance.js';
import type { Imports } from '../runtime/instances/linking.js';
import type { Module } from '../runtime/modules/module.js';
import type { Memory } from '../runtime/objects/memory.js';
import { memoryOf, type Wasi } from '../wasi/wasi.js';
import { functionType } from '../wasm/module.js';
import { ValType } from '../wasm/types.js';
import { type BytesDifference, compareBytes } from './bytes.js';
import { type CallLog, LogReader } from './call-log.js';
import { type Event, endOf, type ImportCall } from './events.js';
import { type HostValue, mapFunctions } from './imports.js';
import type { Host } from './side.js';

/** Where a program did something else than the log says. */
export interface Departure {
  /** What it did, … */
  readonly call: ImportCall;
  /** … and what it was to do; undefined where the log has no more calls. */
  readonly expected: ImportCall | undefined;
  /** The bytes that differ, where it is the same call, but what the host has read is not. */
  readonly bytes: BytesDifference | undefined;
}

/**
 * A host that does nothing itself: it answers calls as the log says, writes to the memory what the host
 * wrote, and stops the program where it calls anything else, or has something else where the host has read.
 * It stops it by a trap, whose backtrace says where the call came from.
 */
export class Replayer implements Host {
  readonly imports: Imports;
  /** Number of calls answered. */
  callCount = 0;
  /** NaNs among what the host has read that are the same but for their sign. */
  nanSigns = 0;
  departure: Departure | undefined;
  #memory: Memory | undefined;
  readonly #module: Module;
  readonly #reader: LogReader;
  /** Word of the log at which the step ends. */
  #stepEnd = 0;
  readonly #stopBefore: number;

  /** @param stopBefore number of the call at which the program is stopped in any case */
  constructor(module: Module, wasi: Wasi, log: CallLog, stopBefore = Number.POSITIVE_INFINITY) {
    this.#module = module;
    this.#reader = new LogReader(log);
    this.#stopBefore = stopBefore;
    const bind = (instance: Instance): void => {
      this.#memory = memoryOf(instance);
    };
    this.imports = mapFunctions(module, wasi.imports(module), bind, (functionIndex) => {
      return this.#replayed(functionIndex);
    });
  }

  /** Goes on with a step, whose calls end at a word of the log. */
  begin(stepEnd: number): void {
    this.#stepEnd = stepEnd;
  }

  eventOf(error: unknown): Event {
    const end = endOf(error);
    if (this.departure === undefined || end.kind !== 'trapped') return end;
    return { ...this.departure.call, place: end.error.frames[0] };
  }

  /** The next call of this step in the log; undefined after the last. */
  expected(): ImportCall | undefined {
    const reader = new LogReader(this.#reader.log);
    reader.at = this.#reader.at;
    return reader.at < this.#stepEnd ? this.#readCall(reader) : undefined;
  }

  #readCall(reader: LogReader): ImportCall {
    const functionIndex = reader.next();
    const { params } = functionType(this.#module.wasm, functionIndex);
    const args = params.map((type) => (type === ValType.i64 ? reader.nextI64() : reader.next()));
    return { kind: 'call', number: this.callCount, functionIndex, args, place: undefined };
  }

  #replayed(functionIndex: number): HostFunction {
    const reader = this.#reader;
    const { results } = functionType(this.#module.wasm, functionIndex);
    const resultCount = results.length;
    return (...args: HostValue[]) => {
      const expected = reader.at < this.#stepEnd ? this.#readCall(reader) : undefined;
      const isSame =
        expected !== undefined &&
        expected.functionIndex === functionIndex &&
        expected.args.every((value, k) => value === args[k]);
      if (!isSame || this.callCount === this.#stopBefore) this.#depart(functionIndex, args, expected);
      this.#replayMemory(functionIndex, args, expected);
      this.callCount++;
      const hasThrown = reader.next() === 1;
      if (hasThrown) throw reader.log.thrown[reader.next()];
      return resultCount > 0 ? reader.next() : undefined;
    };
  }

  #replayMemory(functionIndex: number, args: readonly HostValue[], expected: ImportCall | undefined): void {
    const reader = this.#reader;
    const touched: Uint8Array[] = [];
    for (;;) {
      const start = reader.next() >>> 0;
      const length = reader.next() >>> 0;
      if (length === 0) break;
      const before = reader.nextBytes(length);
      const content = this.#bytes(start, length);
      const { difference, nanSigns } = compareBytes(before, content, start);
      if (difference !== undefined) this.#depart(functionIndex, args, expected, difference);
      this.nanSigns += nanSigns;
      touched.push(content);
    }
    for (const content of touched) if (reader.next() === 1) content.set(reader.nextBytes(content.length));
  }

  /** Bytes of the program's memory, with zeros after its end. */
  #bytes(start: number, length: number): Uint8Array {
    const bytes = this.#memory?.access.bytes ?? new Uint8Array(0);
    if (start + length <= bytes.length) return bytes.subarray(start, start + length);
    const copy = new Uint8Array(length);
    copy.set(bytes.subarray(start));
    return copy;
  }

  #depart(
    functionIndex: number,
    args: readonly HostValue[],
    expected: ImportCall | undefined,
    bytes?: BytesDifference,
  ): never {
    const call: ImportCall = { kind: 'call', number: this.callCount, functionIndex, args, place: undefined };
    this.departure = { call, expected, bytes };
    throw new TrapSignal(Trap.unreachable);
  }
}

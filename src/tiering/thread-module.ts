import { type InstanceLayout, layoutInstance } from '../layout/instance-layout.js';
import { functionRecord } from '../layout/structs.js';
import type { CodeRegion, CodeSpace } from '../native/code/code-region.js';
import type { Address } from '../native/ffi/ffi.js';
import { view } from '../native/node-api/views.js';
import { decodeModule } from '../wasm/decode.js';
import { definedIndex, type WasmModule } from '../wasm/module.js';
import type { HotFunction } from './batches.js';
import { DirectCalls } from './direct-calls.js';
import { FunctionState, type HotLoop, type SharedModule } from './protocol.js';

/**
 * A thread's view of an instance's native memory. Use it only under the lock, while the instance is known to
 * live.
 */
export interface InstanceView {
  /** Function records, 8 bytes an element. */
  readonly records: BigInt64Array;
  /** Counters, one a defined function. */
  readonly heat: Int32Array;
}

/** What a thread has read of a module. */
interface OpenModule {
  readonly wasm: WasmModule;
  readonly layout: InstanceLayout;
  readonly calls: DirectCalls;
  /** Bytes of all function bodies. */
  readonly bodyBytes: number;
}

/** A module as a backend thread sees it. It is open once its bytes have been read. */
export class ThreadModule {
  readonly id: number;
  readonly shared: SharedModule;
  readonly states: Uint8Array;
  readonly space: CodeSpace;
  readonly #loopClaims: Uint8Array;
  readonly #loopTimes: Float64Array;
  /** Loops that wait to be compiled, oldest first. */
  readonly loops: HotLoop[] = [];
  readonly #instances = new Map<Address, InstanceView | undefined>();
  #open: OpenModule | undefined;

  constructor(shared: SharedModule, region: CodeRegion) {
    this.id = shared.id;
    this.shared = shared;
    this.states = new Uint8Array(shared.states);
    this.#loopClaims = new Uint8Array(shared.loopClaims);
    this.#loopTimes = new Float64Array(shared.loopTimes);
    this.space = region.newSpace();
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Reads the module. That takes a while, so do not call it under the lock. */
  open(): void {
    if (this.#open !== undefined) return;
    const { bytes, checkedBodies } = this.shared;
    const wasm: WasmModule = { ...decodeModule(new Uint8Array(bytes)), checkedBodies };
    const layout = layoutInstance(wasm);
    const { bodyStarts, bodyEnds } = wasm;
    const bodyBytes = bodyStarts.reduce((sum, start, k) => sum + bodyEnds[k] - start, 0);
    this.#open = { wasm, layout, bodyBytes, calls: new DirectCalls(wasm, layout) };
  }

  get wasm(): WasmModule {
    return this.#opened.wasm;
  }

  get layout(): InstanceLayout {
    return this.#opened.layout;
  }

  get calls(): DirectCalls {
    return this.#opened.calls;
  }

  get bodyBytes(): number {
    return this.#opened.bodyBytes;
  }

  get #opened(): OpenModule {
    if (this.#open === undefined) throw new Error('internal error: the module is not open');
    return this.#open;
  }

  /** The instances that are alive, if the lock is held and all messages have been read. */
  get instances(): InstanceView[] {
    const views: InstanceView[] = [];
    for (const [address, known] of this.#instances) {
      const instance = known ?? this.#view(address);
      if (known === undefined) this.#instances.set(address, instance);
      views.push(instance);
    }
    return views;
  }

  addInstance(address: Address): void {
    this.#instances.set(address, undefined);
  }

  #view(address: Address): InstanceView {
    const { layout, states, wasm } = this;
    const first = wasm.importedFunctionCount;
    const records = view(address + layout.function(first), states.length * functionRecord.size);
    const heat = view(address + layout.heat(first), Int32Array.BYTES_PER_ELEMENT * states.length);
    return { records: new BigInt64Array(records), heat: new Int32Array(heat) };
  }

  dropInstance(address: Address): void {
    this.#instances.delete(address);
  }

  /** Claims a function that is in one of two states; false if somebody else has. */
  claim(functionIndex: number, from: number): boolean {
    const at = definedIndex(this.wasm, functionIndex);
    return Atomics.compareExchange(this.states, at, from, FunctionState.claimed) === from;
  }

  setState(functionIndex: number, state: number): void {
    Atomics.store(this.states, definedIndex(this.wasm, functionIndex), state);
  }

  /** Functions in a state, hottest first. */
  functionsIn(state: number): HotFunction[] {
    const { states } = this;
    const found: HotFunction[] = [];
    for (let k = states.indexOf(state); k >= 0; k = states.indexOf(state, k + 1)) {
      const index = this.wasm.importedFunctionCount + k;
      found.push({ index, heat: this.heatOf(index) });
    }
    return found.sort((a, b) => b.heat - a.heat);
  }

  /**
   * How often a function has been counted in all instances since it was last found hot; at least the
   * threshold if it ever was.
   */
  heatOf(functionIndex: number): number {
    const k = definedIndex(this.wasm, functionIndex);
    const { heatThreshold } = this.shared;
    let heat = this.states[k] === FunctionState.cold ? 0 : heatThreshold;
    for (const instance of this.instances) heat += Math.max(0, heatThreshold - instance.heat[k]);
    return heat;
  }

  /** Whether a loop is waiting that has been seen running since a time. */
  hasLoop(since: number): boolean {
    return this.loops.some(({ id }) => this.#loopTimes[id] >= since && this.#loopClaims[id] === 0);
  }

  /**
   * Takes the oldest loop that nobody else has taken, of those that have been seen running since a time. The
   * others stay: they may run again.
   */
  claimLoop(since: number): HotLoop | undefined {
    for (let k = 0; k < this.loops.length; ) {
      const loop = this.loops[k];
      if (Atomics.load(this.#loopClaims, loop.id) === 0 && this.#loopTimes[loop.id] < since) {
        k++;
        continue;
      }
      this.loops.splice(k, 1);
      if (Atomics.exchange(this.#loopClaims, loop.id, 1) === 0) return loop;
    }
    return undefined;
  }

  /** Makes all calls of a function go to an address: one 8-byte store an instance. */
  publish(functionIndex: number, code: Address): void {
    for (const instance of this.instances) this.exchange(instance, functionIndex, BigInt(code));
  }

  /** Makes all calls of a function of one instance go to an address. Returns where they went before. */
  exchange({ records }: InstanceView, functionIndex: number, code: bigint): bigint {
    return Atomics.exchange(records, this.#codeElement(functionIndex), code);
  }

  /** Element of a function's code address in `records`. */
  #codeElement(functionIndex: number): number {
    const k = definedIndex(this.wasm, functionIndex);
    return (k * functionRecord.size + functionRecord.offsets.code) / BigInt64Array.BYTES_PER_ELEMENT;
  }
}

import { readFileSync } from 'node:fs';
import type { MemoryMode } from '../../code/code-object.js';
import { maxWasmPages, wasmPageSize } from '../../wasm/limits.js';
import type { Address } from '../ffi/ffi.js';
import { ArrayBufferMemory } from './array-buffer-memory.js';
import { baseOf, type LinearMemory, type LinearMemoryOptions } from './linear-memory.js';

/**
 * WebAssembly.Memory. V8 reserves address space for it as we do for guarded ones: there are some 13,000 at
 * most.
 */
interface Underlying {
  readonly buffer: ArrayBuffer;
  grow(delta: number): number;
}

interface V8WebAssembly {
  readonly Memory: new (limits: { initial: number; maximum: number }) => Underlying;
}

/** Nothing of it is there when V8 runs without making machine code (`--jitless`). */
const webAssembly = Reflect.get(globalThis, 'WebAssembly') as V8WebAssembly | undefined;

/**
 * V8 has refused to make a memory, after collecting all garbage several times; no other one has been disposed
 * of since.
 */
let isExhausted = false;

/** Address space from the start of a guarded memory that V8 keeps free of anything else. */
const guardedReservation = 2 ** 33;

let knownMode: MemoryMode | undefined;

/**
 * Whether V8 guards its memories as machine code wants it: so that each 32-bit index plus 32-bit offset that
 * is out of bounds faults. It does on 64-bit systems, unless it has been told not to
 * (`--disable-wasm-trap-handler`) or has no room for it.
 */
function modeOfV8(base: Address, byteLength: number): MemoryMode {
  knownMode ??= isReserved(base + byteLength, base + guardedReservation) ? 'guarded' : 'checked';
  return knownMode;
}

/** Whether a range of addresses is mapped, and may not be accessed. */
function isReserved(start: Address, end: Address): boolean {
  let reservedTo = start;
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const [, from, to, access] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
    if (from === undefined || Number.parseInt(to, 16) <= reservedTo) continue;
    if (Number.parseInt(from, 16) > reservedTo || !access.startsWith('---')) return false;
    reservedTo = Number.parseInt(to, 16);
    if (reservedTo >= end) return true;
  }
  return false;
}

export interface V8MemoryOptions extends LinearMemoryOptions {
  /** `guarded`: machine code may rely on V8's guard pages, where there are any. Default: checked. */
  readonly mode?: MemoryMode | undefined;
}

/**
 * A memory whose bytes belong to V8: to have one takes no machine code, and no FFI. It is as a memory of V8's
 * own engine: V8 detaches its buffers, and nobody else can; where there can be none, it is an
 * `ArrayBufferMemory`.
 */
export class V8Memory implements LinearMemory {
  readonly mode: MemoryMode;
  readonly #underlying: Underlying;
  /** Asking V8 for it takes a while. */
  #buffer: ArrayBuffer;
  #pageCount: number;
  #disposed = false;

  /** Throws a RangeError where not even the initial size can be had. */
  static create(options: V8MemoryOptions): V8Memory | ArrayBufferMemory {
    const { minPages, maxPages = maxWasmPages, mode = 'checked' } = options;
    if (webAssembly === undefined || isExhausted) return new ArrayBufferMemory(options);
    let underlying: Underlying;
    try {
      underlying = new webAssembly.Memory({ initial: minPages, maximum: Math.min(maxPages, maxWasmPages) });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      isExhausted = true;
      return new ArrayBufferMemory(options);
    }
    return new V8Memory(underlying, minPages, mode);
  }

  /**
   * A memory of V8's that exists already, of 32-bit addresses, and that code of V8's may use, too: see
   * `follow`.
   */
  static adopt(underlying: object, mode: MemoryMode): V8Memory {
    const memory = underlying as Underlying;
    return new V8Memory(memory, memory.buffer.byteLength / wasmPageSize, mode, true);
  }

  private constructor(underlying: Underlying, pageCount: number, mode: MemoryMode, isAdopted = false) {
    this.#underlying = underlying;
    this.#buffer = underlying.buffer;
    this.#pageCount = pageCount;
    // Others may have been made when there was no address space left.
    if (isAdopted) knownMode = undefined;
    this.mode = mode === 'checked' ? mode : modeOfV8(this.base, this.byteLength);
    if (isAdopted) knownMode = undefined;
  }

  /** The WebAssembly.Memory. */
  get underlying(): object {
    return this.#underlying;
  }

  get base(): Address {
    return baseOf(this.buffer);
  }

  get pageCount(): number {
    return this.#pageCount;
  }

  get byteLength(): number {
    return this.#pageCount * wasmPageSize;
  }

  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  grow(delta: number): number {
    if (this.#disposed) return -1;
    try {
      const previous = this.#underlying.grow(delta);
      this.#buffer = this.#underlying.buffer;
      // Not by the old one: V8's code may have grown it meanwhile.
      this.#pageCount = previous + delta;
      return previous;
    } catch (error) {
      if (error instanceof RangeError) return -1;
      throw error;
    }
  }

  /** Whether V8's code has grown it: then it has other bytes now. */
  follow(): boolean {
    if (this.#disposed) return false;
    const { buffer } = this.#underlying;
    if (buffer === this.#buffer) return false;
    this.#buffer = buffer;
    this.#pageCount = buffer.byteLength / wasmPageSize;
    return true;
  }

  /** Gives the memory up, but not its buffer: V8 collects both when nobody has the buffer any more. */
  abandon(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    isExhausted = false;
  }

  dispose(): void {
    if (this.#disposed) return;
    // Which detaches the buffer.
    this.#underlying.grow(0);
    this.#buffer = noBytes;
    this.#disposed = true;
    this.#pageCount = 0;
    isExhausted = false;
  }
}

const noBytes = new ArrayBuffer(0);

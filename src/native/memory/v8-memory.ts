import { readFileSync } from 'node:fs';
import type { MemoryMode } from '../../code/code-object.js';
import { maxApiWidePages, maxWasmPages, wasmPageSize } from '../../wasm/limits.js';
import type { Address } from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import { ArrayBufferMemory } from './array-buffer-memory.js';
import { baseOf, type LinearMemory, type LinearMemoryOptions } from './linear-memory.js';

/**
 * WebAssembly.Memory. V8 reserves address space for it as we do for guarded ones: there are some 13,000 at
 * most.
 */
interface Underlying<Size> {
  readonly buffer: ArrayBuffer;
  grow(delta: Size): Size;
}

/** One whose addresses have 32 bits, or 64. */
type AnyUnderlying =
  | { readonly isBig: false; readonly memory: Underlying<number> }
  | { readonly isBig: true; readonly memory: Underlying<bigint> };

interface Descriptor<Size> {
  readonly initial: Size;
  readonly maximum: Size;
  readonly address?: 'i64';
}

interface V8WebAssembly {
  readonly Memory: {
    new (descriptor: Descriptor<number>): Underlying<number>;
    new (descriptor: Descriptor<bigint>): Underlying<bigint>;
  };
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

/** Whether V8 has memories with 64-bit addresses, as it has from Node 24 on. */
export const hasWide = lazy((): boolean => {
  try {
    if (webAssembly === undefined) return false;
    return new webAssembly.Memory({ initial: 0n, maximum: 0n, address: 'i64' }).grow(0n) === 0n;
  } catch {
    return false;
  }
});

/**
 * Makes a memory of V8's; undefined where it has none of that kind. Where V8 knows no 64-bit addresses, a
 * memory that stays small can be one with 32-bit addresses just as well.
 */
function newUnderlying(
  Memory: V8WebAssembly['Memory'],
  { minPages, maxPages = maxWasmPages, isWide = false }: LinearMemoryOptions,
): AnyUnderlying | undefined {
  if (isWide && hasWide()) {
    const maximum = BigInt(Math.min(maxPages, maxApiWidePages));
    return { isBig: true, memory: new Memory({ initial: BigInt(minPages), maximum, address: 'i64' }) };
  }
  if (isWide && maxPages > maxWasmPages) return undefined;
  const limits = { initial: minPages, maximum: Math.min(maxPages, maxWasmPages) };
  return { isBig: false, memory: new Memory(limits) };
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
  readonly #underlying: AnyUnderlying;
  /** Asking V8 for it takes a while. */
  #buffer: ArrayBuffer;
  #pageCount: number;
  #disposed = false;

  /** Throws a RangeError where not even the initial size can be had. */
  static create(options: V8MemoryOptions): V8Memory | ArrayBufferMemory {
    const { minPages, mode = 'checked', isWide = false } = options;
    if (webAssembly === undefined || isExhausted) return new ArrayBufferMemory(options);
    let underlying: AnyUnderlying | undefined;
    try {
      underlying = newUnderlying(webAssembly.Memory, options);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      if (!isWide) isExhausted = true;
    }
    if (underlying === undefined) return new ArrayBufferMemory(options);
    return new V8Memory(underlying, minPages, isWide ? 'checked' : mode);
  }

  /**
   * A memory of V8's that exists already, of 32-bit addresses, and that code of V8's may use, too: see
   * `follow`.
   */
  static adopt(underlying: object, mode: MemoryMode): V8Memory {
    const memory = underlying as Underlying<number>;
    return new V8Memory({ isBig: false, memory }, memory.buffer.byteLength / wasmPageSize, mode, true);
  }

  private constructor(underlying: AnyUnderlying, pageCount: number, mode: MemoryMode, isAdopted = false) {
    this.#underlying = underlying;
    this.#buffer = underlying.memory.buffer;
    this.#pageCount = pageCount;
    // Others may have been made when there was no address space left.
    if (isAdopted) knownMode = undefined;
    this.mode = mode === 'checked' ? mode : modeOfV8(this.base, this.byteLength);
    if (isAdopted) knownMode = undefined;
  }

  /** The WebAssembly.Memory. */
  get underlying(): object {
    return this.#underlying.memory;
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

  bytes(offset: number, byteLength: number): Uint8Array {
    return new Uint8Array(this.#buffer, offset, byteLength);
  }

  grow(delta: number): number {
    if (this.#disposed) return -1;
    try {
      const previous = this.#growBy(delta);
      this.#buffer = this.#underlying.memory.buffer;
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
    const { buffer } = this.#underlying.memory;
    if (buffer === this.#buffer) return false;
    this.#buffer = buffer;
    this.#pageCount = buffer.byteLength / wasmPageSize;
    return true;
  }

  #growBy(delta: number): number {
    const { isBig, memory } = this.#underlying;
    return isBig ? Number(memory.grow(BigInt(delta))) : memory.grow(delta);
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
    this.#growBy(0);
    this.#buffer = noBytes;
    this.#disposed = true;
    this.#pageCount = 0;
    isExhausted = false;
  }
}

const noBytes = new ArrayBuffer(0);

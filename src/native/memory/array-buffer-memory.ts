import { maxWasmPages, wasmPageSize } from '../../wasm/limits.js';
import type { Address } from '../ffi/ffi.js';
import { baseOf, type LinearMemory, type LinearMemoryOptions } from './linear-memory.js';

/**
 * A checked memory that is an ordinary ArrayBuffer, copied when it grows. Whoever transfers the
 * buffer, as by `structuredClone`, leaves zeros: so machine code must not use it.
 */
export class ArrayBufferMemory implements LinearMemory {
  readonly mode = 'checked';
  readonly maxPages: number;
  #buffer: ArrayBuffer;
  #pageCount: number;
  #disposed = false;

  /** Throws a RangeError where the initial size cannot be had. */
  constructor({ minPages, maxPages = maxWasmPages, isWide = false }: LinearMemoryOptions) {
    this.maxPages = isWide ? maxPages : Math.min(maxPages, maxWasmPages);
    const buffer = tryAllocate(minPages);
    if (buffer === undefined) throw new RangeError(`no memory is left for ${minPages} pages of 64 KiB`);
    this.#buffer = buffer;
    this.#pageCount = minPages;
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
    if (this.#buffer.byteLength < this.byteLength) this.#buffer = new ArrayBuffer(this.byteLength);
    return this.#buffer;
  }

  bytes(offset: number, byteLength: number): Uint8Array {
    return new Uint8Array(this.buffer, offset, byteLength);
  }

  grow(delta: number): number {
    const previous = this.#pageCount;
    const pageCount = previous + delta;
    if (this.#disposed || pageCount > this.maxPages) return -1;
    const { buffer } = this;
    if (delta === 0) {
      this.#buffer = taken(buffer);
      return previous;
    }
    const grown = tryAllocate(pageCount);
    if (grown === undefined) return -1;
    // An array of bytes may have too many elements.
    new BigUint64Array(grown).set(new BigUint64Array(buffer));
    taken(buffer);
    this.#buffer = grown;
    this.#pageCount = pageCount;
    return previous;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    taken(this.buffer);
    this.#pageCount = 0;
    this.#buffer = noBytes;
  }
}

const noBytes = new ArrayBuffer(0);

/** The bytes in a new buffer; the old one is detached. */
function taken(buffer: ArrayBuffer): ArrayBuffer {
  return structuredClone(buffer, { transfer: [buffer] });
}

function tryAllocate(pageCount: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(pageCount * wasmPageSize);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

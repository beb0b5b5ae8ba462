import type { MemoryMode } from '../../code/code-object.js';
import { maxWasmPages, wasmPageSize } from '../../wasm/limits.js';
import type { Address } from '../ffi/ffi.js';
import { detach } from '../node-api/detach.js';
import { view } from '../node-api/views.js';
import { allocate, NativeError, pageSize, reallocate, release } from '../process/pages.js';
import { disown, own, ResourceKind, reown } from '../process/thread-resources.js';
import { GuardedSpace } from './guarded-space.js';
import { copyBytes, type LinearMemory, type LinearMemoryOptions, longestBytes } from './linear-memory.js';
import type { MemoryImage } from './memory-image.js';
import type { MemoryPool } from './memory-pool.js';

export interface MappedMemoryOptions extends LinearMemoryOptions {
  /** `checked` asks for a memory without a guarded reservation. Default: guarded where it can be had. */
  readonly mode?: MemoryMode | undefined;
  /** What a guarded memory begins with; in a checked one all is zero. It lies within `minPages`. */
  readonly image?: MemoryImage | undefined;
  /** Where the address space of a guarded memory comes from, if there is some, and goes. */
  readonly pool?: MemoryPool | undefined;
}

/**
 * A memory that we map ourselves, for machine code.
 *
 * Guarded: byte 0 lies at the start of a reservation of over 8 GiB, which nothing else uses; each index +
 * offset that is out of bounds faults. `base` never changes. Checked: just the bytes; machine code must
 * compare, and `base` may change on `grow`. A guarded memory for which there is too little address space
 * becomes a checked one: see `mode`. One with 64-bit addresses always is one.
 */
export class MappedMemory implements LinearMemory {
  readonly mode: MemoryMode;
  readonly maxPages: number;
  #base: Address;
  #pageCount: number;
  #buffer: ArrayBuffer | undefined;
  /** Of a guarded memory. */
  readonly #space: GuardedSpace | undefined;
  readonly #pool: MemoryPool | undefined;
  /** Of a checked memory: its number among the thread's resources. */
  readonly #owned: number;
  /** Somebody holds the bytes through a buffer that we cannot detach: they must stay mapped. */
  #taken = false;
  #disposed = false;

  /** Throws a NativeError where not even the initial size can be had. */
  static create(options: MappedMemoryOptions): MappedMemory {
    return new MappedMemory(options);
  }

  private constructor(options: MappedMemoryOptions) {
    const { minPages, maxPages = maxWasmPages, isWide = false, mode = 'guarded', pool } = options;
    this.maxPages = isWide ? maxPages : Math.min(maxPages, maxWasmPages);
    this.#pageCount = minPages;
    this.#pool = pool;
    this.#space = mode === 'guarded' && !isWide ? tryMakeSpace(options) : undefined;
    this.mode = this.#space === undefined ? 'checked' : 'guarded';
    if (this.#space === undefined) {
      const length = checkedLength(this.byteLength);
      this.#base = allocate(length);
      this.#owned = own(ResourceKind.mapping, this.#base, length);
    } else {
      this.#base = this.#space.base;
      this.#owned = -1;
    }
  }

  /** What it began with. */
  get image(): MemoryImage | undefined {
    return this.#space?.image;
  }

  get base(): Address {
    return this.#base;
  }

  get pageCount(): number {
    return this.#pageCount;
  }

  get byteLength(): number {
    return this.#pageCount * wasmPageSize;
  }

  /**
   * As `LinearMemory` says. Bytes that `ArrayBuffer.prototype.transfer` has moved to another buffer stay
   * mapped for ever.
   */
  get buffer(): ArrayBuffer {
    if (this.#buffer && this.#wasTaken(this.#buffer)) this.#buffer = undefined;
    this.#buffer ??= view(this.#base, Math.min(this.byteLength, longestBytes));
    return this.#buffer;
  }

  bytes(offset: number, byteLength: number): Uint8Array {
    return offset + byteLength <= longestBytes
      ? new Uint8Array(this.buffer, offset, byteLength)
      : mapped(this.#base).bytes(offset, byteLength);
  }

  grow(delta: number): number {
    const previous = this.#pageCount;
    const pageCount = previous + delta;
    if (this.#disposed || pageCount > this.maxPages) return -1;
    const byteLength = previous * wasmPageSize;
    const newLength = pageCount * wasmPageSize;
    try {
      if (this.#space !== undefined) this.#space.resize(newLength);
      else if (delta) this.#resize(checkedLength(byteLength), checkedLength(newLength));
    } catch (error) {
      if (error instanceof NativeError) return -1;
      throw error;
    }
    this.#detach();
    this.#pageCount = pageCount;
    return previous;
  }

  /** Gives memory back at once, and address space to the pool or to the system. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#detach();
    if (this.#space !== undefined) this.#giveBack(this.#space);
    else {
      disown(this.#owned);
      if (!this.#taken) release(this.#base, checkedLength(this.byteLength));
    }
    this.#pageCount = 0;
  }

  #giveBack(space: GuardedSpace): void {
    if (this.#taken) space.abandon();
    else if (this.#pool !== undefined) this.#pool.giveBack(space);
    else space.release();
  }

  #resize(oldLength: number, newLength: number): void {
    if (this.#buffer) this.#wasTaken(this.#buffer);
    if (this.#taken) {
      const base = allocate(newLength);
      copyBytes(oldLength, mapped(this.#base), mapped(base));
      this.#base = base;
      this.#taken = false;
    } else {
      this.#base = reallocate(this.#base, oldLength, newLength);
    }
    reown(this.#owned, ResourceKind.mapping, this.#base, newLength);
  }

  #wasTaken(buffer: ArrayBuffer): boolean {
    const taken = buffer.byteLength === 0 && this.#pageCount > 0;
    if (taken) this.#taken = true;
    return taken;
  }

  #detach(): void {
    if (this.#buffer && !this.#wasTaken(this.#buffer)) detach(this.#buffer);
    this.#buffer = undefined;
  }
}

/** What is mapped at an address. */
function mapped(base: Address): Pick<LinearMemory, 'bytes'> {
  return { bytes: (offset, byteLength) => new Uint8Array(view(base + offset, byteLength)) };
}

/** Bytes mapped for a checked memory: even an empty one has an address. */
function checkedLength(byteLength: number): number {
  return Math.max(byteLength, pageSize);
}

/** Undefined where there is too little address space. */
function tryMakeSpace({ minPages, image, pool }: MappedMemoryOptions): GuardedSpace | undefined {
  const space = pool?.take(image) ?? GuardedSpace.tryReserve();
  try {
    space?.prepare(minPages * wasmPageSize, image);
  } catch (error) {
    space?.release();
    throw error;
  }
  return space;
}

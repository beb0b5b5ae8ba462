import type { MemoryMode } from '../code/code-object.js';
import { maxWasmPages, wasmPageSize } from '../wasm/limits.js';
import { detach } from './detach.js';
import type { Address } from './ffi.js';
import type { LinearMemory, LinearMemoryOptions } from './linear-memory.js';
import {
  allocate,
  NativeError,
  Protection,
  pageSize,
  protect,
  reallocate,
  release,
  reserve,
} from './pages.js';
import { disown, own, ResourceKind, reown } from './thread-resources.js';
import { view } from './views.js';

/**
 * Address space of a guarded memory: a 32-bit index plus a 32-bit offset stays below 8 GiB, and an access of up to 64
 * KiB behind that still lies inside.
 */
const guardedReservation = 2 ** 33 + wasmPageSize;

export interface MappedMemoryOptions extends LinearMemoryOptions {
  /** `checked` asks for a memory without a guarded reservation. Default: guarded where it can be had. */
  readonly mode?: MemoryMode | undefined;
}

/**
 * A memory that we map ourselves, for machine code.
 *
 * Guarded: byte 0 lies at the start of a reservation of over 8 GiB, which nothing else uses; each index + offset that
 * is out of bounds faults. `base` never changes. Checked: just the bytes; machine code must compare, and `base` may
 * change on `grow`. A guarded memory for which there is no address space left becomes a checked one: see `mode`.
 */
export class MappedMemory implements LinearMemory {
  readonly mode: MemoryMode;
  readonly maxPages: number;
  #base: Address;
  #pageCount: number;
  #buffer: ArrayBuffer | undefined;
  readonly #owned: number;
  /** Somebody holds the bytes through a buffer that we cannot detach: they must stay mapped. */
  #taken = false;
  #disposed = false;

  /** Throws a NativeError where not even the initial size can be had. */
  static create(options: MappedMemoryOptions): MappedMemory {
    return new MappedMemory(options);
  }

  private constructor({ minPages, maxPages = maxWasmPages, mode = 'guarded' }: MappedMemoryOptions) {
    const byteLength = minPages * wasmPageSize;
    const base = mode === 'guarded' ? tryReserve(guardedReservation) : undefined;
    this.mode = base === undefined ? 'checked' : 'guarded';
    this.maxPages = Math.min(maxPages, maxWasmPages);
    this.#pageCount = minPages;
    if (base === undefined) {
      this.#base = allocate(checkedLength(byteLength));
    } else {
      this.#base = base;
      if (byteLength) {
        try {
          protect(base, byteLength, Protection.readWrite);
        } catch (error) {
          release(base, guardedReservation);
          throw error;
        }
      }
    }
    this.#owned = own(ResourceKind.mapping, this.#base, this.#mappedLength());
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
   * As `LinearMemory` says. Who takes the bytes over by `ArrayBuffer.prototype.transfer` keeps them mapped for ever.
   */
  get buffer(): ArrayBuffer {
    if (this.#buffer && this.#wasTaken(this.#buffer)) this.#buffer = undefined;
    this.#buffer ??= view(this.#base, this.byteLength);
    return this.#buffer;
  }

  grow(delta: number): number {
    const previous = this.#pageCount;
    const pageCount = previous + delta;
    if (this.#disposed || pageCount > this.maxPages) return -1;
    const byteLength = previous * wasmPageSize;
    const newLength = pageCount * wasmPageSize;
    try {
      if (delta && this.mode === 'guarded') {
        protect(this.#base + byteLength, newLength - byteLength, Protection.readWrite);
      } else if (delta) {
        this.#resize(checkedLength(byteLength), checkedLength(newLength));
      }
    } catch (error) {
      if (error instanceof NativeError) return -1;
      throw error;
    }
    this.#detach();
    this.#pageCount = pageCount;
    return previous;
  }

  /** Gives memory and address space back at once. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#detach();
    disown(this.#owned);
    if (!this.#taken) release(this.#base, this.#mappedLength());
    this.#pageCount = 0;
  }

  #resize(oldLength: number, newLength: number): void {
    if (this.#buffer) this.#wasTaken(this.#buffer);
    if (this.#taken) {
      const base = allocate(newLength);
      new Uint8Array(view(base, newLength)).set(new Uint8Array(view(this.#base, oldLength)));
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

  #mappedLength(): number {
    return this.mode === 'guarded' ? guardedReservation : checkedLength(this.byteLength);
  }

  #detach(): void {
    if (this.#buffer && !this.#wasTaken(this.#buffer)) detach(this.#buffer);
    this.#buffer = undefined;
  }
}

/** Bytes mapped for a checked memory: even an empty one has an address. */
function checkedLength(byteLength: number): number {
  return Math.max(byteLength, pageSize);
}

function tryReserve(byteLength: number): Address | undefined {
  try {
    return reserve(byteLength);
  } catch (error) {
    if (error instanceof NativeError) return undefined;
    throw error;
  }
}

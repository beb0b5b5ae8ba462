import { dispose } from '../../checks/disposal.js';
import { argumentRangeError } from '../../checks/errors.js';
import { plain, showAs } from '../../checks/inspection.js';
import type { MemoryMode } from '../../code/code-object.js';
import type { MemoryAccess } from '../../interpreter/callee.js';
import { memoryInstance } from '../../layout/structs.js';
import type { Address } from '../../native/ffi/ffi.js';
import { ArrayBufferMemory } from '../../native/memory/array-buffer-memory.js';
import {
  copyBytes,
  type LinearMemory,
  type LinearMemoryOptions,
  longestBytes,
} from '../../native/memory/linear-memory.js';
import { MappedMemory, type MappedMemoryOptions } from '../../native/memory/mapped-memory.js';
import type { MemoryImage } from '../../native/memory/memory-image.js';
import { hasWide, V8Memory } from '../../native/memory/v8-memory.js';
import { NativeError } from '../../native/process/pages.js';
import { maxApiWidePages, maxWasmPages, maxWidePages, wasmPageSize } from '../../wasm/limits.js';
import { is64, type Limits, type MemoryType } from '../../wasm/types.js';
import { MemoryLimitError, OutOfMemoryError } from '../errors.js';
import { cellAt, writeAddress } from '../values/cells.js';
import type { Piece } from './buffer-arena.js';
import { checkAlive, releaseHosted } from './host-resource.js';
import type { Resource } from './lifetimes.js';
import type { MemoryAllowance } from './memory-allowance.js';
import type { ObjectStore } from './object-store.js';

const offsets = memoryInstance.offsets;

/** A linear memory. */
export class Memory {
  readonly type: MemoryType;
  /** @internal */
  readonly store: ObjectStore;
  /** @internal */
  readonly owner: Resource;
  /** Address of its MemoryInstance. @internal */
  readonly address: Address;
  #linear: LinearMemory;
  readonly #words: Uint32Array;
  readonly #byteOffset: number;
  #access: MemoryAccess | undefined;
  /** Something has seen its bytes by `access`. */
  #isInterpreted = false;
  /** Pages that it may grow to. */
  readonly #maxPages: number;
  readonly #allowance: MemoryAllowance;
  readonly #wantedMode: MemoryMode | undefined;

  /**
   * @param piece where the MemoryInstance lies
   * @param allowance how large it may become, whatever its type says
   * @param mode how it is guarded; undefined for what is possible
   * @param image what it begins with if it can: see `image`. Else it is zero.
   * @param adopted a memory of V8's whose bytes are to be its bytes
   * @throws MemoryLimitError where it would be larger from the start; OutOfMemoryError where the operating
   *   system has no memory left
   * @internal
   */
  constructor(
    store: ObjectStore,
    owner: Resource,
    type: MemoryType,
    piece: Piece,
    allowance: MemoryAllowance,
    mode: MemoryMode | undefined = store.memoryMode,
    image?: MemoryImage,
    adopted?: object,
  ) {
    const { min } = type.limits;
    const minBytes = min * wasmPageSize;
    const { limit, taken } = allowance;
    if (!allowance.allows(minBytes)) throw new MemoryLimitError(taken + minBytes, limit);
    const largest = largestPageCount(type.limits, store);
    if (min > largest) throw noMemoryLeft(min);
    this.#allowance = allowance;
    this.#maxPages = Math.min(largest, Math.floor(limit / wasmPageSize));
    this.store = store;
    this.owner = owner;
    this.type = type;
    this.address = piece.address;
    this.#words = piece.cells.u32;
    this.#byteOffset = piece.byteOffset;
    this.#wantedMode = mode;
    const { memoryPool: pool } = store;
    const options = { ...this.#size(min), mode, image, pool };
    this.#linear = orOutOfMemory(min, () =>
      adopted !== undefined
        ? V8Memory.adopt(adopted, mode ?? (store.native ? 'guarded' : 'checked'))
        : store.native
          ? memoryForCode(options, store.givesBuffers)
          : V8Memory.create(options),
    );
    allowance.take(minBytes);
    this.#publish();
  }

  /** How accesses to this memory are kept inside it; code that uses it is compiled for this. */
  get mode(): MemoryMode {
    return this.#linear.mode;
  }

  /** What its bytes were when it was made; undefined where they were zero. @internal */
  get image(): MemoryImage | undefined {
    return this.#linear instanceof MappedMemory ? this.#linear.image : undefined;
  }

  /** Current size in pages of 64 KiB. */
  get pageCount(): number {
    return this.#linear.pageCount;
  }

  /** Address of byte 0, for native code that the instance calls. @internal */
  get base(): Address {
    return this.#linear.base;
  }

  /** Current size in bytes. */
  get byteLength(): number {
    return this.#linear.byteLength;
  }

  /**
   * The bytes. The same object until the memory grows, which detaches it. Of more than 4 GiB JavaScript sees
   * the first 4 GiB in Node 20.
   */
  get buffer(): ArrayBuffer {
    checkAlive(this, 'the memory');
    return this.#linear.buffer;
  }

  /** The WebAssembly.Memory of V8's that has the bytes, if they are V8's. @internal */
  get v8Memory(): object | undefined {
    return this.#linear instanceof V8Memory ? this.#linear.underlying : undefined;
  }

  /** Takes note of what V8's own engine has done to the memory. @internal */
  followV8(): void {
    if (this.#linear instanceof V8Memory && this.#linear.follow()) this.#publish();
  }

  /** Some of its bytes, all of which must be there. Not to be kept. @internal */
  bytes(offset: number, byteLength: number): Uint8Array {
    return this.#linear.bytes(offset, byteLength);
  }

  /** The bytes as the interpreter sees them: those below `longestBytes` as an array. @internal */
  get access(): MemoryAccess {
    const known = this.#access;
    // A buffer that is not V8's can be detached: then it is shorter.
    if (known !== undefined && known.bytes.length >= Math.min(known.byteLength, longestBytes)) return known;
    if (!canBeInterpreted(this.#linear, this.byteLength)) {
      throw new OutOfMemoryError('a memory of more than 4 GiB cannot be used by the interpreter here');
    }
    this.#isInterpreted = true;
    const { buffer, byteLength } = this.#linear;
    const bytes = new Uint8Array(buffer, 0, Math.min(byteLength, longestBytes));
    this.#access = { view: new DataView(buffer), bytes, byteLength };
    return this.#access;
  }

  /**
   * Grows by `delta` pages.
   *
   * @returns the page count before
   * @throws RangeError where that is more than the maximum, the limit, or what can be had
   */
  grow(delta: number): number {
    checkAlive(this, 'the memory');
    const previous = this.tryGrow(delta);
    if (previous < 0) {
      throw argumentRangeError(`a memory of ${this.pageCount} pages cannot grow by ${delta} pages`);
    }
    return previous;
  }

  /** As `grow`, but -1 where it is impossible: what the instruction memory.grow does. @internal */
  tryGrow(delta: number): number {
    if (!Number.isInteger(delta) || delta < 0 || delta > this.#maxPages) return -1;
    const byteLength = delta * wasmPageSize;
    if (!this.#allowance.allows(byteLength)) return -1;
    if (this.#isInterpreted && !canBeInterpreted(this.#linear, this.byteLength + byteLength)) return -1;
    const previous = this.#linear.grow(delta);
    if (previous < 0) return -1;
    this.#allowance.take(byteLength);
    // By 0 pages too: the buffer has been detached.
    this.#publish();
    return previous;
  }

  /**
   * Machine code is going to use the memory: nobody may be able to take the bytes from it. If they must be
   * moved for that, the buffer is detached as if the memory had grown.
   * @internal
   */
  keepForCode(): void {
    const old = this.#linear;
    if (!(old instanceof ArrayBufferMemory)) return;
    const { memoryPool: pool, givesBuffers } = this.store;
    const minPages = old.pageCount;
    const options = { ...this.#size(minPages), mode: this.#wantedMode, pool };
    this.#linear = orOutOfMemory(minPages, () => memoryForCode(options, givesBuffers));
    copyBytes(old.byteLength, old, this.#linear);
    old.dispose();
    this.#publish();
  }

  /** Gives a memory made by `Runtime.memory` back; one that an instance exports lives with its instance. */
  dispose(): void {
    releaseHosted(this);
  }

  /** As `dispose`, for `using`. */
  [dispose](): void {
    this.dispose();
  }

  /** Gives the native memory back. Called by the owner when it is freed. @internal */
  free(): void {
    const linear = this.#linear;
    if (!this.store.givesBuffers || linear instanceof MappedMemory) linear.dispose();
    else if (linear instanceof V8Memory) linear.abandon();
  }

  #size(minPages: number): LinearMemoryOptions {
    return { minPages, maxPages: this.#maxPages, isWide: is64(this.type.limits) };
  }

  #publish(): void {
    this.#access = undefined;
    const words = this.#words;
    const at = this.#byteOffset;
    writeAddress(words, cellAt(at + offsets.base), this.#linear.base);
    writeAddress(words, cellAt(at + offsets.byteLength), this.#linear.byteLength);
    words[(at + offsets.pageCount) >> 2] = this.#linear.pageCount;
  }
}

showAs(Memory, 'Memory', (memory) => {
  if (memory.owner.freed) return { state: plain('disposed') };
  return { pages: memory.pageCount, maximum: memory.type.limits.max, bytes: memory.pageCount * wasmPageSize };
});

/** Whether new memories can begin with an image, if address space is left. @internal */
export function takesImages({ native, givesBuffers }: ObjectStore, mode: MemoryMode | undefined): boolean {
  return native && !givesBuffers && mode !== 'checked';
}

/** Makes the bytes of a memory of so many pages. */
function orOutOfMemory(pages: number, make: () => LinearMemory): LinearMemory {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof NativeError || error instanceof RangeError)) throw error;
    throw noMemoryLeft(pages, error);
  }
}

function noMemoryLeft(pages: number, cause?: Error): OutOfMemoryError {
  return new OutOfMemoryError(`no memory is left for ${pages} pages of 64 KiB`, cause && { cause });
}

/** Whether JavaScript can see so many bytes of a memory. */
function canBeInterpreted(linear: LinearMemory, byteLength: number): boolean {
  return !(linear instanceof MappedMemory) || byteLength <= longestBytes;
}

/** Pages that a memory with these limits may ever have. */
function largestPageCount(limits: Limits, { givesBuffers }: ObjectStore): number {
  if (!is64(limits)) return Math.min(limits.max ?? maxWasmPages, maxWasmPages);
  const most = !givesBuffers ? maxWidePages : hasWide() ? maxApiWidePages : maxWasmPages;
  return Math.min(limits.max ?? most, most);
}

/** @param isV8 whether it is to be one of V8's, if possible */
function memoryForCode(options: MappedMemoryOptions, isV8: boolean): LinearMemory {
  if (!isV8) return MappedMemory.create(options);
  const memory = V8Memory.create({ ...options, mode: options.mode ?? 'guarded' });
  return memory instanceof V8Memory ? memory : MappedMemory.create(options);
}

import type { MemoryMode } from '../code/code-object.js';
import type { MemoryAccess } from '../interpreter/callee.js';
import { memoryInstance } from '../layout/structs.js';
import type { Address } from '../native/ffi.js';
import type { LinearMemory } from '../native/linear-memory.js';
import { MappedMemory, type MappedMemoryOptions } from '../native/mapped-memory.js';
import { ArrayBufferMemory, V8Memory } from '../native/v8-memory.js';
import { maxWasmPages, wasmPageSize } from '../wasm/limits.js';
import type { MemoryType } from '../wasm/types.js';
import { DisposedError, MemoryLimitError } from './errors.js';
import { HostResource } from './host-resource.js';
import type { Resource } from './lifetimes.js';
import type { NativePiece } from './native-arena.js';
import type { Store } from './store.js';
import { writeAddress } from './values.js';

const offsets = memoryInstance.offsets;

/** A linear memory. */
export class Memory {
  readonly type: MemoryType;
  readonly store: Store;
  readonly owner: Resource;
  /** Address of its MemoryInstance. */
  readonly address: Address;
  #linear: LinearMemory;
  readonly #words: Uint32Array;
  readonly #byteOffset: number;
  #access: MemoryAccess | undefined;
  /** Pages that it may grow to. */
  readonly #maxPages: number;

  /**
   * @param piece where the MemoryInstance lies
   * @param maxBytes how large it may become, whatever its type says
   * @throws MemoryLimitError where it would be larger from the start; RangeError where the operating system has no memory
   *   left
   */
  constructor(store: Store, owner: Resource, type: MemoryType, piece: NativePiece, maxBytes: number) {
    const { min, max = maxWasmPages } = type.limits;
    const minBytes = min * wasmPageSize;
    if (minBytes > maxBytes) throw new MemoryLimitError(minBytes, maxBytes);
    this.#maxPages = Math.min(max, maxWasmPages, Math.floor(maxBytes / wasmPageSize));
    this.store = store;
    this.owner = owner;
    this.type = type;
    this.address = piece.address;
    this.#words = piece.cells.u32;
    this.#byteOffset = piece.byteOffset;
    const options = { minPages: min, maxPages: this.#maxPages, mode: store.memoryMode };
    this.#linear = store.native ? memoryForCode(options, store.givesBuffers) : V8Memory.create(options);
    this.#publish();
  }

  /** How accesses to this memory are kept inside it; code that uses it is compiled for this. */
  get mode(): MemoryMode {
    return this.#linear.mode;
  }

  /** Current size in pages of 64 KiB. */
  get pageCount(): number {
    return this.#linear.pageCount;
  }

  /** Address of byte 0, for native code that the instance calls. */
  get base(): Address {
    return this.#linear.base;
  }

  /** The bytes. The same object until the memory grows, which detaches it. */
  get buffer(): ArrayBuffer {
    if (this.owner.freed) throw new DisposedError('the memory');
    return this.#linear.buffer;
  }

  /** The WebAssembly.Memory of V8's that has the bytes, if they are V8's. */
  get v8Memory(): object | undefined {
    return this.#linear instanceof V8Memory ? this.#linear.underlying : undefined;
  }

  /** The bytes as the interpreter sees them. */
  get access(): MemoryAccess {
    // Who can detach a buffer that is not V8's leaves a shorter one.
    if (this.#access === undefined || this.#access.bytes.length < this.#access.byteLength) {
      const { buffer, byteLength } = this.#linear;
      this.#access = { view: new DataView(buffer), bytes: new Uint8Array(buffer), byteLength };
    }
    return this.#access;
  }

  /**
   * Grows by `delta` pages.
   *
   * @returns the page count before
   * @throws RangeError where that is more than the maximum, the limit, or what can be had
   */
  grow(delta: number): number {
    if (this.owner.freed) throw new DisposedError('the memory');
    const previous = this.tryGrow(delta);
    if (previous < 0) {
      throw new RangeError(`a memory of ${this.pageCount} pages cannot grow by ${delta} pages`);
    }
    return previous;
  }

  /** As `grow`, but -1 where it is impossible: what the instruction memory.grow does. */
  tryGrow(delta: number): number {
    if (!Number.isInteger(delta) || delta < 0 || delta > maxWasmPages) return -1;
    const previous = this.#linear.grow(delta);
    // By 0 pages too: the buffer has been detached.
    if (previous >= 0) this.#publish();
    return previous;
  }

  /**
   * Machine code is going to use the memory: nobody may be able to take the bytes from it. Where they have to be moved for
   * that, the buffer is detached as if the memory had grown.
   */
  keepForCode(): void {
    const old = this.#linear;
    if (!(old instanceof ArrayBufferMemory)) return;
    const { memoryMode: mode, givesBuffers } = this.store;
    this.#linear = memoryForCode({ minPages: old.pageCount, maxPages: this.#maxPages, mode }, givesBuffers);
    new Uint8Array(this.#linear.buffer).set(new Uint8Array(old.buffer));
    old.dispose();
    this.#publish();
  }

  /** Gives a memory made by `Runtime.memory` back; one that an instance exports lives with its instance. */
  dispose(): void {
    if (this.owner instanceof HostResource) this.store.lifetimes.release(this.owner);
  }

  /** Gives the native memory back. Called by the owner when it is freed. */
  free(): void {
    const linear = this.#linear;
    if (!this.store.givesBuffers || linear instanceof MappedMemory) linear.dispose();
    else if (linear instanceof V8Memory) linear.abandon();
  }

  #publish(): void {
    this.#access = undefined;
    const words = this.#words;
    const at = this.#byteOffset;
    writeAddress(words, (at + offsets.base) >> 3, this.#linear.base);
    writeAddress(words, (at + offsets.byteLength) >> 3, this.#linear.byteLength);
    words[(at + offsets.pageCount) >> 2] = this.#linear.pageCount;
  }
}

/** @param isV8 whether it is to be one of V8's, if possible */
function memoryForCode(options: MappedMemoryOptions, isV8: boolean): LinearMemory {
  if (!isV8) return MappedMemory.create(options);
  const memory = V8Memory.create({ ...options, mode: options.mode ?? 'guarded' });
  return memory instanceof V8Memory ? memory : MappedMemory.create(options);
}

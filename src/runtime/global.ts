import type { Address } from '../native/ffi.js';
import { type GlobalType, ValType } from '../wasm/types.js';
import { DisposedError } from './errors.js';
import { HostResource } from './host-resource.js';
import type { Resource } from './lifetimes.js';
import type { NativePiece } from './native-arena.js';
import type { ReferenceHolder } from './references.js';
import type { Store } from './store.js';
import {
  type Cells,
  readAddress,
  readBits,
  readValue,
  toNative,
  type WasmValue,
  writeBits,
  writeNative,
} from './values.js';

/** A global: one 8-byte cell in native memory. */
export class Global implements ReferenceHolder {
  readonly type: GlobalType;
  readonly store: Store;
  readonly owner: Resource;
  /** Address of its cell. */
  readonly address: Address;
  readonly #cells: Cells;
  readonly #cell: number;

  /** @param piece where the cell lies */
  constructor(store: Store, owner: Resource, type: GlobalType, piece: NativePiece) {
    this.store = store;
    this.owner = owner;
    this.type = type;
    this.address = piece.address;
    this.#cells = piece.cells;
    this.#cell = piece.byteOffset >> 3;
    if (type.type === ValType.externref) store.externrefs.addHolder(this);
  }

  /** The words among which its cell is, … */
  get words(): Int32Array {
    return this.#cells.i32;
  }

  /** … and the index of the cell's first one. */
  get wordIndex(): number {
    return 2 * this.#cell;
  }

  get value(): WasmValue {
    this.#checkAlive();
    return readValue(this.store, this.#cells, this.#cell, this.type.type);
  }

  /** @throws TypeError if the global is immutable or the value cannot be converted to its type */
  set value(value: WasmValue) {
    this.#checkMutable();
    this.initialize(value);
  }

  /** The exact bits, unsigned: for NaNs, whose payloads JavaScript numbers may lose. A reference as its number. */
  get bits(): bigint {
    this.#checkAlive();
    return readBits(this.#cells, this.#cell, this.type.type);
  }

  set bits(bits: bigint) {
    this.#checkAlive();
    this.#checkMutable();
    if (this.type.type === ValType.funcref) throw new TypeError('a funcref cannot be set by its bits');
    writeBits(this.#cells, this.#cell, this.type.type, bits);
  }

  /** Sets the value, mutable or not. */
  initialize(value: WasmValue): void {
    const { store, type } = this;
    store.externrefs.safePoint();
    const native = toNative(store, type.type, value, this.owner);
    this.#checkAlive();
    writeNative(this.#cells, this.#cell, type.type, native);
  }

  /** Gives a global made by `Runtime.global` back; one that an instance exports lives with its instance. */
  dispose(): void {
    if (this.owner instanceof HostResource) this.store.lifetimes.release(this.owner);
  }

  visitHandles(visit: (handle: number) => void): void {
    visit(this.#cells.u32[2 * this.#cell]);
  }

  /** Calls `visit` with the function reference that the global holds, if it does. */
  visitFunctionReferences(visit: (record: Address) => void): void {
    if (this.type.type !== ValType.funcref) return;
    const record = readAddress(this.#cells.u32, this.#cell);
    if (record !== 0) visit(record);
  }

  /** Called by the owner when it is freed. */
  free(): void {
    this.store.externrefs.deleteHolder(this);
  }

  #checkAlive(): void {
    if (this.owner.freed) throw new DisposedError('the global');
  }

  #checkMutable(): void {
    if (!this.type.mutable) throw new TypeError('the global is immutable');
  }
}

import { dispose } from '../../checks/disposal.js';
import { argumentTypeError } from '../../checks/errors.js';
import { plain, showAs } from '../../checks/inspection.js';
import type { Address } from '../../native/ffi/ffi.js';
import { type GlobalType, isExnref, isExternref, isFuncref } from '../../wasm/types.js';
import type { Scan } from '../exceptions/exn-holder.js';
import { globalText } from '../modules/type-text.js';
import { type Cells, cellAt, readAddress, readBits, writeBits } from '../values/cells.js';
import { type Conversion, conversionOf, type WasmValue } from '../values/values.js';
import type { Piece } from './buffer-arena.js';
import { checkAlive, releaseHosted } from './host-resource.js';
import type { Resource } from './lifetimes.js';
import type { ObjectStore } from './object-store.js';

/** A global: a value in native memory. */
export class Global<Value = WasmValue> {
  readonly type: GlobalType;
  /** @internal */
  readonly store: ObjectStore;
  /** @internal */
  readonly owner: Resource;
  /** Address of its first cell. @internal */
  readonly address: Address;
  readonly #cells: Cells;
  readonly #cell: number;
  readonly #conversion: Conversion;

  /** @param piece where the cell lies @internal */
  constructor(store: ObjectStore, owner: Resource, type: GlobalType, piece: Piece) {
    this.store = store;
    this.owner = owner;
    this.type = type;
    this.address = piece.address;
    this.#cells = piece.cells;
    this.#cell = cellAt(piece.byteOffset);
    this.#conversion = conversionOf(type.type);
    if (isExternref(type.type)) store.externrefs.addHolder(this);
    if (isExnref(type.type)) store.exceptions.table.addHolder(this);
  }

  /** The words among which its cell is, … @internal */
  get words(): Int32Array {
    return this.#cells.i32;
  }

  /** … and the index of the cell's first one. @internal */
  get wordIndex(): number {
    return 2 * this.#cell;
  }

  /**
   * Its value: as results of functions are, see `Func`.
   *
   * @throws DisposedError where the global has been given back
   */
  get value(): Value {
    checkAlive(this, 'the global');
    return this.#conversion.read(this.store, this.#cells, this.#cell) as Value;
  }

  /** @throws TypeError if the global is immutable or the value cannot be converted to its type */
  set value(value: Value) {
    this.#checkMutable();
    this.initialize(value);
  }

  /**
   * The exact bits, unsigned, as `Func.callBits` has them: for NaNs, whose payloads JavaScript numbers may
   * lose. A reference as its number.
   */
  get bits(): bigint {
    checkAlive(this, 'the global');
    return readBits(this.#cells, this.#cell, this.type.type);
  }

  set bits(bits: bigint) {
    checkAlive(this, 'the global');
    this.#checkMutable();
    if (isFuncref(this.type.type)) throw argumentTypeError('a funcref cannot be set by its bits');
    writeBits(this.#cells, this.#cell, this.type.type, bits);
  }

  /** Sets the value, mutable or not. @internal */
  initialize(value: WasmValue): void {
    const { store } = this;
    store.externrefs.safePoint();
    const native = this.#conversion.toNative(store, value, this.owner);
    checkAlive(this, 'the global');
    this.#conversion.write(this.#cells, this.#cell, native);
  }

  /** Gives a global made by `Runtime.global` back; one that an instance exports lives with its instance. */
  dispose(): void {
    releaseHosted(this);
  }

  /** As `dispose`, for `using`. */
  [dispose](): void {
    this.dispose();
  }

  /** @internal */
  visitHandles(visit: (handle: number) => void): void {
    visit(this.#cells.u32[2 * this.#cell]);
  }

  /** @internal */
  scanExns(scan: Scan): void {
    scan(this.words, this.wordIndex, this.wordIndex + 2);
  }

  /** Calls `visit` with the function reference that the global holds, if it does. @internal */
  visitFunctionReferences(visit: (record: Address) => void): void {
    if (!isFuncref(this.type.type)) return;
    const record = readAddress(this.#cells.u32, this.#cell);
    if (record !== 0) visit(record);
  }

  /** Called by the owner when it is freed. @internal */
  free(): void {
    this.store.externrefs.deleteHolder(this);
    this.store.exceptions.table.deleteHolder(this);
  }

  #checkMutable(): void {
    if (!this.type.mutable) throw argumentTypeError('the global is immutable');
  }
}

showAs<Global>(Global, 'Global', (global) => {
  if (global.owner.freed) return { state: plain('disposed') };
  return { type: plain(globalText(global.type)), value: global.value };
});

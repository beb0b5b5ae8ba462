import { dispose } from '../../checks/disposal.js';
import { argumentRangeError } from '../../checks/errors.js';
import { plain, showAs } from '../../checks/inspection.js';
import { elementSize, tableInstance } from '../../layout/structs.js';
import type { Address } from '../../native/ffi/ffi.js';
import { isExnref, isExternref, isFuncref, type TableType, valTypeName } from '../../wasm/types.js';
import type { Scan } from '../exceptions/exn-holder.js';
import { cellAt, readAddress, writeAddress } from '../values/cells.js';
import { type Conversion, conversionOf, exnrefInJs, type WasmValue } from '../values/values.js';
import type { Allocation, Piece } from './buffer-arena.js';
import { checkAlive, releaseHosted } from './host-resource.js';
import type { Resource } from './lifetimes.js';
import type { ObjectStore } from './object-store.js';

const offsets = tableInstance.offsets;

/** Largest number of elements: the limit that the WebAssembly JavaScript API sets. @internal */
export const maxTableLength = 10_000_000;

/**
 * A table, whose elements are functions or values of JavaScript. `Element` is the type that reading them
 * gives: it is not checked. The elements have their own native memory, with room to grow; machine code finds
 * them through the TableInstance and reads and writes them itself.
 */
export class Table<Element = WasmValue> {
  readonly type: TableType;
  /** @internal */
  readonly store: ObjectStore;
  /** @internal */
  readonly owner: Resource;
  /** Address of its TableInstance. @internal */
  readonly address: Address;
  readonly #words: Uint32Array;
  readonly #byteOffset: number;
  readonly #conversion: Conversion;
  #allocation: Allocation;
  #elements: Uint32Array;
  #capacity: number;
  #length: number;

  /**
   * A table of the minimum length, all null.
   *
   * @param piece where the TableInstance lies
   * @throws RangeError if the minimum is above `maxTableLength`
   * @internal
   */
  constructor(store: ObjectStore, owner: Resource, type: TableType, piece: Piece) {
    const { min } = type.limits;
    if (min > maxTableLength) {
      throw argumentRangeError(`a table of ${min} elements is longer than the limit of ${maxTableLength}`);
    }
    this.store = store;
    this.owner = owner;
    this.type = type;
    this.#conversion = conversionOf(type.element);
    this.address = piece.address;
    this.#words = piece.cells.u32;
    this.#byteOffset = piece.byteOffset;
    this.#capacity = Math.max(min, 1);
    this.#allocation = store.arena.allocate(this.#capacity * elementSize);
    this.#elements = elementsIn(this.#allocation, this.#capacity);
    this.#length = min;
    this.#publish();
    if (isExternref(type.element)) store.externrefs.addHolder(this);
    if (isExnref(type.element)) store.exceptions.table.addHolder(this);
  }

  get length(): number {
    return this.#length;
  }

  /**
   * @returns a `Func`, an externref's value, or null
   * @throws RangeError if there is no element `index`, TypeError if it has no form in JavaScript
   */
  get(index: number): Element {
    this.#check(index);
    const { externrefs, funcrefs } = this.store;
    const { element } = this.type;
    const native = readAddress(this.#elements, index);
    if (isExnref(element)) return exnrefInJs(native) as Element;
    return (isExternref(element) ? externrefs.value(native) : funcrefs.value(native)) as Element;
  }

  /** @throws RangeError if there is no element `index`, TypeError if the value is not of the element type */
  set(index: number, value: WasmValue): void {
    const native = this.#convert(value);
    this.#check(index);
    writeAddress(this.#elements, index, native);
  }

  /**
   * Grows by `delta` elements of the value given, of null where none is.
   *
   * @returns the length before
   * @throws RangeError where that is more than the maximum
   */
  grow(...args: [delta: number, value?: WasmValue]): number {
    const [delta] = args;
    // undefined is an externref like others.
    const native = this.#convert(args.length > 1 ? args[1] : null);
    checkAlive(this, 'the table');
    const previous = this.growNative(delta, native);
    if (previous < 0)
      throw argumentRangeError(`a table of ${this.length} elements cannot grow by ${delta} elements`);
    return previous;
  }

  /** Gives a table made by `Runtime.table` back; one that an instance exports lives with its instance. */
  dispose(): void {
    releaseHosted(this);
  }

  /** As `dispose`, for `using`. */
  [dispose](): void {
    this.dispose();
  }

  /** Element `index` as it is in native memory. @internal */
  getNative(index: number): Address {
    return readAddress(this.#elements, index);
  }

  /**
   * Grows by `delta` elements of value `native`. Returns the length before, or -1 where it is impossible.
   * @internal
   */
  growNative(delta: number, native: Address): number {
    const previous = this.#length;
    const length = previous + delta;
    const max = Math.min(this.type.limits.max ?? maxTableLength, maxTableLength);
    if (!Number.isInteger(delta) || delta < 0 || length > max) return -1;
    if (length > this.#capacity && !this.#reserve(Math.min(Math.max(length, 2 * this.#capacity), max)))
      return -1;
    this.#length = length;
    this.#publish();
    if (delta > 0) this.fillNative(previous, native, delta);
    return previous;
  }

  /** Sets `count` elements. False, without effect, where they are not all inside. @internal */
  fillNative(start: number, native: Address, count: number): boolean {
    if (start + count > this.#length) return false;
    const elements = this.#elements;
    const low = native >>> 0;
    const high = (native - low) / 2 ** 32;
    for (let at = 2 * start, end = at + 2 * count; at < end; at += 2) {
      elements[at] = low;
      elements[at + 1] = high;
    }
    return true;
  }

  /**
   * Copies elements from a table, perhaps this one. False, without effect, where they are not all inside.
   * @internal
   */
  copyFrom(source: Table, destinationStart: number, sourceStart: number, count: number): boolean {
    if (sourceStart + count > source.#length || destinationStart + count > this.#length) return false;
    this.#elements.set(
      source.#elements.subarray(2 * sourceStart, 2 * (sourceStart + count)),
      2 * destinationStart,
    );
    return true;
  }

  /** Sets element `index`, which must exist. @internal */
  setNative(index: number, native: Address): void {
    writeAddress(this.#elements, index, native);
  }

  /** @internal */
  visitHandles(visit: (handle: number) => void): void {
    if (!isExternref(this.type.element)) return;
    for (let index = 0; index < this.#length; index++) visit(this.#elements[2 * index]);
  }

  /** @internal */
  scanExns(scan: Scan): void {
    scan(this.#elements, 0, 2 * this.#length);
  }

  /** Calls `visit` with every function reference that the table holds. @internal */
  visitFunctionReferences(visit: (record: Address) => void): void {
    if (!isFuncref(this.type.element)) return;
    for (let index = 0; index < this.#length; index++) {
      const record = readAddress(this.#elements, index);
      if (record !== 0) visit(record);
    }
  }

  /** Gives the native memory back. Called by the owner when it is freed. @internal */
  free(): void {
    this.store.externrefs.deleteHolder(this);
    this.store.exceptions.table.deleteHolder(this);
    this.store.arena.release(this.#allocation);
    this.#elements = new Uint32Array(0);
    this.#length = 0;
  }

  #convert(value: WasmValue): Address {
    this.store.externrefs.safePoint();
    return this.#conversion.toNative(this.store, value, this.owner) as Address;
  }

  #check(index: number): void {
    checkAlive(this, 'the table');
    if (!Number.isInteger(index) || index < 0 || index >= this.#length) {
      throw argumentRangeError(`index ${index} is outside of a table of ${this.#length} elements`);
    }
  }

  #reserve(capacity: number): boolean {
    const { arena } = this.store;
    let allocation: Allocation;
    try {
      allocation = arena.allocate(capacity * elementSize);
    } catch {
      return false;
    }
    const elements = elementsIn(allocation, capacity);
    elements.set(this.#elements.subarray(0, 2 * this.#length));
    arena.release(this.#allocation);
    this.#allocation = allocation;
    this.#elements = elements;
    this.#capacity = capacity;
    return true;
  }

  #publish(): void {
    writeAddress(this.#words, cellAt(this.#byteOffset + offsets.elements), this.#allocation.address);
    this.#words[(this.#byteOffset + offsets.length) >> 2] = this.#length;
  }
}

showAs<Table>(Table, 'Table', ({ owner, type, length }) => {
  if (owner.freed) return { state: plain('disposed') };
  return { element: plain(valTypeName(type.element)), length, maximum: type.limits.max };
});

/** The elements in an allocation, two words each. */
function elementsIn({ cells, byteOffset }: Allocation, capacity: number): Uint32Array {
  return cells.u32.subarray(byteOffset >> 2, (byteOffset >> 2) + 2 * capacity);
}

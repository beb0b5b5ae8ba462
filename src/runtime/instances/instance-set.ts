import { functionRecord } from '../../layout/structs.js';
import type { Address } from '../../native/ffi/ffi.js';
import { AddressMap } from '../objects/address-map.js';
import type { Func } from '../objects/func.js';
import type { Instance } from './instance.js';

/**
 * The instances of a runtime, by the numbers in their blocks (`instanceNumber`) and by where their function
 * records lie.
 */
export class InstanceSet {
  readonly #byNumber = new Map<number, Instance>();
  #last = 0;
  readonly #ranges = new AddressMap<Instance>();

  [Symbol.iterator](): Iterator<Instance> {
    return this.#byNumber.values();
  }

  /** Adds an instance and returns its number, which no other living instance has. */
  add(instance: Instance): number {
    do this.#last = (this.#last + 1) >>> 0;
    while (this.#byNumber.has(this.#last));
    this.#byNumber.set(this.#last, instance);
    this.#ranges.add(instance.address, instance.recordRange.size, instance);
    return this.#last;
  }

  delete(instance: Instance): void {
    this.#byNumber.delete(instance.instanceNumber);
    this.#ranges.delete(instance.address);
  }

  /** The instance in whose block an address lies. */
  containing(address: Address): Instance {
    const range = this.#ranges.find(address);
    if (range === undefined) throw new Error(`no instance at address 0x${address.toString(16)}`);
    return range.value;
  }

  /** The instance that has this number. */
  at(instanceNumber: number): Instance {
    const instance = this.#byNumber.get(instanceNumber);
    if (instance === undefined) throw new Error(`no instance has the number ${instanceNumber}`);
    return instance;
  }

  /** The function whose record is at `record`. */
  funcAt(record: Address): Func {
    const instance = this.containing(record);
    const indexOffset =
      instance.byteOffset + record - instance.address + functionRecord.offsets.functionIndex;
    return instance.func(instance.cells.u32[indexOffset >> 2]);
  }
}

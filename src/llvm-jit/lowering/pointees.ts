import type { IrFunction } from '../../ir/function.js';
import { memoryInstance } from '../../layout/structs.js';
import { FieldKind, type FieldKinds } from './field-kinds.js';

/** What is known of the native structures that registers point to. */
export class Pointees {
  readonly #kinds: FieldKinds;
  readonly #ir: IrFunction;
  /** The kind of what a pointer leads to, by register. */
  #pointees = new Uint8Array(0);
  /** 1 where a register was loaded from the instance. */
  #fromInstance = new Uint8Array(0);
  /** 1 where a register leads to a memory instance whose base stays. */
  #fixedMemory = new Uint8Array(0);
  /** Register with the address of the caller's area for further results, or -1. */
  #resultArea = -1;

  constructor(kinds: FieldKinds, ir: IrFunction) {
    this.#kinds = kinds;
    this.#ir = ir;
  }

  /** Begins a function. */
  open(resultArea: number): void {
    const { registers } = this.#ir;
    if (this.#pointees.length < registers) {
      this.#pointees = new Uint8Array(2 * registers);
      this.#fromInstance = new Uint8Array(2 * registers);
      this.#fixedMemory = new Uint8Array(2 * registers);
    }
    this.#fromInstance.fill(0, 0, registers);
    this.#fixedMemory.fill(0, 0, registers);
    this.#pointees.fill(FieldKind.field, 0, registers);
    this.#resultArea = resultArea;
  }

  /**
   * The kind of the field `offset` bytes from the address in a register; undefined if that is in a result
   * area.
   */
  fieldKind(register: number, offset: number): FieldKind | undefined {
    if (register === this.#ir.instance) return this.#kinds.inInstance(offset);
    if (register === this.#resultArea) return undefined;
    if (this.#fixedMemory[register] === 1 && offset === memoryInstance.offsets.base) {
      return FieldKind.constant;
    }
    return this.#pointees[register] as FieldKind;
  }

  /** Notes that a register holds the pointer that is in the instance at an offset. */
  note(register: number, offset: number): void {
    this.#fromInstance[register] = 1;
    this.#fixedMemory[register] = this.#kinds.leadsToFixedMemory(offset) ? 1 : 0;
    this.#pointees[register] = this.#kinds.behindPointer(offset);
  }

  /**
   * Whether a register holds a pointer that the instance had from its start, such as that of an imported
   * function.
   */
  isImport(register: number): boolean {
    return this.#fromInstance[register] === 1;
  }
}

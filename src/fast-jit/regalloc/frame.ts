import { grown, type IrFunction, initialCapacity } from '../../ir/function.js';
import { VType } from '../../ir/ops.js';
import { slotSize, vectorSize } from '../../layout/widths.js';

/**
 * What the allocator must know about the frames of a processor. Each processor's `frame-layout.ts` has a
 * drawing.
 */
export interface FrameLayout {
  /** Displacement of the first stack argument from the frame pointer. */
  readonly stackArguments: number;
  /** Bytes just below the frame pointer that are not the allocator's: the places of saved registers. */
  readonly savedRegistersSize: number;
  /** Rounds a frame's size up, so that the stack pointer stays aligned. */
  readonly align: (byteLength: number) => number;
}

/**
 * The slots of values in the frame of the function that is being compiled, by their displacements from the
 * frame pointer. A vector's slot has 16 bytes, and lies at a multiple of 16 as the frame pointer does.
 */
export class Frame {
  readonly #ir: IrFunction;
  readonly #layout: FrameLayout;
  /** Displacement of a virtual register's slot; 0 where it has none. */
  #slots = new Int32Array(initialCapacity);
  /** Bytes below the frame pointer that are taken. */
  #depth = 0;
  /** Slots that values have given back. */
  #recycled = new Int32Array(initialCapacity);
  #recycledCount = 0;
  /** The same of vectors. */
  #recycledVectors = new Int32Array(initialCapacity);
  #recycledVectorCount = 0;
  /** Bytes at the bottom for calls. */
  #outgoing = 0;

  constructor(ir: IrFunction, layout: FrameLayout) {
    this.#ir = ir;
    this.#layout = layout;
  }

  reset(): void {
    const { registers } = this.#ir;
    if (this.#slots.length < registers) this.#slots = new Int32Array(registers * 2);
    else this.#slots.fill(0, 0, registers);
    this.#depth = this.#layout.savedRegistersSize;
    this.#recycledCount = 0;
    this.#recycledVectorCount = 0;
    this.#outgoing = 0;
  }

  /** Slot of a value that is in it. */
  slotOf(register: number): number {
    const slot = this.#slots[register];
    if (slot === 0) throw new Error(`register allocation: v${register} has neither a register nor a slot`);
    return slot;
  }

  hasSlot(register: number): boolean {
    return this.#slots[register] !== 0;
  }

  /** Slot of a value, made if there is none yet. */
  slotFor(register: number): number {
    let slot = this.#slots[register];
    if (slot === 0) {
      if (this.#ir.vtype[register] === VType.v128) {
        slot = this.#newVectorSlot();
      } else if (this.#recycledCount > 0) {
        slot = this.#recycled[--this.#recycledCount];
      } else {
        this.#depth += slotSize;
        slot = -this.#depth;
      }
      this.#slots[register] = slot;
    }
    return slot;
  }

  #newVectorSlot(): number {
    if (this.#recycledVectorCount > 0) return this.#recycledVectors[--this.#recycledVectorCount];
    const end = this.#depth;
    this.#depth = ((end + vectorSize - 1) & -vectorSize) + vectorSize;
    // What alignment leaves above is a slot for something smaller.
    if (this.#depth - end > vectorSize) this.#giveBack(-(end + slotSize));
    return -this.#depth;
  }

  #giveBack(slot: number): void {
    if (this.#recycledCount === this.#recycled.length) this.#recycled = grown(this.#recycled);
    this.#recycled[this.#recycledCount++] = slot;
  }

  /** Notes that a value is stack argument number `slot`, in the caller's frame. */
  passedOnStack(register: number, slot: number): void {
    this.#slots[register] = this.#layout.stackArguments + slotSize * slot;
  }

  /** Gives back the slot of a temporary that is dead. */
  recycle(register: number): void {
    const slot = this.#slots[register];
    if (slot >= 0) return;
    this.#slots[register] = 0;
    if (this.#ir.vtype[register] !== VType.v128) {
      this.#giveBack(slot);
      return;
    }
    if (this.#recycledVectorCount === this.#recycledVectors.length) {
      this.#recycledVectors = grown(this.#recycledVectors);
    }
    this.#recycledVectors[this.#recycledVectorCount++] = slot;
  }

  /** Makes room below the slots for a call's stack arguments and further results. */
  reserveOutgoing(bytes: number): void {
    if (bytes > this.#outgoing) this.#outgoing = bytes;
  }

  /** Bytes of the frame below the frame pointer. */
  size(): number {
    return this.#layout.align(this.#depth + this.#outgoing);
  }
}

import { calleeSaved } from '../../code/abi.js';
import { grown, type IrFunction, initialCapacity } from '../../ir/function.js';

/**
 * The stack frame, addressed from rbp:
 *
 *     rbp + 16 + 8k   arguments passed on the stack
 *     rbp + 8         return address
 *     rbp             caller's rbp
 *     rbp - 40 …      saved registers, one place for each that a callee preserves
 *     below           slots of 8 bytes for values
 *     rsp + …         further results of calls, behind the arguments passed on the stack (from rsp up)
 */
export class Frame {
  readonly #ir: IrFunction;
  /** Displacement from rbp of a virtual register's slot; 0 where it has none. */
  #slots = new Int32Array(initialCapacity);
  #depth = 0;
  #recycled = new Int32Array(initialCapacity);
  #recycledCount = 0;
  /** Bytes at the bottom for calls. */
  #outgoing = 0;

  constructor(ir: IrFunction) {
    this.#ir = ir;
  }

  reset(): void {
    const { registers } = this.#ir;
    if (this.#slots.length < registers) this.#slots = new Int32Array(registers * 2);
    else this.#slots.fill(0, 0, registers);
    this.#depth = 8 * calleeSaved.length;
    this.#recycledCount = 0;
    this.#outgoing = 0;
  }

  /** Displacement from rbp of the place where callee-saved register number `index` of the ABI's list is kept. */
  savedRegister(index: number): number {
    return -8 * (index + 1);
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
      if (this.#recycledCount > 0) {
        slot = this.#recycled[--this.#recycledCount];
      } else {
        this.#depth += 8;
        slot = -this.#depth;
      }
      this.#slots[register] = slot;
    }
    return slot;
  }

  /** Notes that a value lies in the caller's frame. */
  passedOnStack(register: number, slot: number): void {
    this.#slots[register] = 16 + 8 * slot;
  }

  /** Gives back the slot of a temporary that is dead. */
  recycle(register: number): void {
    const slot = this.#slots[register];
    if (slot >= 0) return;
    this.#slots[register] = 0;
    if (this.#recycledCount === this.#recycled.length) this.#recycled = grown(this.#recycled);
    this.#recycled[this.#recycledCount++] = slot;
  }

  /** Makes room below the slots for a call's stack arguments and further results. */
  reserveOutgoing(bytes: number): void {
    if (bytes > this.#outgoing) this.#outgoing = bytes;
  }

  /** Bytes to subtract from rsp behind `push rbp`; keeps it a multiple of 16. */
  size(): number {
    return Math.ceil((this.#depth + this.#outgoing) / 16) * 16;
  }
}

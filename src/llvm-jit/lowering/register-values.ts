import type { IrFunction } from '../../ir/function.js';
import { opDefines, VType } from '../../ir/ops.js';
import { vectorSize } from '../../layout/widths.js';
import { Cast } from '../capi/enums.js';
import type { Instructions } from './instructions.js';
import { vectorConstant } from './vectors.js';

/**
 * Where the values of a function's virtual registers are. A register that is written once is an LLVM value;
 * one that is written more often lies in a stack slot, which LLVM turns into values again (mem2reg).
 */
export class RegisterValues {
  readonly #i: Instructions;
  #ir: IrFunction;
  /** By register; 0 where there is none. */
  #values = new Float64Array(0);
  /** The i1 that a comparison has made, by register; 0 where there is none. */
  #conditions = new Float64Array(0);
  /** The stack slot, by register; 0 where there is none. */
  #slots = new Float64Array(0);

  constructor(i: Instructions, ir: IrFunction) {
    this.#i = i;
    this.#ir = ir;
  }

  /** Begins a function: no register has a value. */
  open(): void {
    const { registers } = this.#ir;
    this.#values = zeroed(this.#values, registers);
    this.#conditions = zeroed(this.#conditions, registers);
    this.#slots = zeroed(this.#slots, registers);
  }

  /** Makes stack slots for the registers that are written more than once. */
  makeSlots(): void {
    const ir = this.#ir;
    const definitions = new Uint8Array(ir.registers);
    for (let at = 0; at < ir.count; at++) {
      const dst = ir.dst[at];
      if (opDefines[ir.op[at]] === 1 && dst >= 0 && definitions[dst] < 2) definitions[dst]++;
    }
    for (let register = 0; register < ir.registers; register++) {
      const count = definitions[register];
      if (count > 1 || (count === 1 && ir.tracked[register] >= 0)) this.makeSlot(register);
    }
  }

  /** Makes a stack slot for a register that has none. */
  makeSlot(register: number): void {
    if (this.#slots[register] !== 0) return;
    const { llvm, builder, types, m } = this.#i;
    this.#slots[register] = llvm.LLVMBuildAlloca(
      builder,
      types.ofRegister[this.#ir.vtype[register]],
      m.noName,
    );
  }

  /** A register's value; 0 where it has none. */
  value(register: number): number {
    const ir = this.#ir;
    const slot = this.#slots[register];
    if (slot !== 0) return this.#i.load(this.#i.types.ofRegister[ir.vtype[register]], slot);
    const known = this.#values[register];
    if (known !== 0) return known;
    const condition = this.#conditions[register];
    if (condition !== 0) return this.#i.cast(Cast.zext, condition, this.#i.types.i32);
    if (ir.isConstant[register] === 0) return 0;
    const vtype = ir.vtype[register] as VType;
    const constant =
      vtype === VType.v128
        ? vectorConstant(this.#i, ir.vectors, vectorSize * ir.low[register])
        : this.#i.constant(vtype, ir.low[register], ir.high[register]);
    this.#values[register] = constant;
    return constant;
  }

  /** The i1 that a register was defined by; 0 where it was not. */
  condition(register: number): number {
    return this.#conditions[register];
  }

  define(register: number, value: number): void {
    const slot = this.#slots[register];
    if (slot === 0) this.#values[register] = value;
    else this.#i.llvm.LLVMBuildStore(this.#i.builder, value, slot);
  }

  /** Defines a register by an i1. */
  defineCondition(register: number, condition: number): void {
    if (this.#slots[register] === 0) this.#conditions[register] = condition;
    else this.define(register, this.#i.cast(Cast.zext, condition, this.#i.types.i32));
  }
}

/** A zeroed array of at least `length` elements: this one, if it is long enough. */
export function zeroed(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (array.length < length) return new Float64Array(2 * length);
  array.fill(0, 0, length);
  return array;
}

import type { VType } from '../../ir/ops.js';
import { slotSize } from '../../layout/widths.js';
import { BinOp, Cast } from '../capi/enums.js';
import type { Llvm } from '../capi/functions.js';
import type { FieldKind } from './field-kinds.js';
import { isFloat } from './float-format.js';
import type { ModuleLowering } from './module.js';
import { registerSizes, type Types } from './types.js';

/** Builds constants, and single LLVM instructions at the current place of the module's builder. */
export class Instructions {
  readonly m: ModuleLowering;
  readonly llvm: Llvm;
  readonly types: Types;
  readonly builder: number;

  constructor(m: ModuleLowering) {
    this.m = m;
    this.llvm = m.llvm;
    this.types = m.types;
    this.builder = m.builder;
  }

  // Constants

  /** Zero as a register's value. */
  zero(vtype: VType): number {
    return this.llvm.LLVMConstNull(this.types.ofRegister[vtype]);
  }

  /** A constant of a register's type, from its words; not of a vector. */
  constant(vtype: VType, low: number, high: number): number {
    const bits = this.bits(vtype, low, high);
    return isFloat(vtype) ? this.llvm.LLVMConstBitCast(bits, this.types.ofRegister[vtype]) : bits;
  }

  /** A constant of the integer type that is as wide as a register. */
  bits(vtype: VType, low: number, high: number): number {
    const value = registerSizes[vtype] > 4 ? bits64(low, high) : low >>> 0;
    return this.llvm.LLVMConstInt(this.types.bitsOf[vtype], value, 0);
  }

  /** Such an integer in which only bit `position` is 1. */
  bit(vtype: VType, position: number): number {
    return this.bits(vtype, position < 32 ? 1 << position : 0, position < 32 ? 0 : 1 << (position - 32));
  }

  // Operators

  binary(op: number, a: number, b: number): number {
    return this.llvm.LLVMBuildBinOp(this.builder, op, a, b, this.m.noName);
  }

  cast(op: number, value: number, type: number): number {
    return this.llvm.LLVMBuildCast(this.builder, op, value, type, this.m.noName);
  }

  icmp(predicate: number, a: number, b: number): number {
    return this.llvm.LLVMBuildICmp(this.builder, predicate, a, b, this.m.noName);
  }

  fcmp(predicate: number, a: number, b: number): number {
    return this.llvm.LLVMBuildFCmp(this.builder, predicate, a, b, this.m.noName);
  }

  select(condition: number, a: number, b: number): number {
    return this.llvm.LLVMBuildSelect(this.builder, condition, a, b, this.m.noName);
  }

  /** An intrinsic of the processor, whose name says what types it is for. */
  callPlainIntrinsic(name: string, ...args: readonly number[]): number {
    return this.callIntrinsic(name, [], ...args);
  }

  /** Calls an intrinsic that is made for the types `overloads`. */
  callIntrinsic(name: string, overloads: readonly number[], ...args: readonly number[]): number {
    const { value, type } = this.m.intrinsic(name, ...overloads);
    const list = this.m.scratch.list(...args);
    return this.llvm.LLVMBuildCall2(this.builder, type, value, list, args.length, this.m.noName);
  }

  /** Zero-extends an i32 to the size of an address. */
  widen(value: number): number {
    return this.cast(Cast.zext, value, this.types.address);
  }

  /** A register's value as it is passed and returned. */
  passed(vtype: number, value: number): number {
    const type = this.types.passedAs[vtype];
    return type === this.types.ofRegister[vtype] ? value : this.cast(Cast.zext, value, type);
  }

  /** A register's value from what was passed or returned. */
  received(vtype: number, value: number): number {
    const type = this.types.ofRegister[vtype];
    return type === this.types.passedAs[vtype] ? value : this.cast(Cast.trunc, value, type);
  }

  /** A shift count modulo the width of what is shifted. */
  shiftMask(vtype: VType, count: number): number {
    return this.binary(BinOp.and, count, this.bits(vtype, 8 * registerSizes[vtype] - 1, 0));
  }

  // What LLVM must not know

  /** The same value, but LLVM does not know what it is. */
  hide(vtype: number, value: number): number {
    return this.m.holders.hide(this.builder, vtype, value, this.m.noName);
  }

  /** Makes LLVM compute a register's value here, if it has not before: see `Holders`. */
  hold(vtype: number, value: number): void {
    this.m.holders.hold(this.builder, vtype, value, this.m.noName);
  }

  // Memory

  /** A pointer and a distance in bytes. */
  offset(pointer: number, distance: number): number {
    if (distance === 0) return pointer;
    return this.add(pointer, this.llvm.LLVMConstInt(this.types.address, distance, 0));
  }

  /** A pointer and a distance in bytes of the size of an address; their sum lies in the same mapping. */
  add(pointer: number, distance: number): number {
    const list = this.m.scratch.list(distance);
    return this.llvm.LLVMBuildInBoundsGEP2(this.builder, this.types.i8, pointer, list, 1, this.m.noName);
  }

  load(type: number, pointer: number): number {
    return this.llvm.LLVMBuildLoad2(this.builder, type, pointer, this.m.noName);
  }

  /** Loads a field of a native structure. */
  loadField(type: number, pointer: number, kind: FieldKind): number {
    const load = this.load(type, pointer);
    this.m.tags.field(load, kind);
    return load;
  }

  /** Loads a register's value from slots, which are aligned to the size of one. */
  loadSlots(vtype: number, pointer: number): number {
    const load = this.load(this.types.ofRegister[vtype], pointer);
    this.llvm.LLVMSetAlignment(load, Math.min(registerSizes[vtype], slotSize));
    return load;
  }
}

function bits64(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

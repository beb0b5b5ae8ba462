import { VType, vtypeNames, vtypeOf } from '../../ir/ops.js';
import { pointerSize, sizeOf, slotSize } from '../../layout/widths.js';
import { ValType } from '../../wasm/types.js';
import type { Llvm } from '../capi/functions.js';

/** The classes of registers that hold integers, and those that hold floats. */
export type IntType = typeof VType.i32 | typeof VType.i64;
export type FloatType = typeof VType.f32 | typeof VType.f64;

/** The value types by VType: registers of each class are as large as values of that type. */
export const registerTypes: readonly ValType[] = vtypeNames.map((name) => ValType[name]);

/** Bytes of a register, by VType. */
export const registerSizes: readonly number[] = registerTypes.map(sizeOf);

/** What a load or store of linear memory can touch, and how many bytes that is. */
export const accessSizes = { i8: 1, i16: 2, i32: 4, i64: 8, f32: 4, f64: 8 } as const;
export type AccessType = keyof typeof accessSizes;

/** How a v128 can be seen: the type of its lanes, and their number. */
export const shapes = {
  i8x16: ['i8', 16],
  i16x8: ['i16', 8],
  i32x4: ['i32', 4],
  i64x2: ['i64', 2],
  f32x4: ['f32', 4],
  f64x2: ['f64', 2],
} as const;
export type Shape = keyof typeof shapes;
export type FloatShape = 'f32x4' | 'f64x2';
export type IntShape = Exclude<Shape, FloatShape>;

/** What has half the bytes of a v128: what is loaded to be extended, and what is extended. */
const halves = { i8x8: ['i8', 8], i16x4: ['i16', 4], i32x2: ['i32', 2], f32x2: ['f32', 2] } as const;
export type HalfShape = keyof typeof halves;

/** LLVM's types of one context. */
export interface Types extends Readonly<Record<AccessType, number>> {
  readonly i1: number;
  readonly ptr: number;
  readonly void: number;
  /** An integer of the size of an address or of a reference, which registers hold as such. */
  readonly address: number;
  /** An integer that fills a slot. */
  readonly slot: number;
  /** The types of vectors. */
  readonly vectors: Readonly<Record<Shape | HalfShape, number>>;
  /** The type of a virtual register, by VType. A v128 is one of two i64, whatever its lanes are. */
  readonly ofRegister: readonly number[];
  /** The integer type that is as wide as a register, by VType. */
  readonly bitsOf: readonly number[];
  /**
   * The type by which a register is passed and returned, by VType: an i32 goes as a whole slot with zeros
   * above it.
   */
  readonly passedAs: readonly number[];
  /** The type by which a value is passed and returned. */
  passed(type: ValType): number;
}

export function llvmTypes(llvm: Llvm, context: number): Types {
  const integer = (bytes: number): number => llvm.LLVMIntTypeInContext(context, 8 * bytes);
  const i32 = integer(4);
  const i64 = integer(8);
  const f32 = llvm.LLVMFloatTypeInContext(context);
  const f64 = llvm.LLVMDoubleTypeInContext(context);
  const slot = integer(slotSize);
  const accesses = { i8: integer(1), i16: integer(2), i32, i64, f32, f64 };
  const vectors = Object.fromEntries(
    Object.entries({ ...shapes, ...halves }).map(([name, [lane, count]]) => [
      name,
      llvm.LLVMVectorType(accesses[lane], count),
    ]),
  ) as Record<Shape | HalfShape, number>;
  const byName = { i32, i64, f32, f64, v128: vectors.i64x2 };
  const ofRegister = vtypeNames.map((name) => byName[name]);
  const passedAs = ofRegister.map((type, vtype) => (vtype === VType.i32 ? slot : type));
  return {
    ...accesses,
    vectors,
    i1: llvm.LLVMInt1TypeInContext(context),
    ptr: llvm.LLVMPointerTypeInContext(context, 0),
    void: llvm.LLVMVoidTypeInContext(context),
    address: integer(pointerSize),
    slot,
    ofRegister,
    bitsOf: registerSizes.map(integer),
    passedAs,
    passed: (type) => passedAs[vtypeOf(type)],
  };
}

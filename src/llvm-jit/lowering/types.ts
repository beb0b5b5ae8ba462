import { VType, vtypeOf } from '../../ir/ops.js';
import type { ValType } from '../../wasm/types.js';
import type { Llvm } from '../capi/functions.js';

/** LLVM's types of one context. */
export interface Types {
  readonly i1: number;
  readonly i8: number;
  readonly i16: number;
  readonly i32: number;
  readonly i64: number;
  readonly f32: number;
  readonly f64: number;
  readonly ptr: number;
  readonly void: number;
  /** Of a virtual register, by its VType. */
  readonly ofRegister: readonly number[];
  /** Of an argument or result: i64 for an i32, whose upper half is zero. */
  passed(type: ValType): number;
}

export function llvmTypes(llvm: Llvm, context: number): Types {
  const i32 = llvm.LLVMInt32TypeInContext(context);
  const i64 = llvm.LLVMInt64TypeInContext(context);
  const f32 = llvm.LLVMFloatTypeInContext(context);
  const f64 = llvm.LLVMDoubleTypeInContext(context);
  const ofRegister: number[] = [];
  ofRegister[VType.i32] = i32;
  ofRegister[VType.i64] = i64;
  ofRegister[VType.f32] = f32;
  ofRegister[VType.f64] = f64;
  return {
    i1: llvm.LLVMInt1TypeInContext(context),
    i8: llvm.LLVMInt8TypeInContext(context),
    i16: llvm.LLVMInt16TypeInContext(context),
    i32,
    i64,
    f32,
    f64,
    ptr: llvm.LLVMPointerTypeInContext(context, 0),
    void: llvm.LLVMVoidTypeInContext(context),
    ofRegister,
    passed: (type) => (vtypeOf(type) === VType.i32 ? i64 : ofRegister[vtypeOf(type)]),
  };
}

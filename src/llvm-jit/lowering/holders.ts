import { VType } from '../../ir/ops.js';
import { functionAttributes } from '../capi/enums.js';
import type { Llvm } from '../capi/functions.js';
import type { Scratch } from '../capi/memory.js';
import { enumAttribute } from './attributes.js';
import type { Types } from './types.js';

/**
 * Value of the attribute `memory` (llvm/Support/ModRef.h, MemoryEffects): two bits for each of LLVM's kinds of locations, of
 * which there are more from version to version; 1 for reading, 3 for reading and writing. All are read, and the second
 * kind, what the program cannot access, is also written, so that the call has an effect.
 */
const readsMemory = 0x5555555d;

interface Code {
  readonly value: number;
  readonly type: number;
}

/**
 * Inline assembly of no bytes, of which LLVM does not know what it does: by its calls LLVM is told that something must be
 * as it seems at a place, because it may be the last one.
 */
export class Holders {
  readonly #llvm: Llvm;
  readonly #types: Types;
  readonly #scratch: Scratch;
  readonly #attributes: readonly number[];
  /** By type of the value. */
  readonly #codes = new Map<number, Code>();
  #barrier: Code | undefined;

  constructor(llvm: Llvm, context: number, types: Types, scratch: Scratch) {
    this.#llvm = llvm;
    this.#types = types;
    this.#scratch = scratch;
    this.#attributes = [
      enumAttribute(llvm, context, 'nounwind'),
      enumAttribute(llvm, context, 'willreturn'),
      enumAttribute(llvm, context, 'nomerge'),
      enumAttribute(llvm, context, 'memory', readsMemory),
    ];
  }

  /**
   * Has a value, of this type, computed here if not before, and stored what was stored before. LLVM may still know the
   * value from elsewhere, or compute it once for all turns of a loop.
   */
  hold(builder: number, vtype: number, value: number, noName: number): void {
    const llvm = this.#llvm;
    let code = this.#codes.get(vtype);
    if (code === undefined) {
      const isFloat = vtype === VType.f32 || vtype === VType.f64;
      code = this.#newCode(isFloat ? 'x' : 'r', this.#types.ofRegister[vtype]);
      this.#codes.set(vtype, code);
    }
    const call = llvm.LLVMBuildCall2(builder, code.type, code.value, this.#scratch.list(value), 1, noName);
    for (const attribute of this.#attributes) {
      llvm.LLVMAddCallSiteAttribute(call, functionAttributes, attribute);
    }
  }

  /** Has all stored that was stored before. */
  barrier(builder: number, noName: number): void {
    this.#barrier ??= this.#newCode('~{memory}');
    const { type, value } = this.#barrier;
    this.#llvm.LLVMBuildCall2(builder, type, value, this.#scratch.list(), 0, noName);
  }

  /** Inline assembly that values are held by. */
  get codes(): number[] {
    return Array.from(this.#codes.values(), ({ value }) => value);
  }

  #newCode(constraints: string, ...parameters: readonly number[]): Code {
    const list = this.#scratch.list(...parameters);
    const type = this.#llvm.LLVMFunctionType(this.#types.void, list, parameters.length, 0);
    const hasSideEffects = 1;
    return {
      type,
      value: this.#llvm.LLVMGetInlineAsm(
        ...[type, '', 0, constraints, constraints.length, hasSideEffects, 0, 0, 0],
      ),
    };
  }
}

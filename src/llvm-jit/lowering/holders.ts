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
const noMemory = 0;

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
  readonly #holdAttributes: readonly number[];
  readonly #hideAttributes: readonly number[];
  /** By type of the value. */
  readonly #holders = new Map<number, Code>();
  readonly #hiders = new Map<number, Code>();
  #barrier: Code | undefined;

  constructor(llvm: Llvm, context: number, types: Types, scratch: Scratch) {
    this.#llvm = llvm;
    this.#types = types;
    this.#scratch = scratch;
    const harmless = [enumAttribute(llvm, context, 'nounwind'), enumAttribute(llvm, context, 'willreturn')];
    this.#holdAttributes = [
      ...harmless,
      enumAttribute(llvm, context, 'nomerge'),
      enumAttribute(llvm, context, 'memory', readsMemory),
    ];
    this.#hideAttributes = [...harmless, enumAttribute(llvm, context, 'memory', noMemory)];
  }

  /**
   * Has a value, of this type, computed here if not before, and stored what was stored before. LLVM may still know the
   * value from elsewhere, or compute it once for all turns of a loop.
   */
  hold(builder: number, vtype: number, value: number, noName: number): void {
    const code = this.#codeFor(this.#holders, vtype, (register) => {
      const parameter = this.#types.ofRegister[vtype];
      return this.#newCode(register, true, this.#types.void, parameter);
    });
    this.#call(builder, code, this.#holdAttributes, noName, value);
  }

  /** A value that is the same as another one of this type, which LLVM does not know. */
  hide(builder: number, vtype: number, value: number, noName: number): number {
    const code = this.#codeFor(this.#hiders, vtype, (register) => {
      const type = this.#types.ofRegister[vtype];
      return this.#newCode(`=${register},0`, false, type, type);
    });
    return this.#call(builder, code, this.#hideAttributes, noName, value);
  }

  /** Has all stored that was stored before. */
  barrier(builder: number, noName: number): void {
    this.#barrier ??= this.#newCode('~{memory}', true, this.#types.void);
    this.#call(builder, this.#barrier, [], noName);
  }

  /** Inline assembly that values are held by. */
  get codes(): number[] {
    return Array.from(this.#holders.values(), ({ value }) => value);
  }

  #codeFor(codes: Map<number, Code>, vtype: number, make: (register: string) => Code): Code {
    let code = codes.get(vtype);
    if (code === undefined) {
      code = make(vtype === VType.f32 || vtype === VType.f64 ? 'x' : 'r');
      codes.set(vtype, code);
    }
    return code;
  }

  #newCode(
    constraints: string,
    hasSideEffects: boolean,
    result: number,
    ...parameters: readonly number[]
  ): Code {
    const list = this.#scratch.list(...parameters);
    const type = this.#llvm.LLVMFunctionType(result, list, parameters.length, 0);
    const value = this.#llvm.LLVMGetInlineAsm(
      ...[type, '', 0, constraints, constraints.length, hasSideEffects ? 1 : 0, 0, 0, 0],
    );
    return { type, value };
  }

  #call(
    builder: number,
    { type, value }: Code,
    attributes: readonly number[],
    noName: number,
    ...args: readonly number[]
  ): number {
    const llvm = this.#llvm;
    const call = llvm.LLVMBuildCall2(builder, type, value, this.#scratch.list(...args), args.length, noName);
    for (const attribute of attributes) llvm.LLVMAddCallSiteAttribute(call, functionAttributes, attribute);
    return call;
  }
}

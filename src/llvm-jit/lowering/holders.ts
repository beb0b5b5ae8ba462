import { functionAttributes } from '../capi/enums.js';
import type { Llvm } from '../capi/functions.js';
import type { Scratch } from '../capi/memory.js';
import type { Target } from '../target.js';
import { enumAttribute } from './attributes.js';
import type { Types } from './types.js';

/**
 * Value of the attribute `memory` (llvm/Support/ModRef.h, MemoryEffects): two bits for each of LLVM's kinds
 * of locations, whose number grows with LLVM's versions; 1 means read, 3 read and written. This one reads all
 * kinds, and writes the second, memory that the program cannot access: that gives the call an effect.
 */
const readsMemory = 0x5555555d;
const noMemory = 0;

interface Code {
  readonly value: number;
  readonly type: number;
}

/**
 * Empty inline assembly. LLVM does not know what it does, so a call of it makes LLVM compute a value, or
 * finish its stores, at a place where a trap may end the function.
 */
export class Holders {
  readonly #llvm: Llvm;
  readonly #types: Types;
  readonly #scratch: Scratch;
  /** The registers that may hold a value, by VType. */
  readonly #constraints: readonly string[];
  readonly #holdAttributes: readonly number[];
  readonly #hideAttributes: readonly number[];
  /** By type of the value. */
  readonly #holders = new Map<number, Code>();
  readonly #hiders = new Map<number, Code>();
  #barrier: Code | undefined;

  constructor(llvm: Llvm, context: number, types: Types, scratch: Scratch, target: Target) {
    this.#llvm = llvm;
    this.#types = types;
    this.#scratch = scratch;
    this.#constraints = target.registerConstraints;
    const harmless = [enumAttribute(llvm, context, 'nounwind'), enumAttribute(llvm, context, 'willreturn')];
    this.#holdAttributes = [
      ...harmless,
      enumAttribute(llvm, context, 'nomerge'),
      enumAttribute(llvm, context, 'memory', readsMemory),
    ];
    this.#hideAttributes = [...harmless, enumAttribute(llvm, context, 'memory', noMemory)];
  }

  /**
   * Makes LLVM compute a value of this type here, if it has not before, and do all earlier stores. LLVM may
   * still know the value from elsewhere, or compute it once for all iterations of a loop.
   */
  hold(builder: number, vtype: number, value: number, noName: number): void {
    const code = this.#codeFor(this.#holders, vtype, (register) => {
      const parameter = this.#types.ofRegister[vtype];
      return this.#newCode(register, true, this.#types.void, parameter);
    });
    this.#call(builder, code, this.#holdAttributes, noName, value);
  }

  /** The same value of this type, but LLVM does not know what it is. */
  hide(builder: number, vtype: number, value: number, noName: number): number {
    const code = this.#codeFor(this.#hiders, vtype, (register) => {
      const type = this.#types.ofRegister[vtype];
      return this.#newCode(`=${register},0`, false, type, type);
    });
    return this.#call(builder, code, this.#hideAttributes, noName, value);
  }

  /** Makes LLVM do all earlier stores. */
  barrier(builder: number, noName: number): void {
    this.#barrier ??= this.#newCode('~{memory}', true, this.#types.void);
    this.#call(builder, this.#barrier, [], noName);
  }

  /** The inline assembly that holds values. */
  get codes(): number[] {
    return Array.from(this.#holders.values(), ({ value }) => value);
  }

  #codeFor(codes: Map<number, Code>, vtype: number, make: (register: string) => Code): Code {
    let code = codes.get(vtype);
    if (code === undefined) {
      code = make(this.#constraints[vtype]);
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

import type { FuncType } from '../../wasm/types.js';
import type { Llvm } from '../capi/functions.js';
import type { Scratch } from '../capi/memory.js';
import type { ArgumentPlaces, Target } from '../target.js';
import type { Types } from './types.js';

/** Why LLVM 16 and 17 refuse functions with tail calls: their C API cannot ask for them. */
export const needsNewerLlvm = 'tail calls need LLVM 18 or a newer one';

/**
 * The prototype of functions that call others in their place. LLVM wants such a call (`musttail`) to have the
 * prototype of the function that it is in. So that one has all registers that arguments can be passed in, and
 * as many slots of the stack as the function's own arguments take; each call then uses what its callee needs,
 * and nothing needs to be computed for the rest (`poison`). To machine code there is no difference.
 *
 * Its parameters: the instance, the other integer registers, vector registers, slots.
 */
export class UniversalPrototype {
  readonly #llvm: Llvm;
  readonly #types: Types;
  readonly #scratch: Scratch;
  readonly #target: Target;

  constructor(llvm: Llvm, types: Types, scratch: Scratch, target: Target) {
    this.#llvm = llvm;
    this.#types = types;
    this.#scratch = scratch;
    this.#target = target;
  }

  /** Which of the parameters have a function's arguments. */
  places(type: FuncType): ArgumentPlaces {
    return this.#target.argumentPlaces(type);
  }

  /** LLVM's type of a function with this result, whose own arguments take so many slots of the stack. */
  type(result: number, stackSlots: number): number {
    const list = this.parameterTypes(stackSlots);
    this.#scratch.clear();
    for (const type of list) this.#scratch.push(type);
    return this.#llvm.LLVMFunctionType(result, this.#scratch.address, list.length, 0);
  }

  /** Whether a place is a vector register. */
  isVectorPlace(place: number): boolean {
    const { integers, vectors } = this.#target.argumentRegisters;
    return place >= integers && place < integers + vectors;
  }

  /** Which slot of the stack a place is; below 0 where it is a register. */
  slotOf(place: number): number {
    const { integers, vectors } = this.#target.argumentRegisters;
    return place - integers - vectors;
  }

  /** The types of the parameters. */
  parameterTypes(stackSlots: number): readonly number[] {
    const { integers, vectors } = this.#target.argumentRegisters;
    const { ptr, slot, vectors: shapes } = this.#types;
    return [
      ptr,
      ...new Array<number>(integers).fill(slot),
      ...new Array<number>(vectors).fill(shapes.i64x2),
      ...new Array<number>(stackSlots).fill(slot),
    ];
  }
}

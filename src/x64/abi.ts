import { isFloatClass, vtypeOf } from '../ir/vtypes.js';
import { slotsOf } from '../layout/widths.js';
import { type FuncType, ValType } from '../wasm/types.js';

/**
 * The calling convention of all tiers, AOT code, stubs and builtins: System V x86-64, with the callee's
 * module instance as first argument.
 *
 * - Integers and references go in rsi, rdx, rcx, r8, r9 (rdi holds the instance), floats and
 *   vectors in xmm0–xmm7, the rest on the stack in 8-byte slots: slot k at `[rsp + 8 + 8k]` on entry. A
 *   vector takes two, the first of even number. At a call rsp is a multiple of 16.
 * - An i32, as argument or result, is zero-extended to 64 bits. Callers and callees may rely on it. The upper
 *   bits of an xmm register that holds a float are undefined.
 * - The first result is returned in rax or xmm0. Further results go to memory: where there are any, the
 *   address of an area is passed as one more integer argument after the last. They lie there in slots of 8
 *   bytes, one after the other; a vector takes two.
 * - rbx, rbp, r12–r15 are preserved; frames are chained through rbp.
 */

/** General registers by their number in machine code. */
export const Gpr = {
  rax: 0,
  rcx: 1,
  rdx: 2,
  rbx: 3,
  rsp: 4,
  rbp: 5,
  rsi: 6,
  rdi: 7,
  r8: 8,
  r9: 9,
  r10: 10,
  r11: 11,
  r12: 12,
  r13: 13,
  r14: 14,
  r15: 15,
} as const;

/**
 * The number of xmm0 where both kinds of registers are numbered in one sequence: 0–15 are general, 16–31 xmm.
 */
export const firstXmm = 16;
export const xmmCount = 16;

export const instanceArgument = Gpr.rdi;
export const integerArguments: readonly number[] = [Gpr.rsi, Gpr.rdx, Gpr.rcx, Gpr.r8, Gpr.r9];
export const floatArgumentCount = 8;
export const calleeSaved: readonly number[] = [Gpr.rbx, Gpr.r12, Gpr.r13, Gpr.r14, Gpr.r15];

/** Where an argument is passed. Registers by number; `slot` counts 8-byte stack slots. */
export type ArgumentPlace =
  | { readonly kind: 'gpr'; readonly register: number }
  | { readonly kind: 'xmm'; readonly register: number }
  | { readonly kind: 'stack'; readonly slot: number };

export interface CallShape {
  /** Places of the parameters, in order. */
  readonly params: readonly ArgumentPlace[];
  /** Place of the address of the further results, where there are any. */
  readonly resultArea: ArgumentPlace | undefined;
  /** Stack slots that the arguments take. */
  readonly stackSlots: number;
}

/** Whether values of a type are passed in xmm registers. */
export function isFloat(type: number): boolean {
  return isFloatClass[vtypeOf(type)] === 1;
}

/** Lays out the arguments of a function type. */
export function callShape(type: FuncType): CallShape {
  let integers = 0;
  let floats = 0;
  let stackSlots = 0;
  const place = (type: ValType): ArgumentPlace => {
    const float = isFloat(type);
    if (float && floats < floatArgumentCount) return { kind: 'xmm', register: floats++ };
    if (!float && integers < integerArguments.length) {
      return { kind: 'gpr', register: integerArguments[integers++] };
    }
    const slots = slotsOf(type);
    // What takes two slots lies at a multiple of 16 bytes.
    const slot = slots === 2 ? stackSlots + (stackSlots & 1) : stackSlots;
    stackSlots = slot + slots;
    return { kind: 'stack', slot };
  };
  const params = type.params.map(place);
  const resultArea = type.results.length > 1 ? place(ValType.i64) : undefined;
  return { params, resultArea, stackSlots };
}

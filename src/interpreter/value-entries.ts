import { ValType } from '../wasm/types.js';

/** In place of a type: the upper half of a v128, of which the entry before it is the lower one. */
export const upperHalf = 1;

/**
 * Types of the entries that values take on the interpreter's operand stack: one for each slot (`widths.ts`).
 * So a v128 takes two.
 */
export function entriesOf(types: readonly number[]): readonly number[] {
  if (!types.includes(ValType.v128)) return types;
  return types.flatMap((type) => (type === ValType.v128 ? [type, upperHalf] : [type]));
}

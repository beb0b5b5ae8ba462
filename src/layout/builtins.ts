import { pointerSize } from './widths.js';

/**
 * Functions that machine code calls through the field `builtins` of `moduleInstance`. They follow
 * System V and take its `instanceNumber` first, but for those of libc and `hot`. Integers are zero-extended
 * to 64 bits; `ref` is a table element.
 */
export const builtins = [
  /** (instance number, memory index, delta in pages) → previous page count, or -1 */
  'memoryGrow',
  /** (instance number, data index, memory index, destination, source, length); traps out of bounds */
  'memoryInit',
  /** (instance number, data index) */
  'dataDrop',
  /** (instance number, table index, ref, delta) → previous length, or -1 */
  'tableGrow',
  /** (instance number, table index, start, ref, length); traps out of bounds */
  'tableFill',
  /** (instance number, destination table, source table, destination, source, length); traps out of bounds */
  'tableCopy',
  /** (instance number, element index, table index, destination, source, length); traps out of bounds */
  'tableInit',
  /** (instance number, element index) */
  'elemDrop',
  /**
   * libc's memmove: (destination address, source address, length in bytes). Needs little stack, never traps.
   */
  'memmove',
  /** libc's memset: (destination address, byte, length in bytes). Needs little stack, never traps. */
  'memset',
  /**
   * libc's memchr: (address, byte, length in bytes) → address of the first such byte, or 0. As the two
   * before.
   */
  'memchr',
  /**
   * Tells the runtime that a function's heat counter became 0. Called with the address of the instance, then
   * the function index pushed onto the stack, which it takes off; keeps every register but r11. Only code
   * that counts calls it; null where there is none.
   */
  'hot',
  /**
   * (instance number, tag index): throws an exception whose payload lies in ExecEnv's slots; never returns
   */
  'throw',
  /** (instance number, exnref): throws the exception once more; traps if it is null; never returns */
  'throwRef',
  /** (instance number): throws the exception in the ExecEnv once more, for which a pad had no clause */
  'rethrow',
  /** (instance number, type id, type id): 1 if the first type is a subtype of the second, else 0 */
  'isSubtype',
] as const;

export type Builtin = (typeof builtins)[number];

/** Byte offset of a builtin's code address in the table. */
export function builtinOffset(name: Builtin): number {
  return pointerSize * builtins.indexOf(name);
}

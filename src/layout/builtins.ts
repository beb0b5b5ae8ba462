/**
 * Functions that machine code calls through `ModuleInstance.builtins`, System V but for the last. All but the last four
 * take `ModuleInstance.e` first, by which the runtime knows the instance; integers are zero-extended to 64 bits; `ref` is
 * the 8 bytes of a table element.
 */
export const builtins = [
  /** (e, memory index, delta in pages) → previous page count, or -1 */
  'memoryGrow',
  /** (e, data index, memory index, destination, source, length); traps out of bounds */
  'memoryInit',
  /** (e, data index) */
  'dataDrop',
  /** (e, table index, ref, delta) → previous length, or -1 */
  'tableGrow',
  /** (e, table index, start, ref, length); traps out of bounds */
  'tableFill',
  /** (e, destination table, source table, destination, source, length); traps out of bounds */
  'tableCopy',
  /** (e, element index, table index, destination, source, length); traps out of bounds */
  'tableInit',
  /** (e, element index) */
  'elemDrop',
  /** libc's memmove: (destination address, source address, length in bytes). Needs little stack, never traps. */
  'memmove',
  /** libc's memset: (destination address, byte, length in bytes). Needs little stack, never traps. */
  'memset',
  /** libc's memchr: (address, byte, length in bytes) → address of the first such byte, or 0. As the two before. */
  'memchr',
  /**
   * Tells the runtime that a function's heat counter became 0. Called with the address of the instance, then the function
   * index pushed onto the stack, which it takes off; keeps every register but r11. Only code that counts calls it;
   * null where there is none.
   */
  'hot',
] as const;

export type Builtin = (typeof builtins)[number];

/** Byte offset of a builtin's code address in the table. */
export function builtinOffset(name: Builtin): number {
  return 8 * builtins.indexOf(name);
}

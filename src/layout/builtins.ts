/**
 * Functions that machine code calls through `ModuleInstance.builtins`, System V. All but the last two take the
 * module instance first; integers are zero-extended to 64 bits; `ref` is the 8 bytes of a table element.
 */
export const builtins = [
  /** (instance, memory index, delta in pages) → previous page count, or -1 */
  'memoryGrow',
  /** (instance, data index, memory index, destination, source, length); traps out of bounds */
  'memoryInit',
  /** (instance, data index) */
  'dataDrop',
  /** (instance, table index, ref, delta) → previous length, or -1 */
  'tableGrow',
  /** (instance, table index, start, ref, length); traps out of bounds */
  'tableFill',
  /** (instance, destination table, source table, destination, source, length); traps out of bounds */
  'tableCopy',
  /** (instance, element index, table index, destination, source, length); traps out of bounds */
  'tableInit',
  /** (instance, element index) */
  'elemDrop',
  /** libc's memmove: (destination address, source address, length in bytes). Needs little stack, never traps. */
  'memmove',
  /** libc's memset: (destination address, byte, length in bytes). Needs little stack, never traps. */
  'memset',
] as const;

export type Builtin = (typeof builtins)[number];

/** Byte offset of a builtin's code address in the table. */
export function builtinOffset(name: Builtin): number {
  return 8 * builtins.indexOf(name);
}

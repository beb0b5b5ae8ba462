/**
 * The structures that machine code of every tier and the runtime share. Names follow WAMR where it named a
 * thing first.
 */

import type { ValType } from '../wasm/types.js';
import { struct } from './struct.js';
import { pointerSize, slotSize, slotsOf } from './widths.js';

/** Head of a module instance. `layoutInstance` says what follows it in the same block. */
export const moduleInstance = struct({
  /** Address of the thread's ExecEnv. */
  execEnv: 'u64',
  /** Address of the table of builtin functions: a code address for each of `builtins`. */
  builtins: 'u64',
  /** The stack pointer must not go below this address. Frames above `largestUncheckedFrame` check it. */
  stackLimit: 'u64',
  /** The runtime's number for the instance: machine code passes it to builtins. */
  instanceNumber: 'u32',
});

/** A linear memory. */
export const memoryInstance = struct({
  /** Address of byte 0. Never changes where the memory is guarded; may change on grow where it is checked. */
  base: 'u64',
  /** Current size in bytes. */
  byteLength: 'u64',
  /** Current size in pages of 64 KiB. */
  pageCount: 'u32',
});

/** A table. An element is a reference, of `elementSize` bytes. */
export const tableInstance = struct({
  /** Address of element 0. May change on grow. */
  elements: 'u64',
  /** Current number of elements. */
  length: 'u32',
});

/**
 * A function as callers see it, in every tier: a call loads `instance` into the first argument register and
 * calls `code`. Tier-up is one aligned 8-byte store to `code`. A funcref is the address of its function's
 * record.
 */
export const functionRecord = struct({
  /** Address of the machine code to call. */
  code: 'u64',
  /** Address of the module instance that the code belongs to. */
  instance: 'u64',
  /** Canonical id of the function's type: equal ids, and only those, mean equal types. */
  typeId: 'u32',
  /** Function index in its own instance. */
  functionIndex: 'u32',
});

/** A tag. Its address is its identity. */
export const tagInstance = struct({
  /** Canonical id of its type. */
  typeId: 'u32',
  /** The runtime's number for the tag. */
  number: 'u32',
});

/** Bytes of a global of a type, in whole slots. */
export function globalSize(type: ValType): number {
  return slotsOf(type) * slotSize;
}

/** Bytes of a table element. */
export const elementSize = pointerSize;

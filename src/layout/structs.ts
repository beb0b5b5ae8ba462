/**
 * The structures that machine code of every tier, AOT files and the runtime share. Names follow WAMR where it named
 * a thing first.
 */
import { struct } from './struct.js';

/**
 * Head of a module instance. Behind it, in the same block, follow what `layoutInstance` appends: memory instances,
 * globals' data, table instances, function records, the pointers to imported ones, type ids and heat counters.
 */
export const moduleInstance = struct({
  /** Address of the thread's ExecEnv. */
  execEnv: 'u64',
  /** Address of the table of builtin functions: `builtinCount` code addresses. */
  builtins: 'u64',
  /** The stack pointer must not go below this address (large frames check it; small ones rely on the guard). */
  stackLimit: 'u64',
  /**
   * Number of the ModuleInstanceExtra: what only the runtime needs of an instance, kept in TypeScript. Machine code names
   * its instance to the runtime by it.
   */
  e: 'u32',
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

/** A table. An element is 8 bytes: the address of a function record, or an externref handle; 0 is null. */
export const tableInstance = struct({
  /** Address of element 0. May change on grow. */
  elements: 'u64',
  /** Current number of elements. */
  length: 'u32',
});

/**
 * A function as callers see it, in every tier: a call loads `instance` into the first argument register and calls
 * `code`. Tier-up is one aligned 8-byte store to `code`. A funcref is the address of its function's record.
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

/** Size of a global's cell in bytes. A reference is 8 bytes as in a table. */
export const globalSize = 8;

/** Size of a table element in bytes. */
export const elementSize = 8;

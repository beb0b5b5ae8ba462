import { struct } from './struct.js';
import { functionRecord } from './structs.js';

/**
 * What a native function can be given as its first argument: the head of `upshift_exec_env` in include/upshift.h, and
 * behind it what only stubs read.
 */
export const nativeExecEnv = struct({
  /** Address of the table of functions that C code may call: see `nativeServices`. */
  functions: 'u64',
  /** What the function was registered with. */
  attachment: 'u64',
  /** Address of the MemoryInstance of the calling instance's memory 0; 0 where it has none. */
  memory: 'u64',
  /** Address of the calling instance's block: C code may compare it. */
  instance: 'u64',
  /** Address of the C function. */
  code: 'u64',
});

/** A function that C code may call: `upshift_function`. */
export const nativeCallee = struct({
  /** Code that calls it, with r11 the address of this structure: an entry stub. */
  entry: 'u64',
  /** Address of its record, as an f64. */
  record: 'u64',
  /** Numbers of its arguments and results, which are 8 bytes each. */
  argumentCount: 'u32',
  resultCount: 'u32',
});

/** What C code finds through `upshift_exec_env.functions`, all addresses of C functions, in this order. */
export const nativeServices = [
  'call',
  'raise',
  'exportedFunction',
  'tableFunction',
  'referencedFunction',
] as const;

/**
 * What an instance's block has for each function that it imports, behind what `layoutInstance` lays out, if any of them
 * is native:
 *
 *     record that wasm code calls | record by which a wrapper calls the function with addresses | nativeExecEnv
 */
export const nativeFunction = {
  record: 0,
  inner: functionRecord.size,
  execEnv: 2 * functionRecord.size,
  size: Math.ceil((2 * functionRecord.size + nativeExecEnv.size) / 16) * 16,
} as const;

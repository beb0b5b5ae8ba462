import { struct } from './struct.js';
import { functionRecord } from './structs.js';

/**
 * What a native function can be given as its first argument: the head of `upshift_exec_env` in
 * include/upshift.h, then what only stubs read.
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
  /** Slots of its arguments and results. */
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
 * What asks JavaScript for something on behalf of C code, by the numbers that machine code tells it: the
 * `nativeServices` but for `call`, and what that needs itself.
 */
export const ServiceRequest = {
  /** A called function has ended by a trap. */
  takeTrap: 0,
  raise: 1,
  exportedFunction: 2,
  tableFunction: 3,
  referencedFunction: 4,
} as const;
export type ServiceRequest = (typeof ServiceRequest)[keyof typeof ServiceRequest];

/** Whether the argument of a service is the address of a string. */
export function takesText(service: ServiceRequest): boolean {
  return service === ServiceRequest.raise || service === ServiceRequest.exportedFunction;
}

const places = struct({
  /** The record that wasm code calls. */
  record: functionRecord,
  /** The record through which a wrapper calls the function with addresses. */
  inner: functionRecord,
  execEnv: nativeExecEnv,
});

/**
 * For each function that an instance imports, if any of them is native, its block has this after what
 * `layoutInstance` lays out.
 */
export const nativeFunction = { ...places.offsets, size: Math.ceil(places.size / 16) * 16 } as const;

import { lastAtMost } from './last-at-most.js';

/**
 * What a compiler hands over: position-independent machine code of one function, and what the runtime must
 * know about it. Compilers are pure: they make code objects, and touch neither executable memory nor the FFI.
 */
export interface CodeObject {
  /** Machine code, then its constants and jump tables. Its address must be a multiple of 16. */
  readonly bytes: Uint8Array;
  /** Offset of the function's entry in `bytes`. */
  readonly entry: number;
  /** Where the machine code ends and constants and jump tables begin. */
  readonly codeEnd: number;
  /** Bytes of stack that an activation takes, return address and saved registers included. */
  readonly frameSize: number;
  readonly sites: CodeSites;
  /**
   * Where the function keeps its caller's callee-saved registers: a field of 6 bits for each, in the order of
   * `calleeSaved` from the lowest bit. n ≠ 0: at rbp - 8 n. 0: the function leaves the register alone.
   */
  readonly saved: number;
  readonly handlers: CodeHandlers;
}

/**
 * Where exceptions go that leave a call. Row k is of the calls whose last byte (return address - 1) is in
 * [starts[k], ends[k]). Ascending and disjoint. Offsets in `bytes`.
 */
export interface CodeHandlers {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** What code goes on with. */
  readonly pads: Uint32Array;
  /** Bytes that are added to rsp there: of arguments on the stack that the call would have taken off. */
  readonly adjusts: Uint32Array;
}

/** Row of the handlers for the call that returns to `offset`; -1 if exceptions pass it. */
export function handlerAt({ starts, ends }: CodeHandlers, offset: number): number {
  const row = lastAtMost(starts, offset - 1);
  return row >= 0 && offset - 1 < ends[row] ? row : -1;
}

const none = new Uint32Array(0);

/** The handlers of all code that has none. */
export const noHandlers: CodeHandlers = { starts: none, ends: none, pads: none, adjusts: none };

/**
 * The places in a code object at which control can leave it, returns aside. Parallel arrays, ascending by
 * `offsets`.
 */
export interface CodeSites {
  /**
   * Offsets in `bytes`: of the first byte of an instruction that may fault (a memory access, a `ud2`), or,
   * where the kind is `Trap.none`, of the last byte of a call (what follows a call may be another site).
   */
  readonly offsets: Uint32Array;
  /** The trap that a fault at this place means; `Trap.none` for calls. */
  readonly traps: Uint8Array;
  /** Byte offset in the wasm module of the instruction that this place belongs to. */
  readonly wasmOffsets: Uint32Array;
}

/** Index of the site at exactly `offset`, or -1. */
export function findSite(sites: CodeSites, offset: number): number {
  const site = lastSite(sites, offset);
  return site >= 0 && sites.offsets[site] === offset ? site : -1;
}

/** Index of the last site at `offset` or before it, or -1. */
export function lastSite({ offsets }: CodeSites, offset: number): number {
  return lastAtMost(offsets, offset);
}

/** How a linear memory is guarded: by unmapped pages around it, or by a comparison at each access. */
export type MemoryMode = 'guarded' | 'checked';

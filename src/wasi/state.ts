import type { Layouts } from './abi.js';
import type { Beneath } from './beneath.js';
import type { DescriptorTable } from './descriptors.js';
import type { WasiFunctionName } from './functions.js';
import type { GuestMemory } from './guest-memory.js';
import type { Host } from './host.js';
import type { StringList } from './string-list.js';

/** What the functions of one running program share. */
export interface WasiState {
  readonly memory: GuestMemory;
  readonly args: StringList;
  readonly environ: StringList;
  readonly descriptors: DescriptorTable;
  readonly host: Host;
  /** Structures of the WASI version that the program was compiled for. */
  readonly layouts: Layouts;
  /**
   * Resolves paths. Only called where system calls can be made: elsewhere no descriptor has rights to paths.
   */
  readonly beneath: () => Beneath;
}

/**
 * Implementations of WASI functions. They take i32 arguments as unsigned numbers and i64 arguments as signed
 * bigints. They return on success, and throw a WasiError otherwise.
 */
export type WasiFunctions = { readonly [Name in WasiFunctionName]?: (...args: never[]) => void };

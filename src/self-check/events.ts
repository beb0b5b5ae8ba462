import { Trap } from '../code/traps.js';
import { TrapError } from '../runtime/traps/trap-error.js';
import type { WasmFrame } from '../runtime/traps/wasm-frame.js';
import type { ThrownException } from './exceptions.js';

/** What a program is asked to do. */
export type Step =
  /** To be made, which runs its start function. */
  | { readonly kind: 'instantiate' }
  /** To run an exported function, with the bits of its arguments. */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly bigint[] };

/** A call of an import. */
export interface ImportCall {
  readonly kind: 'call';
  /** How many calls of imports were made before, since the program was made. */
  readonly number: number;
  /** The import, by its function index. */
  readonly functionIndex: number;
  /** i32 as signed numbers, i64 as signed bigints. */
  readonly args: readonly (number | bigint)[];
  /** The instruction that has made the call; undefined where it is not known. */
  readonly place: WasmFrame | undefined;
}

/** How a step ended. */
export type End =
  /** Bits of the results; references as the numbers that stand for them in native memory. */
  | { readonly kind: 'returned'; readonly results: readonly bigint[] }
  | { readonly kind: 'trapped'; readonly error: TrapError }
  /** What an import has thrown, an exception that nothing has caught, or an internal error. */
  | { readonly kind: 'threw'; readonly error: unknown; readonly exception?: ThrownException | undefined };

/** What can be seen of a program from outside. */
export type Event = ImportCall | End;

/** The end of a step by an error. */
export function endOf(error: unknown): End {
  return error instanceof TrapError ? { kind: 'trapped', error } : { kind: 'threw', error };
}

/** Whether the stack was exhausted. How deep it may be is up to each tier. */
export function isExhaustion(event: Event): boolean {
  return event.kind === 'trapped' && event.error.trap === Trap.callStackExhausted;
}

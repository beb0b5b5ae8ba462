import { ValType } from '../wasm/types.js';
import { Errno, errnoOfCode, systemErrorCode, WasiError } from './errno.js';
import type { GuestMemory } from './guest-memory.js';

type Value = number | bigint;

/** A WASI function as programs call it: it takes signed i32 arguments and returns an error number. */
export type HostFunction = (...args: Value[]) => number;

type Implementation = (...args: Value[]) => void;

/**
 * Wraps what a function of the host threw when a WASI function called it. It never becomes an error number.
 */
export class HostFailure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** The error number for what an implementation threw; rethrows anything else. */
function errnoOf(error: unknown): number {
  if (error instanceof WasiError) return error.errno;
  if (error instanceof HostFailure) throw error.error;
  const code = systemErrorCode(error);
  if (code === undefined) throw error;
  return errnoOfCode(code);
}

/**
 * Whether arguments have the types that WASI specifies. In the JavaScript API, modules may import with other
 * types.
 */
function areValid(args: readonly unknown[], types: readonly number[]): boolean {
  return types.every((type, index) => typeof args[index] === (type === ValType.i64 ? 'bigint' : 'number'));
}

/**
 * Makes a WASI function from its implementation, which takes i32 arguments as unsigned numbers. Returns
 * EINVAL if arguments have wrong types.
 *
 * @param memory refreshed before each call
 * @param types of the parameters. Functions of four i32, the ones called most, are called without arrays.
 * @internal
 */
export function hostFunction(
  memory: GuestMemory,
  implementation: (...args: never[]) => void,
  types: readonly number[],
): HostFunction {
  const call = implementation as Implementation;
  if (types.length === 4 && types.every((type) => type === ValType.i32)) {
    return (a, b, c, d) => {
      try {
        if (
          typeof a !== 'number' ||
          typeof b !== 'number' ||
          typeof c !== 'number' ||
          typeof d !== 'number'
        ) {
          return Errno.inval;
        }
        memory.refresh();
        call(a >>> 0, b >>> 0, c >>> 0, d >>> 0);
        return Errno.success;
      } catch (error) {
        return errnoOf(error);
      }
    };
  }
  return (...args) => {
    try {
      if (!areValid(args, types)) return Errno.inval;
      memory.refresh();
      call(...args.map((value) => (typeof value === 'number' ? value >>> 0 : value)));
      return Errno.success;
    } catch (error) {
      return errnoOf(error);
    }
  };
}

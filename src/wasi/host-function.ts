import { ValType } from '../wasm/types.js';
import { Errno, errnoOfCode, systemErrorCode, WasiError } from './errno.js';
import type { GuestMemory } from './guest-memory.js';

type Value = number | bigint;

/** A WASI function as programs call it: with signed i32 arguments, and an error number as result. */
export type HostFunction = (...args: Value[]) => number;

type Implementation = (...args: Value[]) => void;

/** The error number for what an implementation has thrown; throws it again where it is none. */
function errnoOf(error: unknown): number {
  if (error instanceof WasiError) return error.errno;
  const code = systemErrorCode(error);
  if (code === undefined) throw error;
  return errnoOfCode(code);
}

/** Whether arguments are of the types that WASI says. In JavaScript's API modules may import with other types. */
function areValid(args: readonly unknown[], types: readonly number[]): boolean {
  return types.every((type, index) => typeof args[index] === (type === ValType.i64 ? 'bigint' : 'number'));
}

/**
 * Makes a WASI function of its implementation, which takes i32 arguments as unsigned numbers. EINVAL where arguments are not of
 * the right types.
 *
 * @param memory is looked at anew before each call
 * @param types of the parameters: functions of four i32, which are those that are called often, are called without arrays
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

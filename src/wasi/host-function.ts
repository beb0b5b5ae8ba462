import { Errno, errnoOfCode, systemErrorCode, WasiError } from './errno.js';
import type { GuestMemory } from './guest-memory.js';

type Value = number | bigint;

/** A WASI function as programs call it: with signed i32 arguments, and an error number as result. */
export type HostFunction = (...args: Value[]) => number;

type Implementation = (...args: Value[]) => void;

function unsigned(value: Value): Value {
  return typeof value === 'number' ? value >>> 0 : value;
}

/** The error number for what an implementation has thrown; throws it again where it is none. */
function errnoOf(error: unknown): number {
  if (error instanceof WasiError) return error.errno;
  const code = systemErrorCode(error);
  if (code === undefined) throw error;
  return errnoOfCode(code);
}

/**
 * Makes a WASI function of its implementation, which takes i32 arguments as unsigned numbers.
 *
 * @param memory is looked at anew before each call
 * @param parameterCount functions of few parameters, which are those that are called often, are called without arrays of them
 */
export function hostFunction(
  memory: GuestMemory,
  implementation: (...args: never[]) => void,
  parameterCount: number,
): HostFunction {
  const call = implementation as Implementation;
  if (parameterCount === 4) {
    return (a, b, c, d) => {
      try {
        memory.refresh();
        call(unsigned(a), unsigned(b), unsigned(c), unsigned(d));
        return Errno.success;
      } catch (error) {
        return errnoOf(error);
      }
    };
  }
  return (...args) => {
    try {
      memory.refresh();
      call(...args.map(unsigned));
      return Errno.success;
    } catch (error) {
      return errnoOf(error);
    }
  };
}

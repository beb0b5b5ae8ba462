import { Errno, errnoOfCode, systemErrorCode, WasiError } from './errno.js';

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
 * @param parameterCount functions of few parameters, which are those that are called often, are called without arrays of them
 */
export function hostFunction(
  implementation: (...args: never[]) => void,
  parameterCount: number,
): HostFunction {
  const call = implementation as Implementation;
  if (parameterCount === 4) {
    return (a, b, c, d) => {
      try {
        call(unsigned(a), unsigned(b), unsigned(c), unsigned(d));
        return Errno.success;
      } catch (error) {
        return errnoOf(error);
      }
    };
  }
  return (...args) => {
    try {
      call(...args.map(unsigned));
      return Errno.success;
    } catch (error) {
      return errnoOf(error);
    }
  };
}

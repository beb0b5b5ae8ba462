import { Trap } from '../code/traps.js';
import { LinkError as RuntimeLinkError } from '../runtime/errors.js';
import { TrapError } from '../runtime/trap-error.js';
import { CompileError as RuntimeCompileError } from '../wasm/errors.js';

/** The constructor of an error class, as ECMAScript's NativeError objects have it: it works without `new`, too. */
export interface ErrorClass {
  new (message?: string, options?: ErrorOptions): Error;
  (message?: string, options?: ErrorOptions): Error;
  readonly prototype: Error;
}

interface ErrorOptions {
  readonly cause?: unknown;
}

/** Makes an error class (ECMA-262, section 20.5.6: NativeError Object Structure). */
function errorClass(name: string): ErrorClass {
  const errorConstructor = function (message?: unknown, options?: unknown): object {
    const error = Reflect.construct(Error, [message, options], new.target ?? errorConstructor);
    Error.captureStackTrace(error, errorConstructor);
    return error;
  };
  Object.setPrototypeOf(errorConstructor, Error);
  const hidden = { writable: true, enumerable: false, configurable: true };
  const prototype = Object.create(Error.prototype, {
    constructor: { value: errorConstructor, ...hidden },
    name: { value: name, ...hidden },
    message: { value: '', ...hidden },
  });
  Object.defineProperties(errorConstructor, {
    name: { value: name, configurable: true },
    length: { value: 1, configurable: true },
    prototype: { value: prototype, writable: false },
  });
  return errorConstructor as unknown as ErrorClass;
}

/** A module is malformed or invalid, or uses a feature that is not supported, which the message names. */
export const CompileError = errorClass('CompileError');
/** Imports do not fit. */
export const LinkError = errorClass('LinkError');
/** WebAssembly code has trapped. `stack` shows its frames. */
export const RuntimeError = errorClass('RuntimeError');

/**
 * What JavaScript gets where wasm code traps: a RuntimeError, or, where the stack is exhausted, what JavaScript itself throws
 * then (JS API, section 8, "Stack overflow").
 */
export function errorOfTrap(trapError: TrapError): Error {
  const isStack = trapError.trap === Trap.callStackExhausted;
  const error = isStack
    ? new RangeError('Maximum call stack size exceeded')
    : new RuntimeError(trapError.message);
  const { stack } = trapError;
  if (stack !== undefined) {
    const headEnd = stack.indexOf('\n');
    const rest = headEnd < 0 ? '' : stack.slice(headEnd);
    Object.defineProperty(error, 'stack', {
      value: `${error.name}: ${error.message}${rest}`,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
  return error;
}

/** What the API throws in place of what the runtime has thrown. */
export function apiError(error: unknown): unknown {
  if (error instanceof RuntimeCompileError) return new CompileError(error.message);
  if (error instanceof RuntimeLinkError) return new LinkError(error.message);
  if (error instanceof TrapError) return errorOfTrap(error);
  return error;
}

/** Does something and throws the API's errors in place of the runtime's. */
export function withApiErrors<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw apiError(error);
  }
}

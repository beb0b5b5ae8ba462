import { Trap } from '../code/traps.js';
import { NativeError } from '../native/process/pages.js';
import { OutOfMemoryError, LinkError as RuntimeLinkError } from '../runtime/errors.js';
import { wasmCallSite } from '../runtime/traps/call-site.js';
import { showFrames } from '../runtime/traps/error-stack.js';
import { backtraceSites, TrapError } from '../runtime/traps/trap-error.js';
import type { WasmFrame } from '../runtime/traps/wasm-frame.js';
import { CompileError as RuntimeCompileError } from '../wasm/errors.js';

/**
 * The constructor of an error class, as ECMAScript's NativeError objects have it: it works without `new`,
 * too.
 */
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
 * What JavaScript gets where wasm code traps: a RuntimeError, or, where the stack is exhausted, what
 * JavaScript itself throws then (JS API, section 8, "Stack overflow").
 * @internal
 */
export function errorOfTrap(trapError: TrapError): Error {
  const isStack = trapError.trap === Trap.callStackExhausted;
  const error = isStack
    ? new RangeError('Maximum call stack size exceeded')
    : new RuntimeError(trapError.message);
  showFrames(error, backtraceSites(trapError.backtrace, siteOf), siteOf);
  return error;
}

/** As V8 shows it. */
function siteOf(frame: WasmFrame): NodeJS.CallSite {
  return wasmCallSite(frame);
}

/** What the API throws in place of what the runtime has thrown. @internal */
export function apiError(error: unknown): unknown {
  if (error instanceof RuntimeCompileError) return new CompileError(error.message);
  if (error instanceof RuntimeLinkError) return new LinkError(error.message);
  if (error instanceof TrapError) return errorOfTrap(error);
  // As in V8.
  if (error instanceof OutOfMemoryError || error instanceof NativeError) return new RangeError(error.message);
  return error;
}

/** Does something and throws the API's errors in place of the runtime's. @internal */
export function withApiErrors<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw apiError(error);
  }
}

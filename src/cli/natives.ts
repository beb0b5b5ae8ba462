import type { Runtime } from '../runtime/runtime.js';
import { InputError, UsageError } from './errors.js';

/** A native function that is named on the command line. */
export interface NativeArgument {
  readonly module: string;
  readonly name: string;
  /** Undefined where arguments are to be passed as they are. */
  readonly signature: string | undefined;
}

/** Reads `module.name=signature`, or `module.name`. */
export function parseNative(text: string): NativeArgument {
  const equals = text.indexOf('=');
  const path = equals < 0 ? text : text.slice(0, equals);
  // Names of modules may have dots in them; those of functions in C do not.
  const dot = path.lastIndexOf('.');
  if (dot < 1 || dot === path.length - 1) {
    throw new UsageError(`--native ${text}: expected module.name=signature, as in zlib.crc32=(I*~)I`);
  }
  return {
    module: path.slice(0, dot),
    name: path.slice(dot + 1),
    signature: equals < 0 ? undefined : text.slice(equals + 1),
  };
}

/**
 * Registers what `--native-lib` and `--native` name: what the libraries list, and single functions, each from the first
 * library that has it, or else from those that the process has loaded.
 *
 * @throws InputError where something cannot be loaded or found; UsageError for a signature that is none
 */
export function registerNatives(
  runtime: Runtime,
  libraries: readonly string[],
  natives: readonly NativeArgument[],
): void {
  for (const library of libraries) {
    const count = attempt(() => runtime.registerNativeLibrary(library));
    if (count === undefined && natives.length === 0) {
      throw new InputError(`${library} has no get_native_lib: name its functions, by --native`);
    }
  }
  for (const native of natives) attempt(() => registerNative(runtime, libraries, native));
}

function registerNative(
  runtime: Runtime,
  libraries: readonly string[],
  { module, name, signature }: NativeArgument,
): void {
  const places = [...libraries, undefined];
  for (const [k, library] of places.entries()) {
    try {
      runtime.registerNatives(module, [{ name, signature }], { library });
      return;
    } catch (error) {
      if (error instanceof SyntaxError || k === places.length - 1) throw error;
    }
  }
}

/** Errors about what the user has named are told in a line. */
function attempt<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(error.message);
    throw error instanceof Error ? new InputError(error.message) : error;
  }
}

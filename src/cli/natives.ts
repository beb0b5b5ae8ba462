import { existsSync } from 'node:fs';
import type { Runtime } from '../runtime/runtime.js';
import { InputError, UsageError } from './errors.js';

/** A native function named on the command line. */
export interface NativeArgument {
  readonly module: string;
  readonly name: string;
  /** Undefined if arguments are passed as they are. */
  readonly signature: string | undefined;
}

/** Reads `module.name=signature`, or `module.name`. */
export function parseNative(text: string): NativeArgument {
  const equals = text.indexOf('=');
  const path = equals < 0 ? text : text.slice(0, equals);
  // Module names may contain dots; names of C functions do not.
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
 * Registers what `--native-lib` and `--native` name: the functions that the libraries list, and single
 * functions. Each of those is taken from the first library that has it, otherwise from what the process has
 * loaded.
 *
 * @throws InputError if something cannot be loaded or found; UsageError for an invalid signature
 */
export function registerNatives(
  runtime: Runtime,
  libraries: readonly string[],
  natives: readonly NativeArgument[],
): void {
  for (const library of libraries) {
    const count = attempt(
      () => runtime.registerNativeLibrary(library),
      () => whereItIs(library),
    );
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

/** Only the loader's folders are searched for a library whose name has no folder, not the current one. */
function whereItIs(library: string): string {
  if (library.includes('/') || !existsSync(library)) return '';
  return `; there is one in the current folder: ./${library}`;
}

/** Turns errors about what the user named into one line. */
function attempt<Result>(work: () => Result, hint: () => string = () => ''): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(error.message);
    throw error instanceof Error ? new InputError(`${error.message}${hint()}`) : error;
  }
}

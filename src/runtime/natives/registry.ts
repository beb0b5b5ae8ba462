import { nativeUnavailable } from '../../native/ffi/ffi.js';
import {
  loadSharedLibrary,
  processSymbols,
  readNativeLibrary,
  type SharedLibrary,
} from '../../native/libraries/shared-library.js';
import { Native, type NativeDescription } from './native.js';

/** Where the C functions of `registerNatives` come from. */
export interface NativesOptions {
  /**
   * A shared library, by its path or by a name that the system's loader finds. Default: what the process has
   * loaded.
   */
  readonly library?: string | undefined;
}

/** The native functions of a runtime, by the names under which modules import them. @internal */
export class NativeRegistry {
  readonly #natives = new Map<string, Map<string, Native>>();

  find(module: string, name: string): Native | undefined {
    return this.#natives.get(module)?.get(name);
  }

  /** Adds functions: all, or, where it throws, none. The last one with a name counts. */
  register(module: string, descriptions: readonly NativeDescription[], { library }: NativesOptions): void {
    const symbols = library === undefined ? processLibrary : openLibrary(library);
    this.#add(
      module,
      descriptions.map((description) => new Native(module, description, symbols)),
    );
  }

  /**
   * Adds what a library offers by `get_native_lib`. Returns how many functions that are, or undefined for a
   * library that has no such function.
   */
  registerLibrary(path: string): number | undefined {
    requireFfi(path);
    const library = readNativeLibrary(path);
    if (library === undefined) return undefined;
    const { module, symbols } = library;
    const natives = symbols.map(
      ({ name, address, signature, attachment }) =>
        new Native(module, { name, address, signature, attachment, execEnv: true }, processSymbols),
    );
    this.#add(module, natives);
    return natives.length;
  }

  #add(module: string, natives: readonly Native[]): void {
    let byName = this.#natives.get(module);
    if (byName === undefined) {
      byName = new Map();
      this.#natives.set(module, byName);
    }
    for (const native of natives) byName.set(native.name, native);
  }
}

function openLibrary(path: string): SharedLibrary {
  requireFfi(path);
  return loadSharedLibrary(path);
}

/** The process's symbols, if there is an FFI to find them. */
const processLibrary: SharedLibrary = {
  symbol: (name) => {
    requireFfi(name);
    return processSymbols.symbol(name);
  },
};

function requireFfi(what: string): void {
  const reason = nativeUnavailable();
  if (reason !== undefined) throw new Error(`cannot load ${what}: ${reason}`);
}

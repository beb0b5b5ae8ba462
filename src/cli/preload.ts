import type { Imports } from '../runtime/instances/linking.js';
import type { Module } from '../runtime/modules/module.js';
import type { Runtime } from '../runtime/runtime.js';
import type { RuntimeOptions } from '../runtime/runtime-options.js';
import type { Wasi } from '../wasi/wasi.js';
import type { PreloadArgument } from './arguments.js';
import { InputError, isAboutFile } from './errors.js';
import { fileTitle, readModuleFile } from './module-file.js';

/** Reads the modules that `--preload` names. Throws an InputError if one cannot be read. */
export async function readPreloads(preloads: readonly PreloadArgument[]): Promise<Preloads> {
  const read: Preload[] = [];
  for (const preload of preloads) read.push({ ...preload, bytes: await readModuleFile(preload.file) });
  return new Preloads(read);
}

interface Preload extends PreloadArgument {
  readonly bytes: Uint8Array;
}

/** Modules that are instantiated before the program, which can import from them. */
class Preloads {
  readonly #preloads: readonly Preload[];
  readonly #modules = new WeakSet<Module>();

  constructor(preloads: readonly Preload[]) {
    this.#preloads = preloads;
  }

  /**
   * The same runtime options, but silent about these modules: observers identify functions by their indices
   * in one module.
   */
  without(all: RuntimeOptions): RuntimeOptions {
    if (this.#preloads.length === 0) return all;
    const { onCodeFound, onCompile, onTierUp } = all;
    const modules = this.#modules;
    const unlessPreloaded =
      <Event extends { readonly module: Module }>(listener: ((event: Event) => void) | undefined) =>
      (event: Event): void => {
        if (!modules.has(event.module)) listener?.(event);
      };
    return {
      ...all,
      onCodeFound: unlessPreloaded(onCodeFound),
      onCompile: unlessPreloaded(onCompile),
      onTierUp: unlessPreloaded(onTierUp),
    };
  }

  /**
   * Instantiates the modules in order. The exports of each can be imported, under its given name, by those
   * after it and by the program.
   *
   * @throws InputError if one cannot be instantiated; what its start function throws
   */
  instantiate(runtime: Runtime, wasi: Wasi): Imports {
    let imports: Imports = {};
    for (const { name, file, bytes } of this.#preloads) {
      try {
        const module = runtime.compile(bytes);
        this.#modules.add(module);
        const instance = runtime.instantiate(module, { ...wasi.imports(module), ...imports });
        imports = { ...imports, [name]: instance.exports };
      } catch (error) {
        throw isAboutFile(error) ? new InputError(`${fileTitle(file)}: ${error.message}`) : error;
      }
    }
    return imports;
  }
}

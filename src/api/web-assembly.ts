import { nextTask } from '../runtime/limits/slices.js';
import { compileInSlices, copyBytes, isValid } from './compile.js';
import {
  type CompileOptions,
  readCompileOptions,
  type WebAssemblyCompileOptions,
} from './compile-options.js';
import { CompileError, LinkError, RuntimeError } from './errors.js';
import { Exception } from './exception.js';
import { Global } from './global.js';
import { Instance, prepareInstance, toImportObject } from './instance.js';
import { Memory } from './memory.js';
import { Module, moduleObject, moduleOf } from './module.js';
import { readResponse } from './streaming.js';
import { Table } from './table.js';
import { jsTagObject, Tag } from './tag.js';
import { announceClasses } from './v8-engine.js';
import { type BufferSource, defineOperations, defineTag, requireArguments } from './web-idl.js';

/** What `instantiate` resolves with where it was given bytes. */
export interface WebAssemblyInstantiatedSource {
  readonly module: Module;
  readonly instance: Instance;
}

/**
 * The functions of the namespace (JS API, section 5; Web API, section 2). They follow the standard also in
 * when they fail.
 */
export interface WebAssemblyOperations {
  validate(bytes: BufferSource, options?: WebAssemblyCompileOptions): boolean;
  compile(bytes: BufferSource, options?: WebAssemblyCompileOptions): Promise<Module>;
  instantiate(
    bytes: BufferSource,
    importObject?: object,
    options?: WebAssemblyCompileOptions,
  ): Promise<WebAssemblyInstantiatedSource>;
  instantiate(module: Module, importObject?: object): Promise<Instance>;
  compileStreaming(
    source: Response | PromiseLike<Response>,
    options?: WebAssemblyCompileOptions,
  ): Promise<Module>;
  instantiateStreaming(
    source: Response | PromiseLike<Response>,
    importObject?: object,
    options?: WebAssemblyCompileOptions,
  ): Promise<WebAssemblyInstantiatedSource>;
}

export interface WebAssemblyNamespace extends WebAssemblyOperations {
  readonly Module: typeof Module;
  readonly Instance: typeof Instance;
  readonly Memory: typeof Memory;
  readonly Table: typeof Table;
  readonly Global: typeof Global;
  readonly Tag: typeof Tag;
  readonly Exception: typeof Exception;
  readonly JSTag: Tag;
  readonly CompileError: typeof CompileError;
  readonly LinkError: typeof LinkError;
  readonly RuntimeError: typeof RuntimeError;
}

/** A promise of what a function returns: rejected where it throws, at once. */
function promiseOf<Result>(work: () => Result | PromiseLike<Result>): Promise<Result> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

async function instantiateBytes(
  bytes: Promise<Uint8Array> | Uint8Array,
  importObject: object | undefined,
  options: CompileOptions,
): Promise<WebAssemblyInstantiatedSource> {
  const module = await compileInSlices(await bytes, options);
  const object = moduleObject(module);
  const start = prepareInstance(module, importObject);
  await nextTask();
  return { module: object, instance: start() };
}

async function instantiateModule(module: Module, importObject: object | undefined): Promise<Instance> {
  const content = moduleOf(module);
  if (content === undefined) throw new TypeError('not a module');
  const start = prepareInstance(content, importObject);
  await nextTask();
  return start();
}

const operations = {
  // The runtime is not made before it is asked for.
  get JSTag(): Tag {
    return jsTagObject();
  },

  compile(...args: unknown[]): Promise<Module> {
    return promiseOf(async () => {
      requireArguments('WebAssembly.compile', args, 1);
      const bytes = copyBytes('WebAssembly.compile: the argument', args[0]);
      return moduleObject(await compileInSlices(bytes, readCompileOptions('WebAssembly.compile', args[1])));
    });
  },

  validate(...args: unknown[]): boolean {
    requireArguments('WebAssembly.validate', args, 1);
    const bytes = copyBytes('WebAssembly.validate: the argument', args[0]);
    return isValid(bytes, readCompileOptions('WebAssembly.validate', args[1]));
  },

  instantiate(...args: unknown[]): Promise<Instance | WebAssemblyInstantiatedSource> {
    return promiseOf<Instance | WebAssemblyInstantiatedSource>(() => {
      const what = 'WebAssembly.instantiate';
      requireArguments(what, args, 1);
      const [source] = args;
      const importObject = toImportObject(what, args[1]);
      if (moduleOf(source) !== undefined) return instantiateModule(source as Module, importObject);
      const bytes = copyBytes(`${what}: the first argument`, source);
      return instantiateBytes(bytes, importObject, readCompileOptions(what, args[2]));
    });
  },

  compileStreaming(...args: unknown[]): Promise<Module> {
    return promiseOf(async () => {
      const what = 'WebAssembly.compileStreaming';
      requireArguments(what, args, 1);
      const options = readCompileOptions(what, args[1]);
      return moduleObject(await compileInSlices(await readResponse(args[0]), options));
    });
  },

  instantiateStreaming(...args: unknown[]): Promise<WebAssemblyInstantiatedSource> {
    return promiseOf(() => {
      const what = 'WebAssembly.instantiateStreaming';
      requireArguments(what, args, 1);
      const importObject = toImportObject(what, args[1]);
      const options = readCompileOptions(what, args[2]);
      return instantiateBytes(readResponse(args[0]), importObject, options);
    });
  },
};

defineOperations(operations, {
  compile: 1,
  validate: 1,
  instantiate: 1,
  compileStreaming: 1,
  instantiateStreaming: 1,
});
defineTag(operations, 'WebAssembly');
const interfaces = {
  ...{ Module, Instance, Table, Memory, Global, Tag, Exception },
  ...{ CompileError, LinkError, RuntimeError },
};
for (const [name, value] of Object.entries(interfaces)) {
  Object.defineProperty(operations, name, { value, writable: true, configurable: true });
}

announceClasses(interfaces);

/**
 * The WebAssembly JavaScript API (https://webassembly.github.io/spec/js-api/), over a runtime of this thread
 * that is made when it is first needed. See docs/js-api.md.
 */
export const WebAssembly = operations as unknown as WebAssemblyNamespace;

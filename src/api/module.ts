import type { ExternType } from '../runtime/modules/descriptors.js';
import { Module as RuntimeModule } from '../runtime/modules/module.js';
import { Adoption } from './adoption.js';
import { type CompiledModule, compileNow, type OwnModule } from './compile.js';
import { readCompileOptions, type WebAssemblyCompileOptions } from './compile-options.js';
import { ForeignModule, foreignModuleOf } from './foreign-module.js';
import { type Hold, holdOf } from './holds.js';
import { type V8Descriptor, type V8Engine, v8Engine } from './v8-engine.js';
import { type BufferSource, defineInterface, isObject, requireArguments, toBytes } from './web-idl.js';

export type ImportExportKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

export interface ModuleExportDescriptor {
  readonly name: string;
  readonly kind: ImportExportKind;
}

export interface ModuleImportDescriptor {
  readonly module: string;
  readonly name: string;
  readonly kind: ImportExportKind;
}

/** What an object of the API stands for. */
interface Content extends OwnModule {
  /** Keeps the module. */
  readonly hold: Hold;
}

const contents = new WeakMap<object, Content>();

/** WebAssembly.Module (JS API, section 5.1). */
export class Module {
  constructor(...args: [bytes: BufferSource, options?: WebAssemblyCompileOptions]) {
    const compiled = compiledBy(args);
    // biome-ignore lint/correctness/noConstructorReturn: V8's module is an object of the API, too
    if (compiled instanceof ForeignModule) return compiled.object as Module;
    const { module } = compiled;
    const object = makeUncloneable(new.target);
    const hold = holdOf(module, module.store.lifetimes);
    contents.set(object, { ...compiled, hold });
    hold.objects.set(module, object);
    // biome-ignore lint/correctness/noConstructorReturn: see `makeUncloneable`
    return object as Module;
  }

  /** What a module exports, in its order. */
  static exports(...args: [module: Module]): ModuleExportDescriptor[] {
    const compiled = requireModule('WebAssembly.Module.exports', args, 1);
    if (compiled instanceof ForeignModule) {
      return v8Modules()
        .exports(compiled.object)
        .map(({ name, kind }) => ({ name, kind: kind as ImportExportKind }));
    }
    return compiled.module.exports.map(({ name, kind }) => ({ name, kind: kindName(kind) }));
  }

  /** What a module imports, in its order, but for what the compile options bind. */
  static imports(...args: [module: Module]): ModuleImportDescriptor[] {
    const compiled = requireModule('WebAssembly.Module.imports', args, 1);
    if (compiled instanceof ForeignModule) return v8Imports(compiled) as ModuleImportDescriptor[];
    const { module, bound } = compiled;
    return module.imports
      .filter((_, k) => bound?.[k] === undefined)
      .map(({ module: from, name, kind }) => ({ module: from, name, kind: kindName(kind) }));
  }

  /** Copies of the contents of the custom sections with a name. */
  static customSections(...args: [module: Module, sectionName: string]): ArrayBuffer[] {
    const compiled = requireModule('WebAssembly.Module.customSections', args, 2);
    const name = `${args[1]}`;
    if (compiled instanceof ForeignModule) return v8Modules().customSections(compiled.object, name);
    return compiled.module.customSections(name).map((bytes) => new Uint8Array(bytes).buffer);
  }
}

defineInterface(Module, 'Module', {
  constructorLength: 1,
  statics: { exports: 1, imports: 1, customSections: 2 },
});

function compiledBy(args: readonly unknown[]): CompiledModule {
  const adopted = Adoption.contentOf(args[0]);
  if (isOwnModule(adopted)) return adopted;
  requireArguments('WebAssembly.Module', args, 1);
  const bytes = toBytes('WebAssembly.Module: the argument', args[0]);
  return compileNow(bytes, readCompileOptions('WebAssembly.Module', args[1]));
}

function isOwnModule(value: unknown): value is OwnModule {
  return isObject(value) && 'module' in value && value.module instanceof RuntimeModule;
}

/**
 * Makes an object of a class which `structuredClone` and `postMessage` refuse, by a DataCloneError: a plain
 * one would arrive as an object without properties. What kinds of objects can be cloned is fixed in V8, by
 * what they are inside; this one is a FinalizationRegistry inside, which nothing else shows, and which is
 * never used as one.
 */
function makeUncloneable(newTarget: new (...args: never) => object): object {
  return Reflect.construct(FinalizationRegistry, [() => {}], newTarget);
}

function kindName(kind: ExternType['kind']): ImportExportKind {
  return kind === 'func' ? 'function' : kind;
}

function requireModule(what: string, args: readonly unknown[], count: number): CompiledModule {
  requireArguments(what, args, count);
  const module = moduleOf(args[0]);
  if (module === undefined) throw new TypeError(`${what}: the first argument must be a WebAssembly.Module`);
  return module;
}

function v8Modules(): V8Engine['Module'] {
  const engine = v8Engine();
  if (engine === undefined) throw new Error("internal error: a module of V8's engine without that engine");
  return engine.Module;
}

/** What a module of V8's engine imports. @internal */
export function v8Imports({ object }: ForeignModule): V8Descriptor[] {
  return v8Modules()
    .imports(object)
    .map(({ module, name, kind }) => ({ module, name, kind }));
}

/** Makes the API's object of a module. @internal */
export function moduleObject(module: CompiledModule): Module {
  if (module instanceof ForeignModule) return module.object as Module;
  return new Module(new Adoption(module) as never);
}

/** What an object of the API stands for; undefined for any other value. @internal */
export function moduleOf(value: unknown): CompiledModule | undefined {
  return isObject(value) ? (contents.get(value) ?? foreignModuleOf(value)) : undefined;
}

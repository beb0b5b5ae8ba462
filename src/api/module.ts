import { Module as RuntimeModule } from '../runtime/module.js';
import { Adoption } from './adoption.js';
import { compileNow } from './compile.js';
import { type Hold, holdOf } from './holds.js';
import { type BufferSource, defineInterface, isObject, requireArguments, toBytes } from './web-idl.js';

export type ImportExportKind = 'function' | 'table' | 'memory' | 'global';

export interface ModuleExportDescriptor {
  readonly name: string;
  readonly kind: ImportExportKind;
}

export interface ModuleImportDescriptor {
  readonly module: string;
  readonly name: string;
  readonly kind: ImportExportKind;
}

let contentOf: (module: Module) => RuntimeModule | undefined;

/** WebAssembly.Module (JS API, section 5.1). */
export class Module {
  readonly #module: RuntimeModule;
  /** Keeps the module. */
  readonly #hold: Hold;

  static {
    contentOf = (module) => (#module in module ? module.#module : undefined);
  }

  constructor(...args: [bytes: BufferSource]) {
    const adopted = Adoption.contentOf(args[0]);
    if (adopted instanceof RuntimeModule) {
      this.#module = adopted;
    } else {
      requireArguments('WebAssembly.Module', args, 1);
      this.#module = compileNow(toBytes('WebAssembly.Module: the argument', args[0]));
    }
    this.#hold = holdOf(this.#module, this.#module.store.lifetimes);
    this.#hold.objects.set(this.#module, this);
  }

  /** What a module exports, in its order. */
  static exports(...args: [module: Module]): ModuleExportDescriptor[] {
    const module = requireModule('WebAssembly.Module.exports', args, 1);
    return module.exports.map(({ name, kind }) => ({ name, kind: kindName(kind) }));
  }

  /** What a module imports, in its order. */
  static imports(...args: [module: Module]): ModuleImportDescriptor[] {
    const module = requireModule('WebAssembly.Module.imports', args, 1);
    return module.imports.map(({ module: from, name, kind }) => ({
      module: from,
      name,
      kind: kindName(kind),
    }));
  }

  /** Copies of the contents of the custom sections with a name. */
  static customSections(...args: [module: Module, sectionName: string]): ArrayBuffer[] {
    const module = requireModule('WebAssembly.Module.customSections', args, 2);
    return module.customSections(`${args[1]}`).map((bytes) => new Uint8Array(bytes).buffer);
  }
}

defineInterface(Module, 'Module', {
  constructorLength: 1,
  statics: { exports: 1, imports: 1, customSections: 2 },
});

function kindName(kind: 'func' | 'table' | 'memory' | 'global'): ImportExportKind {
  return kind === 'func' ? 'function' : kind;
}

function requireModule(what: string, args: readonly unknown[], count: number): RuntimeModule {
  requireArguments(what, args, count);
  const module = moduleOf(args[0]);
  if (module === undefined) throw new TypeError(`${what}: the first argument must be a WebAssembly.Module`);
  return module;
}

/** Makes the API's object of a module. */
export function moduleObject(module: RuntimeModule): Module {
  return new Module(new Adoption(module) as never);
}

/** The runtime's module behind an object of the API; undefined where the value is anything else. */
export function moduleOf(value: unknown): RuntimeModule | undefined {
  return isObject(value) ? contentOf(value as Module) : undefined;
}

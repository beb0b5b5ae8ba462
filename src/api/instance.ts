import type { Extern } from '../runtime/instances/extern.js';
import type { Instance as RuntimeInstance } from '../runtime/instances/instance.js';
import { instantiate } from '../runtime/instances/instantiate.js';
import type { Module as RuntimeModule } from '../runtime/modules/module.js';
import { Func } from '../runtime/objects/func.js';
import { Global as RuntimeGlobal } from '../runtime/objects/global.js';
import { Memory as RuntimeMemory } from '../runtime/objects/memory.js';
import { Tag as RuntimeTag } from '../runtime/objects/tag.js';
import { Adoption } from './adoption.js';
import { agentStore } from './agent.js';
import type { CompiledModule } from './compile.js';
import { withApiErrors } from './errors.js';
import { ForeignInstance, importsForV8 } from './foreign-instance.js';
import { ForeignModule } from './foreign-module.js';
import { exportedFunction } from './functions.js';
import { globalObject } from './global.js';
import { type Hold, holdOf, whileStarting } from './holds.js';
import { memoryObject } from './memory.js';
import { type Module, moduleOf } from './module.js';
import { type ReadImports, readImports } from './read-imports.js';
import { tableObject } from './table.js';
import { tagObject } from './tag.js';
import { defineInterface, isObject, requireArguments } from './web-idl.js';

/** What an instance exports, by name: functions and objects of the API. Frozen, without a prototype. */
export type Exports = Readonly<Record<string, unknown>>;

/** An instance of the runtime that has been started, with what keeps it. */
class StartedInstance {
  readonly instance: RuntimeInstance;
  readonly hold: Hold;

  constructor(instance: RuntimeInstance) {
    this.instance = instance;
    this.hold = holdOf(instance, instance.module.store.lifetimes);
  }
}

/** What an object of the API stands for: an instance of the runtime, or of V8's own engine. */
type Started = StartedInstance | ForeignInstance;

function isStarted(value: unknown): value is Started {
  return value instanceof StartedInstance || value instanceof ForeignInstance;
}

/** WebAssembly.Instance (JS API, section 5.2). */
export class Instance {
  readonly #exports: Exports;
  readonly #hold: Hold | undefined;

  constructor(...args: [module: Module, importObject?: object]) {
    const adopted = Adoption.contentOf(args[0]);
    const started = isStarted(adopted) ? adopted : makeInstance(args);
    if (started instanceof StartedInstance) {
      this.#hold = started.hold;
      this.#hold.objects.set(started.instance, this);
    }
    this.#exports = started instanceof StartedInstance ? exportsObject(started.instance) : started.exports;
  }

  get exports(): Exports {
    return this.#exports;
  }
}

defineInterface(Instance, 'Instance', { constructorLength: 1, attributes: ['exports'] });

function makeInstance(args: readonly unknown[]): Started {
  const what = 'WebAssembly.Instance';
  requireArguments(what, args, 1);
  const module = moduleOf(args[0]);
  if (module === undefined) throw new TypeError(`${what}: the first argument must be a WebAssembly.Module`);
  return prepare(module, toImportObject(what, args[1]))();
}

/** Reads the imports of a module. Returns what makes and starts the instance. */
function prepare(module: CompiledModule, importObject: object | undefined): () => Started {
  if (module instanceof ForeignModule) {
    const imports = importsForV8(module, importObject);
    return () => ForeignInstance.start(module, imports);
  }
  const imports = readImports(module, importObject);
  return () => startInstance(module.module, imports);
}

/**
 * Reads the imports of a module.
 *
 * @returns what makes and starts the instance, and throws what `startInstance` throws
 * @throws what `readImports` throws
 * @internal
 */
export function prepareInstance(module: CompiledModule, importObject: object | undefined): () => Instance {
  const start = prepare(module, importObject);
  return () => new Instance(new Adoption(start()) as never);
}

/** The optional argument with the imports. Throws a TypeError where it is given, and no object. @internal */
export function toImportObject(what: string, value: unknown): object | undefined {
  if (value === undefined || isObject(value)) return value;
  throw new TypeError(`${what}: the imports must be an object`);
}

/**
 * Makes the runtime's instance of a module and runs its start function. Throws LinkError or what ends the
 * start.
 */
function startInstance(module: RuntimeModule, imports: ReadImports): StartedInstance {
  return whileStarting(() => {
    try {
      return withApiErrors(() => {
        // Its hold is made while those of the imports are still there.
        return new StartedInstance(instantiate(agentStore(), module, (_, k) => imports.externs[k]));
      });
    } catch (error) {
      imports.settle();
      throw error;
    }
  });
}

/** JS API, section 5.2, "create an exports object". */
function exportsObject(instance: RuntimeInstance): Exports {
  const exports: Record<string, unknown> = Object.create(null);
  for (const [name, extern] of Object.entries(instance.exports)) exports[name] = externObject(extern);
  return Object.freeze(exports);
}

function externObject(extern: Extern): unknown {
  if (extern instanceof Func) return exportedFunction(extern);
  if (extern instanceof RuntimeMemory) return memoryObject(extern);
  if (extern instanceof RuntimeGlobal) return globalObject(extern);
  if (extern instanceof RuntimeTag) return tagObject(extern);
  return tableObject(extern);
}

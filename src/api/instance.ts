import type { Extern } from '../runtime/instances/extern.js';
import type { Instance as RuntimeInstance } from '../runtime/instances/instance.js';
import { instantiate } from '../runtime/instances/instantiate.js';
import type { Module as RuntimeModule } from '../runtime/modules/module.js';
import { Func } from '../runtime/objects/func.js';
import { Global as RuntimeGlobal } from '../runtime/objects/global.js';
import { Memory as RuntimeMemory } from '../runtime/objects/memory.js';
import { Adoption } from './adoption.js';
import { agentStore } from './agent.js';
import { withApiErrors } from './errors.js';
import { exportedFunction } from './functions.js';
import { globalObject } from './global.js';
import { type Hold, holdOf, whileStarting } from './holds.js';
import { memoryObject } from './memory.js';
import { type Module, moduleOf } from './module.js';
import { type ReadImports, readImports } from './read-imports.js';
import { tableObject } from './table.js';
import { defineInterface, isObject, requireArguments } from './web-idl.js';

/** What an instance exports, by name: functions and objects of the API. Frozen, without a prototype. */
export type Exports = Readonly<Record<string, unknown>>;

/** An instance of the runtime that has been started, with what keeps it. @internal */
export class StartedInstance {
  readonly instance: RuntimeInstance;
  readonly hold: Hold;

  constructor(instance: RuntimeInstance) {
    this.instance = instance;
    this.hold = holdOf(instance, instance.module.store.lifetimes);
  }
}

/** WebAssembly.Instance (JS API, section 5.2). */
export class Instance {
  readonly #exports: Exports;
  readonly #hold: Hold;

  constructor(...args: [module: Module, importObject?: object]) {
    const adopted = Adoption.contentOf(args[0]);
    const { instance, hold } = adopted instanceof StartedInstance ? adopted : makeInstance(args);
    this.#hold = hold;
    this.#hold.objects.set(instance, this);
    this.#exports = exportsObject(instance);
  }

  get exports(): Exports {
    return this.#exports;
  }
}

defineInterface(Instance, 'Instance', { constructorLength: 1, attributes: ['exports'] });

function makeInstance(args: readonly unknown[]): StartedInstance {
  const what = 'WebAssembly.Instance';
  requireArguments(what, args, 1);
  const module = moduleOf(args[0]);
  if (module === undefined) throw new TypeError(`${what}: the first argument must be a WebAssembly.Module`);
  return startInstance(module, readImports(module, toImportObject(what, args[1])));
}

/** The optional argument with the imports. Throws a TypeError where it is given, and no object. @internal */
export function toImportObject(what: string, value: unknown): object | undefined {
  if (value === undefined || isObject(value)) return value;
  throw new TypeError(`${what}: the imports must be an object`);
}

/**
 * Makes the runtime's instance of a module and runs its start function. Throws LinkError or what ends the
 * start. @internal
 */
export function startInstance(module: RuntimeModule, imports: ReadImports): StartedInstance {
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

/** Makes the API's object of an instance. @internal */
export function instanceObject(started: StartedInstance): Instance {
  return new Instance(new Adoption(started) as never);
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
  return tableObject(extern);
}

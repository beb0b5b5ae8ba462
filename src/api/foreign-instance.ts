import { printableName } from '../wasm/printable-name.js';
import type { ForeignModule } from './foreign-module.js';
import { globalForV8, globalFromV8 } from './global.js';
import { memoryForV8, memoryFromV8 } from './memory.js';
import { v8Imports } from './module.js';
import { tableForV8, tableFromV8 } from './table.js';
import { tagForV8, tagFromV8 } from './tag.js';
import { type V8Descriptor, v8Engine } from './v8-engine.js';
import { fromV8, toV8 } from './v8-functions.js';
import { isObject } from './web-idl.js';

/** What an instance of V8's engine imports: by module name and name. */
export type V8Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** An instance of a module that V8's own engine runs. */
export class ForeignInstance {
  /** Frozen, without a prototype. */
  readonly exports: Readonly<Record<string, unknown>>;

  private constructor(exports: Readonly<Record<string, unknown>>) {
    this.exports = exports;
  }

  /** Instantiates a module. Throws what V8's engine throws. */
  static start({ object }: ForeignModule, imports: V8Imports): ForeignInstance {
    const engine = v8Engine();
    if (engine === undefined) throw new Error("internal error: V8's engine is gone");
    const instance = new engine.Instance(object, imports);
    const exports: Record<string, unknown> = Object.create(null);
    for (const [name, value] of Object.entries(instance.exports)) exports[name] = exportFromV8(value);
    return new ForeignInstance(Object.freeze(exports));
  }
}

/** What JavaScript knows by another object than V8's engine does, because it has been ours. */
function exportFromV8(value: unknown): unknown {
  return fromV8(memoryFromV8(tableFromV8(globalFromV8(tagFromV8(value)))));
}

/**
 * Reads the imports of a module that V8's engine runs (JS API, section 5, "read the imports"), and gives that
 * engine its own objects in place of ours.
 *
 * @throws TypeError where an object is missing; LinkError where one cannot be shared; what getters throw
 */
export function importsForV8(module: ForeignModule, importObject: object | undefined): V8Imports {
  const entries = v8Imports(module);
  if (entries.length > 0 && importObject === undefined) {
    throw new TypeError('WebAssembly.Instance: the imports must be an object');
  }
  const imports: Record<string, Record<string, unknown>> = Object.create(null);
  for (const entry of entries) {
    const namespace: unknown = Reflect.get(importObject as object, entry.module);
    if (!isObject(namespace)) {
      throw new TypeError(`WebAssembly.Instance: import "${printableName(entry.module)}" must be an object`);
    }
    imports[entry.module] ??= Object.create(null) as Record<string, unknown>;
    imports[entry.module][entry.name] = importForV8(entry, Reflect.get(namespace, entry.name));
  }
  return imports;
}

function importForV8(entry: V8Descriptor, value: unknown): unknown {
  switch (entry.kind) {
    case 'memory':
      return memoryForV8(entry, value);
    case 'table':
      return tableForV8(entry, value);
    case 'global':
      return globalForV8(entry, value);
    case 'tag':
      return tagForV8(entry, value);
    default:
      return toV8(value);
  }
}

import { type V8Engine, v8Engine } from './v8-engine.js';

/**
 * What descriptors can ask for that ours lacks: V8's own engine makes it, if it can. Else it is refused by
 * name, rather than ignored.
 */

const typeFeatures: ReadonlyMap<string, string> = new Map([
  ...['anyref', 'eqref', 'i31ref', 'structref', 'arrayref'].map(
    (name) => [name, 'garbage collection'] as const,
  ),
]);

/** Errors of what V8's engine may have. */
const laterErrors = new WeakSet<object>();

function unsupported(what: string, feature: string): TypeError {
  return new TypeError(`${what}: unsupported feature: ${feature}`);
}

function forV8(error: TypeError): TypeError {
  laterErrors.add(error);
  return error;
}

/**
 * Makes an object of the API; by V8's engine, where the descriptor asks for what ours lacks and V8 has.
 *
 * @param args of the constructor
 */
export function orByV8<Name extends 'Memory' | 'Table' | 'Global' | 'Tag', Made>(
  name: Name,
  args: readonly unknown[],
  make: () => Made,
): Made | NonNullable<V8Engine[Name]>['prototype'] {
  try {
    return make();
  } catch (error) {
    const V8Class = laterErrors.has(Object(error)) ? v8Engine()?.[name] : undefined;
    if (V8Class === undefined) throw error;
    try {
      return new V8Class(...args);
    } catch {
      throw error;
    }
  }
}

/** @throws TypeError where the name of a type is one of a feature that is missing */
export function refuseLaterType(what: string, name: string): void {
  const feature = typeFeatures.get(name);
  if (feature !== undefined) throw forV8(unsupported(what, `${feature} (${name})`));
}

/**
 * Reads the member `shared` of a memory's descriptor.
 *
 * @throws TypeError where it is true: V8's engine has them
 */
export function checkShared(what: string, descriptor: Readonly<Record<string, unknown>>): void {
  if (descriptor['shared']) throw forV8(unsupported(what, 'threads (shared memories)'));
}

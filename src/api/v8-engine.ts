import { type HostEngine, hostMembers, isNative } from '../wasm/host-engine.js';
import { takesFallback } from './agent.js';

/** What is used of the classes of V8's own engine. Their objects are told by their prototypes. */
export interface V8Class<Made extends object = object> {
  readonly prototype: Made;
  new (...args: unknown[]): Made;
}

export interface V8Descriptor {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
}

interface V8ModuleClass extends V8Class {
  imports(module: object): V8Descriptor[];
  exports(module: object): V8Descriptor[];
  customSections(module: object, name: string): ArrayBuffer[];
}

export interface V8Memory {
  readonly buffer: ArrayBufferLike;
  grow(delta: number): number;
}

export interface V8Table {
  readonly length: number;
  get(index: unknown): unknown;
  set(index: unknown, ...value: unknown[]): void;
  grow(delta: unknown, ...value: unknown[]): number;
}

export interface V8Global {
  value: unknown;
  valueOf(): unknown;
}

/** V8's own WebAssembly, which runs what ours lacks. */
export interface V8Engine {
  readonly Module: V8ModuleClass;
  readonly Instance: V8Class<{ readonly exports: Readonly<Record<string, unknown>> }>;
  readonly Memory: V8Class<V8Memory>;
  readonly Table: V8Class<V8Table>;
  readonly Global: V8Class<V8Global>;
  /** Not there in every version. */
  readonly Tag?: V8Class;
  readonly JSTag?: object;
  readonly Exception?: V8Class;
  compile(bytes: Uint8Array, options?: unknown): Promise<object>;
  validate(bytes: Uint8Array, options?: unknown): boolean;
}

/** Names of classes whose objects count as instances of ours of the same name. */
const related = [
  ...(['Module', 'Instance', 'Memory', 'Table', 'Global', 'Tag', 'Exception'] as const),
  ...(['CompileError', 'LinkError', 'RuntimeError'] as const),
];

/** Ours, by name. */
let ownClasses: Readonly<Record<string, { readonly prototype: object } | undefined>> = {};
/** Undefined before it has been looked for; null where there is none. */
let engine: V8Engine | null | undefined;

/** Says which classes are ours. To be called before the engine is used. */
export function announceClasses(classes: typeof ownClasses): void {
  ownClasses = classes;
}

const callbacks: ((engine: V8Engine) => void)[] = [];

/** Has a function called when V8's engine is first used. */
export function whenEngineFound(callback: (engine: V8Engine) => void): void {
  callbacks.push(callback);
}

/** V8's own engine; undefined where there is none (`--jitless`) or it is not to be used. */
export function v8Engine(): V8Engine | undefined {
  if (!takesFallback()) return undefined;
  if (engine === undefined) {
    const found = hostMembers as unknown as V8Engine & HostEngine;
    const isThere = related.every((name) => name in hostMembers || name === 'Tag' || name === 'Exception');
    engine = isThere && isNative(found) ? found : null;
    if (engine !== null) {
      relateClasses();
      for (const callback of callbacks) callback(engine);
    }
  }
  return engine ?? undefined;
}

/**
 * Has V8's objects pass as instances of our classes: what V8's prototypes lack, and `instanceof`, come from
 * ours.
 */
function relateClasses(): void {
  for (const name of related) {
    const theirs = Reflect.get(hostMembers, name) as V8Class | undefined;
    const ours = ownClasses[name];
    if (theirs !== undefined && ours !== undefined) {
      Object.setPrototypeOf(theirs.prototype, ours.prototype);
    }
  }
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Puts another in the place of a method of V8's, or of both functions of an attribute. It looks as the one
 * that was there.
 *
 * @param around makes the replacement of what was there
 */
export function replaceMember(prototype: object, name: string, around: (original: Method) => Method): void {
  const property = Object.getOwnPropertyDescriptor(prototype, name);
  if (property === undefined) return;
  for (const kind of ['value', 'get', 'set'] as const) {
    const original: unknown = property[kind];
    if (typeof original !== 'function') continue;
    const perform = around(original as Method);
    // Not a constructor, as the original is none.
    const { replacement } = {
      replacement(this: unknown, ...args: unknown[]): unknown {
        return Reflect.apply(perform, this, args);
      },
    };
    for (const key of ['name', 'length']) {
      const own = Object.getOwnPropertyDescriptor(original, key);
      if (own !== undefined) Object.defineProperty(replacement, key, own);
    }
    property[kind] = replacement;
  }
  Object.defineProperty(prototype, name, property);
}

type V8ClassName = 'Module' | 'Memory' | 'Table' | 'Global' | 'Tag' | 'Exception';

/** The value, where it is an object of V8's own engine of this class; undefined for anything else. */
export function v8Object<Name extends V8ClassName>(
  name: Name,
  value: unknown,
): NonNullable<V8Engine[Name]>['prototype'] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = v8Engine()?.[name];
  return found !== undefined && Object.prototype.isPrototypeOf.call(found.prototype, value)
    ? (value as NonNullable<V8Engine[Name]>['prototype'])
    : undefined;
}

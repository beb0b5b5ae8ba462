import { Global as RuntimeGlobal } from '../runtime/objects/global.js';
import { conversionOf } from '../runtime/values/values.js';
import { ValType, valTypeName } from '../wasm/types.js';
import { Adoption } from './adoption.js';
import { agentRuntime } from './agent.js';
import { isOpaque, opaqueError, toJs, toWasm } from './functions.js';
import { type Hold, holdOfContent, objectOf } from './holds.js';
import { orByV8 } from './later-features.js';
import { linkError, ownedByUpshift } from './link-error.js';
import { descriptorType, isV8GlobalOf } from './tiny-modules.js';
import { isUsed } from './used-objects.js';
import { type V8Descriptor, type V8Global, v8Engine, v8Object } from './v8-engine.js';
import { fromV8, toV8 } from './v8-functions.js';
import { toValueType, type ValueType } from './value-types.js';
import { defineInterface, isObject, requireArguments, required, toDictionary } from './web-idl.js';

export interface GlobalDescriptor {
  readonly value: ValueType;
  readonly mutable?: boolean | undefined;
}

let contentOf: (global: Global) => RuntimeGlobal | undefined;
let moved: (global: Global) => V8Global | undefined;
let move: (global: Global, to: V8Global) => void;

/** WebAssembly.Global (JS API, section 5.5). */
export class Global {
  readonly #global!: RuntimeGlobal;
  readonly #hold!: Hold;
  /** What it has become, where V8's own engine uses it and may change it. */
  #moved: V8Global | undefined;

  static {
    contentOf = (global) => (#global in global && global.#moved === undefined ? global.#global : undefined);
    moved = (global) => (#global in global ? global.#moved : undefined);
    move = (global, to) => {
      global.#moved = to;
    };
  }

  constructor(...args: [descriptor: GlobalDescriptor, value?: unknown]) {
    const adopted = Adoption.contentOf(args[0]);
    const global =
      adopted instanceof RuntimeGlobal ? adopted : orByV8('Global', args, () => makeGlobal(args));
    // biome-ignore lint/correctness/noConstructorReturn: V8's global is an object of the API, too
    if (!(global instanceof RuntimeGlobal)) return global as unknown as Global;
    this.#global = global;
    this.#hold = holdOfContent(global);
    this.#hold.objects.set(global, this);
  }

  /** @throws TypeError where the value has no form in JavaScript */
  get value(): unknown {
    if (this.#moved !== undefined) return fromV8(this.#moved.value);
    return valueOfGlobal('get WebAssembly.Global.value', this.#global);
  }

  /** @throws TypeError where the global is immutable, or the value cannot be converted to its type */
  set value(value: unknown) {
    const global = this.#global;
    // biome-ignore lint/complexity/noArguments: a setter can have no rest parameter
    requireArguments('set WebAssembly.Global.value', [...arguments], 1);
    if (this.#moved !== undefined) {
      this.#moved.value = toV8(value);
      return;
    }
    checkSeen('set WebAssembly.Global.value', global);
    if (!global.type.mutable) throw new TypeError('set WebAssembly.Global.value: the global is immutable');
    global.value = toWasm(global.type.type, value);
  }

  valueOf(): unknown {
    if (this.#moved !== undefined) return fromV8(this.#moved.value);
    return valueOfGlobal('WebAssembly.Global.valueOf', this.#global);
  }
}

defineInterface(Global, 'Global', {
  constructorLength: 1,
  methods: { valueOf: 0 },
  attributes: ['value'],
});

/** JS API, section 5.5, GetGlobalValue. */
function valueOfGlobal(what: string, global: RuntimeGlobal): unknown {
  checkSeen(what, global);
  return toJs(global.type.type, global.value);
}

/** @throws TypeError where values of the global's type have no form in JavaScript */
function checkSeen(what: string, { type: { type } }: RuntimeGlobal): void {
  if (isOpaque(type)) throw opaqueError(what, type);
}

/** JS API, section 5.7, DefaultValue. */
function defaultValue(type: ValType): unknown {
  return type === ValType.externref ? undefined : conversionOf(type).zero;
}

function makeGlobal(args: readonly unknown[]): RuntimeGlobal {
  const what = 'WebAssembly.Global';
  requireArguments(what, args, 1);
  const descriptor = toDictionary(`${what}: the descriptor`, args[0]);
  const mutable = Boolean(descriptor['mutable']);
  const type = toValueType(what, 'value', required(`${what}: value`, descriptor['value']));
  if (isOpaque(type)) throw opaqueError(what, type);
  const value = args[1] === undefined ? defaultValue(type) : toWasm(type, args[1]);
  return agentRuntime().global({ type, mutable }, value);
}

/** The API's object of a global: always the same one. @internal */
export function globalObject(global: RuntimeGlobal): Global {
  return objectOf(global, () => new Global(new Adoption(global) as never));
}

/** The runtime's global of an object of the API; undefined for any other value. @internal */
export function globalOf(value: unknown): RuntimeGlobal | undefined {
  return isObject(value) ? contentOf(value as Global) : undefined;
}

/** Objects of the API, by the globals of V8's that they have become, or that have their values. */
const objectsOfV8Globals = new WeakMap<object, object>();

/**
 * A global as V8's engine is to get it. One that is immutable is copied; a mutable one that JavaScript has
 * made becomes V8's, unless our code uses it already.
 *
 * @throws LinkError where it does
 * @internal
 */
export function globalForV8(entry: V8Descriptor, value: unknown): unknown {
  if (!isObject(value)) return value;
  const known = moved(value as Global);
  if (known !== undefined) return known;
  const global = globalOf(value);
  // A function may be the value of an immutable global.
  if (global === undefined) return toV8(value);
  const { type, mutable } = global.type;
  const name = descriptorType(type);
  const engine = v8Engine();
  if (name === undefined || engine === undefined) {
    throw linkError(entry, ownedByUpshift(`global of type ${valTypeName(type)}`));
  }
  if (mutable && isUsed(global)) throw linkError(entry, ownedByUpshift('mutable global'));
  const made = new engine.Global({ value: name, mutable }, toV8(toJs(type, global.value)));
  if (mutable) move(value as Global, made);
  objectsOfV8Globals.set(made, value);
  return made;
}

/** The other way round. @internal */
export function globalFromV8(value: unknown): unknown {
  return isObject(value) ? (objectsOfV8Globals.get(value) ?? value) : value;
}

/** A global of V8's engine: one that was made there, or has become one. @internal */
export function v8GlobalOf(value: unknown): V8Global | undefined {
  return v8Object('Global', value) ?? (isObject(value) ? moved(value as Global) : undefined);
}

/**
 * What an immutable global of V8's engine holds.
 *
 * @returns undefined where it is not immutable, or of another type
 * @internal
 */
export function v8GlobalValue(type: ValType, global: V8Global): { readonly value: unknown } | undefined {
  if (isOpaque(type) || !isV8GlobalOf({ type, mutable: false }, global)) return undefined;
  return { value: fromV8(global.value) };
}

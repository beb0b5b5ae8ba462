import { Global as RuntimeGlobal } from '../runtime/objects/global.js';
import { conversionOf } from '../runtime/values/values.js';
import { ValType } from '../wasm/types.js';
import { Adoption } from './adoption.js';
import { agentRuntime } from './agent.js';
import { isOpaque, opaqueError, toJs, toWasm } from './functions.js';
import { type Hold, holdOfContent, objectOf } from './holds.js';
import { refuseLaterType } from './later-features.js';
import { defineInterface, isObject, requireArguments, required, toDictionary } from './web-idl.js';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'externref' | 'anyfunc';

export interface GlobalDescriptor {
  readonly value: ValueType;
  readonly mutable?: boolean | undefined;
}

let contentOf: (global: Global) => RuntimeGlobal | undefined;

/** WebAssembly.Global (JS API, section 5.5). */
export class Global {
  readonly #global: RuntimeGlobal;
  readonly #hold: Hold;

  static {
    contentOf = (global) => (#global in global ? global.#global : undefined);
  }

  constructor(...args: [descriptor: GlobalDescriptor, value?: unknown]) {
    const adopted = Adoption.contentOf(args[0]);
    const global = adopted instanceof RuntimeGlobal ? adopted : makeGlobal(args);
    this.#global = global;
    this.#hold = holdOfContent(global);
    this.#hold.objects.set(global, this);
  }

  /** @throws TypeError where the value has no form in JavaScript */
  get value(): unknown {
    return valueOfGlobal('get WebAssembly.Global.value', this.#global);
  }

  /** @throws TypeError where the global is immutable, or the value cannot be converted to its type */
  set value(value: unknown) {
    const global = this.#global;
    // biome-ignore lint/complexity/noArguments: a setter can have no rest parameter
    requireArguments('set WebAssembly.Global.value', [...arguments], 1);
    checkSeen('set WebAssembly.Global.value', global);
    if (!global.type.mutable) throw new TypeError('set WebAssembly.Global.value: the global is immutable');
    global.value = toWasm(global.type.type, value);
  }

  valueOf(): unknown {
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
  const type = toValueType(required(`${what}: value`, descriptor['value']));
  if (isOpaque(type)) throw opaqueError(what, type);
  const value = args[1] === undefined ? defaultValue(type) : toWasm(type, args[1]);
  return agentRuntime().global({ type, mutable }, value);
}

const valueTypes: ReadonlyMap<string, ValType> = new Map<string, ValType>([
  ['i32', ValType.i32],
  ['i64', ValType.i64],
  ['f32', ValType.f32],
  ['f64', ValType.f64],
  ['v128', ValType.v128],
  ['externref', ValType.externref],
  ['anyfunc', ValType.funcref],
]);

function toValueType(value: unknown): ValType {
  const name = `${value}`;
  const type = valueTypes.get(name);
  if (type !== undefined) return type;
  refuseLaterType('WebAssembly.Global', name);
  throw new TypeError(`WebAssembly.Global: value must be one of ${[...valueTypes.keys()].join(', ')}`);
}

/** The API's object of a global: always the same one. @internal */
export function globalObject(global: RuntimeGlobal): Global {
  return objectOf(global, () => new Global(new Adoption(global) as never));
}

/** The runtime's global of an object of the API; undefined for any other value. @internal */
export function globalOf(value: unknown): RuntimeGlobal | undefined {
  return isObject(value) ? contentOf(value as Global) : undefined;
}

import { Global as RuntimeGlobal } from '../runtime/global.js';
import { ValType } from '../wasm/types.js';
import { Adoption } from './adoption.js';
import { agentRuntime } from './agent.js';
import { toJs, toWasm } from './functions.js';
import { type Hold, holdOf } from './holds.js';
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
    this.#hold = holdOf(global.owner, global.store.lifetimes);
    this.#hold.objects.set(global, this);
  }

  get value(): unknown {
    const global = this.#global;
    return toJs(global.type.type, global.value);
  }

  /** @throws TypeError where the global is immutable, or the value cannot be converted to its type */
  set value(value: unknown) {
    const global = this.#global;
    // biome-ignore lint/complexity/noArguments: a setter can have no rest parameter
    requireArguments('set WebAssembly.Global.value', [...arguments], 1);
    if (!global.type.mutable) throw new TypeError('set WebAssembly.Global.value: the global is immutable');
    global.value = toWasm(global.type.type, value);
  }

  valueOf(): unknown {
    const global = this.#global;
    return toJs(global.type.type, global.value);
  }
}

defineInterface(Global, 'Global', {
  constructorLength: 1,
  methods: { valueOf: 0 },
  attributes: ['value'],
});

const defaults: ReadonlyMap<ValType, unknown> = new Map<ValType, unknown>([
  [ValType.i32, 0],
  [ValType.i64, 0n],
  [ValType.f32, 0],
  [ValType.f64, 0],
  [ValType.funcref, null],
  [ValType.externref, undefined],
]);

function makeGlobal(args: readonly unknown[]): RuntimeGlobal {
  const what = 'WebAssembly.Global';
  requireArguments(what, args, 1);
  const descriptor = toDictionary(`${what}: the descriptor`, args[0]);
  const mutable = Boolean(descriptor['mutable']);
  const type = toValueType(required(`${what}: value`, descriptor['value']));
  if (type === ValType.v128) throw new TypeError(`${what}: unsupported feature: SIMD (v128)`);
  const value = args[1] === undefined ? defaults.get(type) : toWasm(type, args[1]);
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
  const type = valueTypes.get(`${value}`);
  if (type !== undefined) return type;
  throw new TypeError(`WebAssembly.Global: value must be one of ${[...valueTypes.keys()].join(', ')}`);
}

/** The API's object of a global: always the same one. */
export function globalObject(global: RuntimeGlobal): Global {
  const known = holdOf(global.owner, global.store.lifetimes).objects.get(global);
  if (known !== undefined) return known as Global;
  return new Global(new Adoption(global) as never);
}

/** The runtime's global behind an object of the API; undefined where the value is anything else. */
export function globalOf(value: unknown): RuntimeGlobal | undefined {
  return isObject(value) ? contentOf(value as Global) : undefined;
}

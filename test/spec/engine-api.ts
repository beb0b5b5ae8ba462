import { decodeModule } from '../../src/wasm/decode.js';
import { functionType, type WasmModule } from '../../src/wasm/module.js';
import { type FuncType, ValType } from '../../src/wasm/types.js';
import type { Engine, Failure, FailureKind } from '../../src/wast/engine.js';
import { HostReferences } from '../../src/wast/host-references.js';
import { missingFeature } from '../../src/wast/missing-feature.js';
import { isFloatType, numbers } from '../../src/wast/numbers.js';
import type { Value, ValueType } from '../../src/wast/values.js';
import { functionAdapter, globalAdapter, halfTypes, halves, hasVectors, joined } from './vector-adapter.js';

/** What the engine uses of an implementation of the WebAssembly JavaScript API. */
export interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> };
  readonly Global: new (type: { value: string; mutable?: boolean }, value: unknown) => { value: unknown };
  readonly Memory: new (type: { initial: number; maximum?: number }) => object;
  readonly Table: new (type: {
    element: string;
    initial: number | bigint;
    maximum?: number | bigint;
    address?: 'i64';
  }) => object;
  readonly CompileError: new () => Error;
  readonly LinkError: new () => Error;
  readonly RuntimeError: new () => Error;
  /** What wasm throws, where exceptions are implemented. */
  readonly Exception?: new (
    ...args: never
  ) => object;
}

type Exports = Record<string, unknown>;
type Callable = (...args: unknown[]) => unknown;

function isCallable(value: unknown): value is Callable {
  return typeof value === 'function';
}

/** The suite's table with 64-bit addresses, which older versions of V8 do not make. */
function wideTable(api: WasmApi): { readonly table64?: object } {
  try {
    const table64 = new api.Table({ element: 'anyfunc', initial: 10n, maximum: 20n, address: 'i64' });
    return { table64 };
  } catch {
    return {};
  }
}

/** Modules with features that our decoder does not know have no vectors that it could tell us about. */
function decodedIfKnown(bytes: Uint8Array): WasmModule | undefined {
  try {
    return decodeModule(bytes);
  } catch {
    return undefined;
  }
}

/**
 * An implementation of the JavaScript API: Upshift's, or Node's own as a reference, which shows that the
 * runner reads the scripts correctly. This interface hides types and does not keep every NaN; messages are
 * not part of it.
 */
export class ApiEngine implements Engine<object, Exports> {
  readonly exact: boolean = false;
  readonly #api: WasmApi;
  readonly #references = new HostReferences();
  readonly #spectest: Exports;
  /** What the API does not tell about modules, and then about the instances that they have become. */
  readonly #decoded = new WeakMap<object, WasmModule>();
  readonly #adapters = new WeakMap<object, Callable>();

  constructor(api: WasmApi) {
    this.#api = api;
    const ignore = (): void => {};
    this.#spectest = {
      print: ignore,
      print_i32: ignore,
      print_i64: ignore,
      print_f32: ignore,
      print_f64: ignore,
      print_i32_f32: ignore,
      print_f64_f64: ignore,
      global_i32: new api.Global({ value: 'i32' }, 666),
      global_i64: new api.Global({ value: 'i64' }, 666n),
      global_f32: new api.Global({ value: 'f32' }, 666.6),
      global_f64: new api.Global({ value: 'f64' }, 666.6),
      table: new api.Table({ element: 'anyfunc', initial: 10, maximum: 20 }),
      ...wideTable(api),
      memory: new api.Memory({ initial: 1, maximum: 2 }),
    };
  }

  compile(bytes: Uint8Array): object {
    const module = new this.#api.Module(bytes);
    const decoded = decodedIfKnown(bytes);
    if (decoded !== undefined) this.#decoded.set(module, decoded);
    return module;
  }

  instantiate(module: object, registered: ReadonlyMap<string, Exports>): Exports {
    const imports = { ...Object.fromEntries(registered), spectest: this.#spectest };
    const { exports } = new this.#api.Instance(module, imports);
    const decoded = this.#decoded.get(module);
    if (decoded !== undefined) this.#decoded.set(exports, decoded);
    return exports;
  }

  invoke(
    instance: Exports,
    field: string,
    args: readonly Value[],
    hints: readonly ValueType[] = [],
  ): Value[] {
    const callee = instance[field];
    if (!isCallable(callee)) throw new Error(`no exported function ${field}`);
    const type = this.#functionType(instance, field);
    if (type === undefined || !hasVectors(type)) return this.#call(callee, args, hints);
    const adapter = this.#adapted(callee, () => functionAdapter(type));
    return joined(this.#call(adapter, args.flatMap(halves), halfTypes(type.results)), type.results);
  }

  get(instance: Exports, field: string, hint?: ValueType): Value {
    const global = instance[field];
    if (!(global instanceof this.#api.Global)) throw new Error(`no exported global ${field}`);
    if (hint !== 'v128') return this.#fromHost(global.value, hint);
    const reader = this.#adapted(global, () => globalAdapter(this.#isMutable(instance, field)));
    const [value] = joined(this.#call(reader, [], ['i64', 'i64']), [ValType.v128]);
    return value;
  }

  #functionType(instance: Exports, field: string): FuncType | undefined {
    const wasm = this.#decoded.get(instance);
    const index = wasm?.exports.find(({ name }) => name === field)?.index;
    return wasm === undefined || index === undefined ? undefined : functionType(wasm, index);
  }

  #isMutable(instance: Exports, field: string): boolean {
    const wasm = this.#decoded.get(instance);
    const index = wasm?.exports.find(({ name }) => name === field)?.index ?? 0;
    return wasm?.globals[index].mutable ?? false;
  }

  /** The function that stands for a function or global of the API, made once. */
  #adapted(adaptee: object, makeModule: () => Uint8Array): Callable {
    let adapter = this.#adapters.get(adaptee);
    if (adapter === undefined) {
      const module = new this.#api.Module(makeModule());
      adapter = new this.#api.Instance(module, { '': { '': adaptee } }).exports[''] as Callable;
      this.#adapters.set(adaptee, adapter);
    }
    return adapter;
  }

  #call(callee: Callable, args: readonly Value[], hints: readonly ValueType[]): Value[] {
    const results = callee(...args.map((arg) => this.#toHost(arg)));
    if (results === undefined) return [];
    return (Array.isArray(results) ? results : [results]).map((result, index) =>
      this.#fromHost(result, hints[index]),
    );
  }

  failure(error: unknown): Failure {
    const message = String(error);
    return { kind: this.#failureKind(error), message, feature: missingFeature(message) };
  }

  dispose(): void {}

  #failureKind(error: unknown): FailureKind {
    const { CompileError, LinkError, RuntimeError, Exception } = this.#api;
    if (error instanceof CompileError) {
      return error.message.startsWith('unsupported feature: ') ? 'unsupported' : 'invalid';
    }
    if (Exception !== undefined && error instanceof Exception) return 'exception';
    // An import from a missing module is a TypeError.
    if (error instanceof LinkError || error instanceof TypeError) return 'link';
    // An exhausted stack is a RangeError.
    return error instanceof RuntimeError || error instanceof RangeError ? 'trap' : 'other';
  }

  #toHost(value: Value): unknown {
    if (value.type === 'v128') throw new Error('JavaScript has no value for a vector');
    if ('bits' in value) return numbers[value.type].value(value.bits);
    return value.type === 'externref' ? this.#references.toHost(value) : null;
  }

  #fromHost(value: unknown, hint: ValueType = 'i32'): Value {
    if (hint === 'externref' || hint === 'funcref' || hint === 'exnref' || hint === 'anyref') {
      if (value === null) return { type: hint, value: 'null' };
      if (typeof value === 'function') return { type: 'funcref', value: 'function' };
      return this.#references.fromHost(value);
    }
    // A result may have another type than the script expects; only floats cannot be told from i32.
    const type = typeof value === 'bigint' ? 'i64' : isFloatType(hint) ? hint : 'i32';
    return { type, bits: numbers[type].bits(value as number | bigint) };
  }
}

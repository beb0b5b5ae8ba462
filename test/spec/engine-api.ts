import type { Engine, Failure, FailureKind } from '../../src/wast/engine.js';
import { HostReferences } from '../../src/wast/host-references.js';
import { isFloatType, numbers } from '../../src/wast/numbers.js';
import type { Value, ValueType } from '../../src/wast/values.js';

/** What the engine uses of an implementation of the WebAssembly JavaScript API. */
export interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> };
  readonly Global: new (type: { value: string; mutable?: boolean }, value: unknown) => { value: unknown };
  readonly Memory: new (type: { initial: number; maximum?: number }) => object;
  readonly Table: new (type: { element: string; initial: number; maximum?: number }) => object;
  readonly CompileError: new () => Error;
  readonly LinkError: new () => Error;
  readonly RuntimeError: new () => Error;
}

type Exports = Record<string, unknown>;

/**
 * An implementation of the JavaScript API: Upshift's, or Node's own as a reference, which shows that the
 * runner reads the scripts correctly. This interface hides types and does not keep every NaN; messages are
 * not part of it.
 */
export class ApiEngine implements Engine<object, Exports> {
  readonly vectors: boolean;
  readonly exact: boolean = false;
  readonly #api: WasmApi;
  readonly #references = new HostReferences();
  readonly #spectest: Exports;

  /** @param vectors whether the implementation has vectors */
  constructor(api: WasmApi, vectors: boolean) {
    this.#api = api;
    this.vectors = vectors;
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
      memory: new api.Memory({ initial: 1, maximum: 2 }),
    };
  }

  compile(bytes: Uint8Array): object {
    return new this.#api.Module(bytes);
  }

  instantiate(module: object, registered: ReadonlyMap<string, Exports>): Exports {
    const imports = { ...Object.fromEntries(registered), spectest: this.#spectest };
    return new this.#api.Instance(module, imports).exports;
  }

  invoke(
    instance: Exports,
    field: string,
    args: readonly Value[],
    hints: readonly ValueType[] = [],
  ): Value[] {
    const callee = instance[field];
    if (typeof callee !== 'function') throw new Error(`no exported function ${field}`);
    const results: unknown = callee(...args.map((arg) => this.#toHost(arg)));
    if (results === undefined) return [];
    return (Array.isArray(results) ? results : [results]).map((result, index) =>
      this.#fromHost(result, hints[index]),
    );
  }

  get(instance: Exports, field: string, hint?: ValueType): Value {
    const global = instance[field];
    if (!(global instanceof this.#api.Global)) throw new Error(`no exported global ${field}`);
    return this.#fromHost(global.value, hint);
  }

  failure(error: unknown): Failure {
    return { kind: this.#failureKind(error), message: String(error) };
  }

  dispose(): void {}

  #failureKind(error: unknown): FailureKind {
    const { CompileError, LinkError, RuntimeError } = this.#api;
    if (error instanceof CompileError) {
      return error.message.startsWith('unsupported feature: ') ? 'unsupported' : 'invalid';
    }
    // An import from a missing module is a TypeError.
    if (error instanceof LinkError || error instanceof TypeError) return 'link';
    // An exhausted stack is a RangeError.
    return error instanceof RuntimeError || error instanceof RangeError ? 'trap' : 'other';
  }

  #toHost(value: Value): unknown {
    if ('bits' in value) return numbers[value.type].value(value.bits);
    return value.type === 'externref' ? this.#references.toHost(value) : null;
  }

  #fromHost(value: unknown, hint: ValueType = 'i32'): Value {
    if (hint === 'externref' || hint === 'funcref') {
      if (value === null) return { type: hint, value: 'null' };
      if (typeof value === 'function') return { type: 'funcref', value: 'function' };
      return this.#references.fromHost(value);
    }
    // A result may have another type than the script expects; only floats cannot be told from i32.
    const type = typeof value === 'bigint' ? 'i64' : isFloatType(hint) ? hint : 'i32';
    return { type, bits: numbers[type].bits(value as number | bigint) };
  }
}

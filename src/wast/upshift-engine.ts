import { Trap } from '../code/traps.js';
import { LinkError } from '../runtime/errors.js';
import { WasmException } from '../runtime/exceptions/wasm-exception.js';
import type { Extern } from '../runtime/instances/extern.js';
import type { Instance } from '../runtime/instances/instance.js';
import type { Module } from '../runtime/modules/module.js';
import { Func } from '../runtime/objects/func.js';
import { Global } from '../runtime/objects/global.js';
import { Runtime } from '../runtime/runtime.js';
import type { RuntimeOptions } from '../runtime/runtime-options.js';
import { TrapError } from '../runtime/traps/trap-error.js';
import { CompileError, UnsupportedError } from '../wasm/errors.js';
import { type FuncType, isRefType, type RefClass, refClass, ValType } from '../wasm/types.js';
import type { Engine, Failure } from './engine.js';
import { HostReferences } from './host-references.js';
import { missingFeature } from './missing-feature.js';
import { type NumberType, numbers, numberTypeOf } from './numbers.js';
import type { Value } from './values.js';

/** Upshift itself, with one runtime per script, disposed of at its end. */
export class UpshiftEngine implements Engine<Module, Instance> {
  readonly exact = true;
  protected readonly runtime: Runtime;
  readonly #spectest: Record<string, Extern>;
  readonly #references = new HostReferences();

  constructor(options: RuntimeOptions) {
    this.runtime = new Runtime(options);
    this.#spectest = makeSpectest(this.runtime);
  }

  compile(bytes: Uint8Array): Module {
    return this.runtime.compile(bytes);
  }

  instantiate(module: Module, registered: ReadonlyMap<string, Instance>): Instance {
    const imports: Record<string, Readonly<Record<string, Extern>>> = { spectest: this.#spectest };
    for (const [name, instance] of registered) imports[name] = instance.exports;
    return this.runtime.instantiate(module, imports);
  }

  invoke(instance: Instance, field: string, args: readonly Value[]): Value[] {
    const callee = instance.exports[field];
    if (!(callee instanceof Func)) throw new Error(`no exported function ${field}`);
    const { params, results } = callee.type;
    if ([...params, ...results].every(hasBits)) {
      const bits = callee.callBits(args.map((arg) => ('bits' in arg ? arg.bits : 0n)));
      return results.map((type, index) => ({ type: bitsName(type), bits: bits[index] }));
    }
    const returned = callee(...args.map((arg) => this.#toHost(arg)));
    const values: unknown[] =
      results.length === 0 ? [] : results.length > 1 && Array.isArray(returned) ? returned : [returned];
    return results.map((type, index) => this.#fromHost(type, values[index]));
  }

  get(instance: Instance, field: string): Value {
    const global = instance.exports[field];
    if (!(global instanceof Global)) throw new Error(`no exported global ${field}`);
    const type = global.type.type;
    if (hasBits(type)) return { type: bitsName(type), bits: global.bits };
    return this.#fromHost(type, global.value);
  }

  failure(error: unknown): Failure {
    if (error instanceof CompileError) {
      const { message } = error;
      const kind = error.malformed ? 'malformed' : 'invalid';
      const feature = missingFeature(message);
      return { kind: error instanceof UnsupportedError ? 'unsupported' : kind, message, feature };
    }
    if (error instanceof WasmException) return { kind: 'exception', message: '' };
    if (error instanceof LinkError) return { kind: 'link', message: error.message };
    if (error instanceof TrapError) {
      const kind = error.trap === Trap.callStackExhausted ? 'exhaustion' : 'trap';
      return { kind, message: error.message };
    }
    return {
      kind: 'other',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }

  dispose(): void {
    this.runtime.dispose();
  }

  #toHost(value: Value): unknown {
    if (value.type === 'v128') throw new Error('JavaScript has no value for a vector');
    if ('bits' in value) return numbers[value.type].value(value.bits);
    return value.type === 'externref' ? this.#references.toHost(value) : null;
  }

  #fromHost(type: ValType, value: unknown): Value {
    if (isRefType(type)) return this.#referenceFromHost(refClass(type), value);
    const name = numberName(type);
    return { type: name, bits: numbers[name].bits(value as number | bigint) };
  }

  #referenceFromHost(kind: RefClass, value: unknown): Value {
    switch (kind) {
      case 'extern':
        return this.#references.fromHost(value);
      case 'exn':
        return { type: 'exnref', value: value === null ? 'null' : 'exception' };
      case 'func':
        if (value !== null && !(value instanceof Func)) throw new Error('a funcref that is no function');
        return { type: 'funcref', value: value === null ? 'null' : 'function' };
    }
  }
}

/** Whether values of the type are bits: numbers and vectors. */
function hasBits(type: ValType): boolean {
  return type === ValType.v128 || numberTypeOf(type) !== undefined;
}

function bitsName(type: ValType): NumberType | 'v128' {
  return type === ValType.v128 ? 'v128' : numberName(type);
}

function numberName(type: ValType): NumberType {
  const name = numberTypeOf(type);
  if (name === undefined) throw new Error('not a number type');
  return name;
}

/** The host module that the suite's scripts import from. */
function makeSpectest(runtime: Runtime): Record<string, Extern> {
  const { i32, i64, f32, f64, funcref } = ValType;
  const print = (...params: ValType[]): Func => {
    const type: FuncType = { params, results: [] };
    return runtime.hostFunction(type, () => undefined);
  };
  const constant = (type: ValType, value: unknown): Global => runtime.global({ type, mutable: false }, value);
  return {
    print: print(),
    print_i32: print(i32),
    print_i64: print(i64),
    print_f32: print(f32),
    print_f64: print(f64),
    print_i32_f32: print(i32, f32),
    print_f64_f64: print(f64, f64),
    global_i32: constant(i32, 666),
    global_i64: constant(i64, 666n),
    global_f32: constant(f32, 666.6),
    global_f64: constant(f64, 666.6),
    table: runtime.table({ element: funcref, limits: { min: 10, max: 20 } }),
    table64: runtime.table({ element: funcref, limits: { min: 10, max: 20, address: i64 } }),
    memory: runtime.memory({ limits: { min: 1, max: 2 } }),
  };
}

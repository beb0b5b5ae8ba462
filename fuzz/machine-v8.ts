import { setFlagsFromString } from 'node:v8';
import { Trap } from '../src/code/traps.js';
import { ExternKind, type WasmModule } from '../src/wasm/module.js';
import { type Limits, ValType } from '../src/wasm/types.js';
import type { Argument } from './case.js';
import {
  exceptionText,
  HostError,
  hostObjects,
  hostThrew,
  importBits,
  isSeenInExceptions,
  numberOf,
  numberText,
  unknownException,
} from './imports.js';
import type { ImportedFunction, Machine } from './machine.js';
import type { Ending } from './outcome.js';
import { addMemory, addTable } from './state.js';

interface V8Tag {
  readonly __tag: never;
}
interface V8Exception extends Error {
  is(tag: V8Tag): boolean;
  getArg(tag: V8Tag, index: number): unknown;
}
interface V8Memory {
  readonly buffer: ArrayBufferLike;
}
interface V8Table {
  /** Of a table with 64-bit indices a bigint. */
  readonly length: number | bigint;
  get(index: number | bigint): unknown;
}
interface V8Global {
  readonly value: unknown;
}

/** Bigints where addresses are i64. */
interface V8Limits {
  readonly initial: number | bigint;
  readonly maximum?: number | bigint;
  readonly address?: 'i64';
}

function v8Limits({ min, max, address }: Limits): V8Limits {
  const is64 = address === ValType.i64;
  const size = (value: number): number | bigint => (is64 ? BigInt(value) : value);
  return {
    initial: size(min),
    ...(max !== undefined && { maximum: size(max) }),
    ...(is64 && { address: 'i64' }),
  };
}

interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> };
  readonly Global: new (type: { value: string; mutable: boolean }, value: unknown) => V8Global;
  readonly Memory: new (type: V8Limits) => V8Memory;
  readonly Table: new (type: V8Limits & { element: string }) => V8Table;
  readonly Tag: new (type: { parameters: string[] }) => V8Tag;
  readonly Exception: new (tag: V8Tag, payload: unknown[]) => V8Exception;
  readonly CompileError: new () => Error;
  readonly LinkError: new () => Error;
  readonly RuntimeError: new () => Error;
  validate(bytes: Uint8Array): boolean;
}

// On by default since V8 11.4; Node 20 has 11.3. Newer versions may no longer know the flags.
if (Number(process.versions.v8.split('.')[0]) < 12) {
  setFlagsFromString('--experimental-wasm-extended-const');
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  setFlagsFromString('--experimental-wasm-memory64');
}

/** Node's own WebAssembly. */
export const webAssembly = Reflect.get(globalThis, 'WebAssembly') as WasmApi;

/** V8's messages and what they can mean: it distinguishes fewer traps than we do. */
const trapsOfMessages: readonly (readonly [message: RegExp, traps: readonly Trap[]])[] = [
  [/^unreachable/, [Trap.unreachable]],
  [/^memory access out of bounds/, [Trap.memoryOutOfBounds]],
  [/data segment/, [Trap.memoryOutOfBounds]],
  [/^(divide|remainder) by zero/, [Trap.integerDivideByZero]],
  [/^divide result unrepresentable/, [Trap.integerOverflow]],
  [/^float unrepresentable/, [Trap.integerOverflow, Trap.invalidConversionToInteger]],
  // A null reference has no signature.
  [/function signature mismatch/, [Trap.uninitializedElement, Trap.indirectCallTypeMismatch]],
  [/^table index is out of bounds/, [Trap.undefinedElement, Trap.tableOutOfBounds]],
  [/^dereferencing a null pointer/, [Trap.nullReference, Trap.nullFunction]],
  [/^(rethrowing|.*) null (value|exception)/, [Trap.nullException]],
  [/table.*out of bounds|element segment|table initializer/, [Trap.tableOutOfBounds]],
];

const names: Readonly<Record<number, string>> = {
  [ValType.i32]: 'i32',
  [ValType.i64]: 'i64',
  [ValType.f32]: 'f32',
  [ValType.f64]: 'f64',
  [ValType.funcref]: 'anyfunc',
  [ValType.externref]: 'externref',
};

/** V8 as users have it. */
export class V8Machine implements Machine {
  readonly entered = 0;
  #wasm: WasmModule | undefined;
  #exports: Record<string, unknown> = {};
  /** What was made for the imports, by name. */
  readonly #made = new Map<string, { readonly type: number; readonly value: unknown }>();

  instantiate(wasm: WasmModule, makeFunction: (index: number) => ImportedFunction): void {
    this.#wasm = wasm;
    const imports: Record<string, Record<string, unknown>> = {};
    for (const [index, entry] of wasm.imports.entries()) {
      const value = entry.kind === ExternKind.func ? makeFunction(index) : this.#make(wasm, index);
      imports[entry.module] ??= {};
      imports[entry.module][entry.name] = value;
    }
    const module = new webAssembly.Module(wasm.bytes);
    this.#exports = new webAssembly.Instance(module, imports).exports;
  }

  #make(wasm: WasmModule, index: number): unknown {
    const entry = wasm.imports[index];
    let value: unknown;
    let type = 0;
    switch (entry.kind) {
      case ExternKind.memory: {
        value = new webAssembly.Memory(v8Limits(entry.type.limits));
        break;
      }
      case ExternKind.table: {
        const { element, limits } = entry.type;
        type = element;
        value = new webAssembly.Table({ element: names[element], ...v8Limits(limits) });
        break;
      }
      case ExternKind.global: {
        type = entry.type.type;
        const initial = this.fromHost(type as ValType, importBits(type as ValType, index));
        value = new webAssembly.Global({ value: names[type], mutable: entry.type.mutable }, initial);
        break;
      }
      case ExternKind.tag: {
        const parameters = wasm.types[entry.type.typeIndex].params.map((param) => names[param]);
        value = new webAssembly.Tag({ parameters });
        break;
      }
    }
    this.#made.set(`imported "${entry.module}" "${entry.name}"`, { type, value });
    return value;
  }

  call(name: string, args: readonly Argument[], results: readonly ValType[]): string[] {
    const callee = this.#exports[name] as ImportedFunction;
    const returned = callee(...args.map(({ type, bits }) => this.fromHost(type, bits)));
    const values = results.length > 1 ? (returned as unknown[]) : [returned];
    return results.map((type, k) => this.text(type, values[k]));
  }

  fromHost(type: ValType, bits: bigint): unknown {
    if (type === ValType.externref) return bits < 0n ? null : hostObjects[Number(bits)];
    if (type !== ValType.funcref) return numberOf(type, bits);
    const functions = Object.values(this.#exports).filter((value) => typeof value === 'function');
    return bits < 0n || functions.length === 0 ? null : functions[Number(bits) % functions.length];
  }

  text(type: ValType, value: unknown): string {
    if (type === ValType.externref)
      return value === null ? 'extern:null' : `extern:${hostObjects.indexOf(value as object)}`;
    if (type !== ValType.funcref) return numberText(type, value);
    if (value === null) return 'func:null';
    // V8 names an exported function by its index.
    const index = Number((value as ImportedFunction).name);
    return index < (this.#wasm?.importedFunctionCount ?? 0) ? 'func:imported' : `func:${index}`;
  }

  state(detailed: boolean): Record<string, string> {
    const state: Record<string, string> = {};
    for (const [name, { type, value }] of this.#made) this.#add(state, name, type, value, detailed);
    for (const { name, kind, index } of this.#wasm?.exports ?? []) {
      const wasm = this.#wasm;
      if (wasm === undefined || this.#exports[name] === undefined) continue;
      const type = kind === ExternKind.table ? wasm.tables[index].element : (wasm.globals[index]?.type ?? 0);
      this.#add(state, `export ${JSON.stringify(name)}`, type, this.#exports[name], detailed);
    }
    return state;
  }

  #add(state: Record<string, string>, name: string, type: number, value: unknown, detailed: boolean): void {
    if (value instanceof webAssembly.Memory) addMemory(state, name, value.buffer, detailed);
    if (value instanceof webAssembly.Global) state[name] = this.text(type as ValType, value.value);
    if (value instanceof webAssembly.Table) {
      const is64 = typeof value.length === 'bigint';
      addTable(state, name, Number(value.length), (index) =>
        this.text(type as ValType, value.get(is64 ? BigInt(index) : index)),
      );
    }
  }

  ending(error: unknown): Ending {
    if (error instanceof HostError) return { kind: 'threw', what: hostThrew };
    if (error instanceof webAssembly.Exception) return { kind: 'threw', what: this.#exceptionText(error) };
    if (error instanceof RangeError && /call stack/.test(error.message)) {
      return { kind: 'trapped', traps: [Trap.callStackExhausted] };
    }
    const message = String(error);
    if (error instanceof webAssembly.RuntimeError) {
      const text = error.message.replace(/^WebAssembly\.Instance\(\): /, '');
      for (const [pattern, traps] of trapsOfMessages)
        if (pattern.test(text)) return { kind: 'trapped', traps };
    }
    if (error instanceof webAssembly.CompileError) return { kind: 'refused', message };
    return { kind: 'failed', message };
  }

  /** An exception in words: its tag by the name of its first export. */
  #exceptionText(error: V8Exception): string {
    const wasm = this.#wasm;
    for (const { name, kind, index } of wasm?.exports ?? []) {
      const tag = this.#exports[name] as V8Tag | undefined;
      // There are no exports yet where the start function threw.
      if (wasm === undefined || kind !== ExternKind.tag || tag === undefined || !error.is(tag)) continue;
      const { params } = wasm.types[wasm.tags[index].typeIndex];
      const values = params.map((type, k) =>
        isSeenInExceptions(params, k) ? this.text(type, error.getArg(tag, k)) : '…',
      );
      return exceptionText(name, values);
    }
    return unknownException;
  }

  dispose(): void {}
}

import {
  CompileError,
  type Extern,
  Func,
  Global,
  Instance,
  Memory,
  Runtime,
  type RuntimeOptions,
  Table,
  TrapError,
  ValType,
  WasmException,
} from '../src/index.js';
import { needsNewerLlvm } from '../src/llvm-jit/lowering/universal-prototype.js';
import { ExternKind, type WasmModule } from '../src/wasm/module.js';
import type { Argument } from './case.js';
import type { Configuration } from './configurations.js';
import {
  exceptionText,
  HostError,
  hasSeenParts,
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

/** Upshift, in one configuration. */
export class UpshiftMachine implements Machine {
  readonly #runtime: Runtime;
  readonly #made = new Map<string, Extern>();
  /** Functions that LLVM refused; it is expected to take all but those that old versions cannot make. */
  readonly #refusals: string[] = [];
  #exports: Readonly<Record<string, Extern>> = {};
  #exportedFunctions: readonly Func[] = [];
  entered = 0;

  readonly #aot: Configuration['aot'];

  constructor(options: RuntimeOptions, aot?: Configuration['aot']) {
    this.#aot = aot;
    this.#runtime = new Runtime({
      verifyIr: true,
      ...options,
      onTierUp: (event) => {
        if (event.kind === 'entered') this.entered++;
        if (event.kind !== 'refused' || event.reason === needsNewerLlvm) return;
        this.#refusals.push(`function ${event.functionIndex}: ${event.reason}`);
      },
    });
  }

  instantiate(wasm: WasmModule, makeFunction: (index: number) => ImportedFunction): void {
    const imports: Record<string, Record<string, Extern | ImportedFunction>> = {};
    for (const [index, entry] of wasm.imports.entries()) {
      const value = entry.kind === ExternKind.func ? makeFunction(index) : this.#make(wasm, index);
      imports[entry.module] ??= {};
      imports[entry.module][entry.name] = value;
    }
    const compiled = this.#runtime.compile(wasm.bytes);
    const module =
      this.#aot === undefined ? compiled : this.#runtime.load(compiled.serialize({ code: this.#aot }));
    const instance = this.#runtime.instantiate(module, imports);
    this.#exports = instance.exports;
    this.#exportedFunctions = Object.values(instance.exports).filter((value) => value instanceof Func);
  }

  #make(wasm: WasmModule, index: number): Extern {
    const entry = wasm.imports[index];
    let made: Extern;
    switch (entry.kind) {
      case ExternKind.memory:
        made = this.#runtime.memory(entry.type);
        break;
      case ExternKind.table:
        made = this.#runtime.table(entry.type);
        break;
      case ExternKind.global: {
        const { type } = entry.type;
        made = this.#runtime.global(entry.type, this.fromHost(type, importBits(type, index)));
        break;
      }
      case ExternKind.tag:
        made = this.#runtime.tag(wasm.types[entry.type.typeIndex].params);
        break;
      default:
        throw new Error('not made by the runtime');
    }
    this.#made.set(`imported "${entry.module}" "${entry.name}"`, made);
    return made;
  }

  call(name: string, args: readonly Argument[], results: readonly ValType[]): string[] {
    const callee = this.#exports[name];
    if (!(callee instanceof Func)) throw new Error(`there is no function ${name}`);
    const returned = callee(...args.map(({ type, bits }) => this.fromHost(type, bits)));
    if (this.#refusals.length > 0) throw new Error(`LLVM refused ${this.#refusals.join(', ')}`);
    const values = results.length > 1 ? (returned as unknown[]) : [returned];
    return results.map((type, k) => this.text(type, values[k]));
  }

  fromHost(type: ValType, bits: bigint): unknown {
    if (type === ValType.externref) return bits < 0n ? null : hostObjects[Number(bits)];
    if (type !== ValType.funcref) return numberOf(type, bits);
    const functions = this.#exportedFunctions;
    return bits < 0n || functions.length === 0 ? null : functions[Number(bits) % functions.length];
  }

  text(type: ValType, value: unknown): string {
    if (type === ValType.externref)
      return value === null ? 'extern:null' : `extern:${hostObjects.indexOf(value as object)}`;
    if (type !== ValType.funcref) return numberText(type, value);
    if (value === null) return 'func:null';
    if (!(value instanceof Func)) return `not a function: ${String(value)}`;
    return value.owner instanceof Instance ? `func:${value.functionIndex}` : 'func:imported';
  }

  state(detailed: boolean): Record<string, string> {
    const state: Record<string, string> = {};
    for (const [name, value] of this.#made) this.#add(state, name, value, detailed);
    for (const [name, value] of Object.entries(this.#exports)) {
      this.#add(state, `export ${JSON.stringify(name)}`, value, detailed);
    }
    return state;
  }

  #add(state: Record<string, string>, name: string, value: Extern, detailed: boolean): void {
    if (value instanceof Memory) addMemory(state, name, value.buffer, detailed);
    if (value instanceof Global) state[name] = this.text(value.type.type, value.value);
    if (value instanceof Table) {
      addTable(state, name, value.length, (index) => this.text(value.type.element, value.get(index)));
    }
  }

  ending(error: unknown): Ending {
    if (error instanceof HostError) return { kind: 'threw', what: hostThrew };
    if (error instanceof WasmException) return { kind: 'threw', what: this.#exceptionText(error) };
    if (error instanceof TrapError) return { kind: 'trapped', traps: [error.trap] };
    if (error instanceof CompileError) return { kind: 'refused', message: String(error) };
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: 'failed', message };
  }

  /** An exception in words: its tag by the name of its first export. */
  #exceptionText(error: WasmException): string {
    const { tag } = error;
    const { params } = tag.type;
    const name = Object.keys(this.#exports).find((key) => this.#exports[key] === tag);
    if (name === undefined) return unknownException;
    const payload = hasSeenParts(params) ? error.payload : [];
    const values = params.map((type, k) =>
      isSeenInExceptions(params, k) ? this.text(type, payload[k]) : '…',
    );
    return exceptionText(name, values);
  }

  dispose(): void {
    this.#runtime.dispose();
  }
}

import { type CompileOptions, compileFunction } from '../../src/fast-jit/compile.js';
import {
  baselineCpu,
  CompileError,
  type Extern,
  Func,
  type FuncType,
  Global,
  type Instance,
  LinkError,
  type Module,
  Runtime,
  Trap,
  TrapError,
  UnsupportedError,
  ValType,
} from '../../src/index.js';
import { hostCpu } from '../../src/native/cpu.js';
import type { Engine, EngineOptions, Failure } from './engine.js';
import type { Value, ValueType } from './values.js';

/** Upshift itself: one runtime a script, disposed of at its end. */
export class UpshiftEngine implements Engine<Module, Instance> {
  readonly vectors = false;
  readonly exact = true;
  readonly #compileOptions: CompileOptions;
  readonly #runtime: Runtime;
  readonly #spectest: Record<string, Extern>;
  readonly #externs = new Map<number, object>();
  /** Whether all functions are compiled by LLVM before an instance starts. */
  readonly #isLlvmExpected: boolean;
  /** Functions that LLVM has refused: it is to take all of them. */
  readonly #refusals: string[] = [];

  constructor(options: EngineOptions) {
    const memoryMode = options.memory;
    const cpu = options.cpu === 'host' ? hostCpu() : baselineCpu;
    this.#compileOptions = { memoryMode, cpu, verify: true };
    const { tier, chaos, turns, mixed, level = '3' } = options;
    this.#isLlvmExpected = tier === 'llvm' || (tier === 'multi' && chaos !== undefined);
    this.#runtime = new Runtime({
      memoryMode,
      cpu: options.cpu === 'host' ? undefined : cpu,
      tier: tier === 'v8' ? undefined : tier,
      onTierUp: (event) => {
        if (event.kind === 'refused') this.#refusals.push(`function ${event.functionIndex}: ${event.reason}`);
      },
      llvm: { level: Number(level) as 0 | 1 | 2 | 3 },
      tuning: {
        chaos,
        interpreted: mixed === undefined ? undefined : (index) => index % mixed === 0,
        ...(turns === undefined ? {} : { heatThreshold: turns, warmUp: 0, waitForLoops: true }),
      },
    });
    this.#spectest = makeSpectest(this.#runtime);
  }

  /** Also compiles all functions, called or not, with the IR verifier on; or decodes them, for the interpreter. */
  compile(bytes: Uint8Array): Module {
    const module = this.#runtime.compile(bytes);
    const { wasm, layout } = module;
    if (this.#runtime.tier === 'interp') {
      for (const k of wasm.bodyStarts.keys()) module.interpreterCode.body(wasm.importedFunctionCount + k);
      return module;
    }
    for (let index = wasm.importedFunctionCount; index < wasm.functionTypes.length; index++) {
      compileFunction(wasm, layout, index, this.#compileOptions);
    }
    return module;
  }

  instantiate(module: Module, registered: ReadonlyMap<string, Instance>): Instance {
    const imports: Record<string, Readonly<Record<string, Extern>>> = { spectest: this.#spectest };
    for (const [name, instance] of registered) imports[name] = instance.exports;
    const instance = this.#runtime.instantiate(module, imports);
    this.#checkLlvm(instance);
    return instance;
  }

  /** Makes sure that it is LLVM's code that runs where it is to be. */
  #checkLlvm({ module, memoryMode }: Instance): void {
    if (this.#refusals.length > 0) throw new Error(`LLVM refused ${this.#refusals.join(', ')}`);
    if (!this.#isLlvmExpected) return;
    const missing = module.entries(memoryMode, 'llvm').indexOf(0);
    if (missing >= 0) throw new Error(`LLVM has not compiled function ${missing} of those defined`);
  }

  invoke(instance: Instance, field: string, args: readonly Value[]): Value[] {
    const callee = instance.exports[field];
    if (!(callee instanceof Func)) throw new Error(`no exported function ${field}`);
    const { params, results } = callee.type;
    if ([...params, ...results].every(isNumeric)) {
      const bits = callee.callBits(args.map((arg) => ('bits' in arg ? arg.bits : 0n)));
      return results.map((type, index) => ({ type: numberName(type), bits: bits[index] }));
    }
    const returned = callee.call(...args.map((arg) => this.#toHost(arg)));
    const values: unknown[] =
      results.length === 0 ? [] : results.length > 1 && Array.isArray(returned) ? returned : [returned];
    return results.map((type, index) => this.#fromHost(type, values[index]));
  }

  get(instance: Instance, field: string): Value {
    const global = instance.exports[field];
    if (!(global instanceof Global)) throw new Error(`no exported global ${field}`);
    const type = global.type.type;
    if (isNumeric(type)) return { type: numberName(type), bits: global.bits };
    return this.#fromHost(type, global.value);
  }

  failure(error: unknown): Failure {
    if (error instanceof UnsupportedError) return { kind: 'unsupported', message: error.message };
    if (error instanceof CompileError) {
      return { kind: error.malformed ? 'malformed' : 'invalid', message: error.message };
    }
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
    this.#runtime.dispose();
  }

  /** Objects stand for the references to the host: each number has its own. */
  #extern(number: number): object {
    const known = this.#externs.get(number) ?? { number };
    this.#externs.set(number, known);
    return known;
  }

  #toHost(value: Value): unknown {
    switch (value.type) {
      case 'i32':
        return Number(BigInt.asIntN(32, value.bits));
      case 'i64':
        return value.bits;
      case 'f32':
      case 'f64':
        return floatOf(value.type, value.bits);
      case 'externref':
        return value.value === 'null' ? null : this.#extern(value.value);
      default:
        return null;
    }
  }

  #fromHost(type: ValType, value: unknown): Value {
    if (type === ValType.funcref) {
      if (value !== null && !(value instanceof Func)) throw new Error('a funcref that is no function');
      return { type: 'funcref', value: value === null ? 'null' : 'function' };
    }
    if (type === ValType.externref) {
      if (value === null) return { type: 'externref', value: 'null' };
      for (const [number, object] of this.#externs) {
        if (object === value) return { type: 'externref', value: number };
      }
      throw new Error(`not a reference of this script: ${value}`);
    }
    const name = numberName(type);
    if (name === 'i64') return { type: name, bits: BigInt.asUintN(64, value as bigint) };
    if (name === 'i32') return { type: name, bits: BigInt.asUintN(32, BigInt(value as number)) };
    return { type: name, bits: bitsOf(name, value as number) };
  }
}

type NumberName = Exclude<ValueType, 'funcref' | 'externref' | 'v128'>;

const numberNames: ReadonlyMap<ValType, NumberName> = new Map([
  [ValType.i32, 'i32'],
  [ValType.i64, 'i64'],
  [ValType.f32, 'f32'],
  [ValType.f64, 'f64'],
]);

function isNumeric(type: ValType): boolean {
  return numberNames.has(type);
}

function numberName(type: ValType): NumberName {
  const name = numberNames.get(type);
  if (name === undefined) throw new Error('not a number type');
  return name;
}

const scratch = new DataView(new ArrayBuffer(8));

function floatOf(type: 'f32' | 'f64', bits: bigint): number {
  scratch.setBigUint64(0, bits);
  return type === 'f32' ? scratch.getFloat32(4) : scratch.getFloat64(0);
}

function bitsOf(type: 'f32' | 'f64', value: number): bigint {
  scratch.setBigUint64(0, 0n);
  if (type === 'f32') scratch.setFloat32(4, value);
  else scratch.setFloat64(0, value);
  return scratch.getBigUint64(0);
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
    memory: runtime.memory({ limits: { min: 1, max: 2 } }),
  };
}

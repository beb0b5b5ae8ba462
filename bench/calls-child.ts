/**
 * Child of bench/calls.ts: `node calls-child.js fast|llvm|api|v8 module` measures the borders in one engine
 * and prints nanoseconds a call as JSON. The module is that of calls-module.ts, in base64: wabt, which makes
 * it, is wasm itself and does not start under all of V8's flags.
 */
import { callsPerLoop, throwsPerLoop } from './calls-module.js';
import { median } from './statistics.js';
import { V8 } from './v8-webassembly.js';

/** Nanoseconds for one call, the work of the loop around it (about one addition and one branch) included. */
export interface CallFigures {
  /** A JavaScript loop that calls an exported function `(i32, i32) -> i32`. */
  readonly jsToWasmNs: number;
  /** A wasm loop that calls an imported JavaScript function `(i32, i32) -> i32`. */
  readonly wasmToJsNs: number;
  /** A wasm loop that calls a function of its module. */
  readonly wasmToWasmNs: number;
  /** A wasm loop that calls four functions in turn through a table. */
  readonly callIndirectNs: number;
  /** A wasm loop that calls a function of its module, and catches what that throws. */
  readonly catchOneNs: number;
  /** The same through ten functions that call each other. */
  readonly catchTenNs: number;
  /** A wasm loop that calls a C function `(i32, i32) -> i32`; in our engine only, as the next. */
  readonly wasmToCNs?: number;
  /** A wasm loop that calls a C function with an address and a length, `(*~)i`. */
  readonly wasmToCPointerNs?: number;
}

type Binary = (a: number, b: number) => number;
interface Exports {
  readonly add: Binary;
  readonly callHost: () => number;
  readonly callWasm: () => number;
  readonly callIndirect: () => number;
  readonly catchOne: () => number;
  readonly catchTen: () => number;
  readonly callNative?: () => number;
  readonly callNativePointer?: () => number;
}

const batches = 9;
const hostAdd: Binary = (a, b) => (a + b) | 0;

/** What a C compiler makes of `a + b` and of `bytes[0]`. */
async function nativeFunctions(): Promise<{ readonly add: number; readonly first: number }> {
  const { Gpr } = await import('../src/x64/abi.js');
  const { placeCodePage } = await import('../src/native/process/pages.js');
  const { Assembler } = await import('../src/x64/assembler.js');
  const { X } = await import('../src/x64/instructions.js');
  const a = new Assembler();
  a.rmx(X.lea32, Gpr.rax, Gpr.rdi, Gpr.rsi, 0, 0);
  a.op(X.ret);
  a.align(16);
  const first = a.position;
  a.rm(X.movzx32_8, Gpr.rax, Gpr.rdi, 0);
  a.op(X.ret);
  const { address } = placeCodePage(a.finish());
  return { add: address, first: address + first };
}

async function tierExports(tier: 'fast' | 'llvm', bytes: Uint8Array): Promise<Exports> {
  const { Func, Runtime } = await import('../src/index.js');
  const runtime = new Runtime({ tier });
  const { add, first } = await nativeFunctions();
  runtime.registerNatives('native', [
    { name: 'add', signature: '(ii)i', address: add },
    { name: 'first', signature: '(*~)i', address: first },
  ]);
  const instance = runtime.instantiate(runtime.compile(bytes), { host: { add: hostAdd } });
  const callable = (name: string): never => {
    const func = instance.exports[name];
    if (!(func instanceof Func)) throw new Error(`there is no function ${name}`);
    return func as never;
  };
  return {
    add: callable('add'),
    callHost: callable('callHost'),
    callWasm: callable('callWasm'),
    callIndirect: callable('callIndirect'),
    catchOne: callable('catchOne'),
    catchTen: callable('catchTen'),
    callNative: callable('callNative'),
    callNativePointer: callable('callNativePointer'),
  };
}

/** Through the WebAssembly JavaScript API. */
async function apiExports(bytes: Uint8Array): Promise<Exports> {
  const { WebAssembly } = await import('../src/index.js');
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { host: { add: hostAdd } });
  return instance.exports as unknown as Exports;
}

function v8Exports(bytes: Uint8Array): Exports {
  const instance = new V8.Instance(new V8.Module(bytes), { host: { add: hostAdd } });
  return instance.exports as unknown as Exports;
}

/** Runs a loop of so many calls several times, the first two for warming up. */
function nanosecondsPerCall(run: () => number, expected: number, calls = callsPerLoop): number {
  const times: number[] = [];
  for (let batch = -2; batch < batches; batch++) {
    const start = performance.now();
    const result = run();
    const time = performance.now() - start;
    if (result !== expected) throw new Error(`the loop returned ${result}, not ${expected}`);
    if (batch >= 0) times.push(time);
  }
  return (median(times) * 1e6) / calls;
}

function accumulated(operations: readonly Binary[], calls = callsPerLoop): number {
  let last = 0;
  for (let i = 0; i < calls; i++) last = operations[i % operations.length](last, i) | 0;
  return last;
}

const bytes = Buffer.from(process.argv[3], 'base64');
const makers = {
  fast: (module: Uint8Array) => tierExports('fast', module),
  llvm: (module: Uint8Array) => tierExports('llvm', module),
  api: apiExports,
  v8: v8Exports,
};
const exports = await makers[process.argv[2] as keyof typeof makers](bytes);
const { add, callHost, callWasm, callIndirect, catchOne, catchTen, callNative, callNativePointer } = exports;
const sum = accumulated([hostAdd]);
const sumOfThrows = accumulated([hostAdd], throwsPerLoop);
const figures: CallFigures = {
  jsToWasmNs: nanosecondsPerCall(() => {
    let last = 0;
    for (let i = 0; i < callsPerLoop; i++) last = add(last, i);
    return last;
  }, sum),
  wasmToJsNs: nanosecondsPerCall(callHost, sum),
  wasmToWasmNs: nanosecondsPerCall(callWasm, sum),
  callIndirectNs: nanosecondsPerCall(
    callIndirect,
    accumulated([hostAdd, (a, b) => a - b, (a, b) => a ^ b, (a, b) => a | b]),
  ),
  catchOneNs: nanosecondsPerCall(catchOne, sumOfThrows, throwsPerLoop),
  catchTenNs: nanosecondsPerCall(catchTen, sumOfThrows, throwsPerLoop),
  ...(callNative && { wasmToCNs: nanosecondsPerCall(callNative, sum) }),
  ...(callNativePointer && { wasmToCPointerNs: nanosecondsPerCall(callNativePointer, callsPerLoop) }),
};
console.log(JSON.stringify(figures));

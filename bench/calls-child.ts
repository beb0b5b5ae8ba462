/**
 * Child of bench/calls.ts: `node calls-child.js fast|api|v8 module` measures the borders in one engine and prints
 * nanoseconds a call as JSON. The module is that of calls-module.ts, in base64: wabt, which makes it, is wasm itself
 * and does not start under all of V8's flags.
 */
import { callsPerLoop } from './calls-module.js';
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
}

type Binary = (a: number, b: number) => number;
interface Exports {
  readonly add: Binary;
  readonly callHost: () => number;
  readonly callWasm: () => number;
  readonly callIndirect: () => number;
}

const batches = 9;
const hostAdd: Binary = (a, b) => (a + b) | 0;

async function fastExports(bytes: Uint8Array): Promise<Exports> {
  const { Func, Runtime } = await import('../src/index.js');
  const runtime = new Runtime();
  const instance = runtime.instantiate(runtime.compile(bytes), { host: { add: hostAdd } });
  const callable = (name: string): never => {
    const func = instance.exports[name];
    if (!(func instanceof Func)) throw new Error(`there is no function ${name}`);
    return func.callable as never;
  };
  return {
    add: callable('add'),
    callHost: callable('callHost'),
    callWasm: callable('callWasm'),
    callIndirect: callable('callIndirect'),
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

/** Runs a loop of `callsPerLoop` calls several times, the first two for warming up. */
function nanosecondsPerCall(run: () => number, expected: number): number {
  const times: number[] = [];
  for (let batch = -2; batch < batches; batch++) {
    const start = performance.now();
    const result = run();
    const time = performance.now() - start;
    if (result !== expected) throw new Error(`the loop returned ${result}, not ${expected}`);
    if (batch >= 0) times.push(time);
  }
  return (median(times) * 1e6) / callsPerLoop;
}

function accumulated(operations: readonly Binary[]): number {
  let last = 0;
  for (let i = 0; i < callsPerLoop; i++) last = operations[i % operations.length](last, i) | 0;
  return last;
}

const bytes = Buffer.from(process.argv[3], 'base64');
const makers = { fast: fastExports, api: apiExports, v8: v8Exports };
const { add, callHost, callWasm, callIndirect } = await makers[process.argv[2] as keyof typeof makers](bytes);
const sum = accumulated([hostAdd]);
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
};
console.log(JSON.stringify(figures));

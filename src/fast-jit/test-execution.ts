/** What tests share that run compiled code: machines to run it on, and V8 to compare with. */
import { baselineCpu } from '../code/code-object.js';
import { Func } from '../runtime/func.js';
import type { Imports } from '../runtime/linking.js';
import { Runtime } from '../runtime/runtime.js';
import { wat } from '../runtime/test-modules.js';

/** Machines to run code on: each kind of memory once, each kind of processor once. */
export const machines: readonly { readonly name: string; readonly make: () => Runtime }[] = [
  { name: 'guarded memory, all extensions', make: () => new Runtime({ memoryMode: 'guarded' }) },
  {
    name: 'checked memory, plain x86-64',
    make: () => new Runtime({ memoryMode: 'checked', cpu: baselineCpu }),
  },
];

/** The functions that a new instance of a module exports. */
export function exportedFunctions(
  runtime: Runtime,
  source: string | Uint8Array,
  imports: Imports = {},
): Readonly<Record<string, Func>> {
  const bytes = typeof source === 'string' ? wat(source) : source;
  const { exports } = runtime.instantiate(runtime.compile(bytes), imports);
  const functions: Record<string, Func> = {};
  for (const [name, value] of Object.entries(exports)) {
    if (value instanceof Func) functions[name] = value;
  }
  return functions;
}

type V8Function = (...args: readonly unknown[]) => unknown;

interface V8WebAssembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports?: object) => { readonly exports: object };
  readonly RuntimeError: new () => Error;
}

const v8 = Reflect.get(globalThis, 'WebAssembly') as V8WebAssembly;

/** The exports of a new instance in the WebAssembly that Node brings. */
export function v8Exports(bytes: Uint8Array, imports: object = {}): Readonly<Record<string, V8Function>> {
  return new v8.Instance(new v8.Module(bytes), imports).exports as Readonly<Record<string, V8Function>>;
}

export function isV8Trap(error: unknown): error is Error {
  return error instanceof v8.RuntimeError;
}

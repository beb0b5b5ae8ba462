/** What tests share that run compiled code: machines to run it on, and V8 to compare with. */
import assert from 'node:assert/strict';
import { llvmMachines, vectorMachines as llvmVectorMachines } from '../llvm-jit/execution.fixture.js';
import type { Imports } from '../runtime/instances/linking.js';
import { wat } from '../runtime/modules.fixture.js';
import { Func } from '../runtime/objects/func.js';
import { Runtime } from '../runtime/runtime.js';
import { TrapError } from '../runtime/traps/trap-error.js';
import { sse41Cpu } from '../x64/cpu-features.fixture.js';
import { baselineCpu } from '../x64/cpu-features.js';

/**
 * Machines to run code on: each kind of memory once, each kind of processor once, code for which liveness is
 * unknown, and code that counts heat: each function is hot at the start of its first loop, or when it is
 * called a second time.
 */
export const machines: readonly { readonly name: string; readonly make: () => Runtime }[] = [
  {
    name: 'guarded memory, all extensions',
    make: () => new Runtime({ tier: 'fast', memoryMode: 'guarded' }),
  },
  {
    name: 'checked memory, plain x86-64',
    make: () => new Runtime({ tier: 'fast', memoryMode: 'checked', cpu: baselineCpu }),
  },
  { name: 'no liveness', make: () => new Runtime({ tier: 'fast', livenessLimit: 0 }) },
  { name: 'counting heat', make: () => new Runtime({ heat: { threshold: 2, onHot: () => {} } }) },
];

/** The interpreter, and functions that are interpreted among compiled ones. */
const interpreters: typeof machines = [
  { name: 'interpreter', make: () => new Runtime({ tier: 'interp' }) },
  {
    name: 'every second function interpreted',
    make: () => new Runtime({ tier: 'fast', tuning: { interpreted: (index) => index % 2 === 0 } }),
  },
];

/** The same for vectors, which need SSE4.1. */
export const vectorMachines: typeof machines = [
  machines[0],
  {
    name: 'checked memory, SSE4.1',
    make: () => new Runtime({ tier: 'fast', memoryMode: 'checked', cpu: sse41Cpu }),
  },
  ...machines.slice(2),
];
export const allVectorMachines: typeof machines = [...vectorMachines, ...interpreters, ...llvmVectorMachines];

/** All tiers', for what they must do alike. */
export const allMachines: typeof machines = [...machines, ...interpreters, ...llvmMachines];

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

/** What a call gave: its result, or that it trapped. Loops of both engines that never end are not tried. */
function attempt(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (isV8Trap(error) || error instanceof TrapError) return 'trap';
    throw error;
  }
}

/**
 * Calls functions that a module exports with each of the arguments, on a new instance in each runtime and in
 * V8, and checks that all give the same (floats included, except for the payload of NaNs). `names` are those
 * of the runtimes.
 */
export function assertAgreesWithV8(
  runtimes: readonly Runtime[],
  source: string | Uint8Array,
  calls: Readonly<Record<string, readonly (readonly unknown[])[]>>,
  names: readonly string[] = allMachines.map(({ name }) => name),
): void {
  const bytes = typeof source === 'string' ? wat(source) : source;
  const reference = v8Exports(bytes);
  const expected = Object.entries(calls).map(([name, all]) =>
    all.map((args) => attempt(() => reference[name](...args))),
  );
  for (const [k, runtime] of runtimes.entries()) {
    const functions = exportedFunctions(runtime, bytes);
    for (const [index, [name, all]] of Object.entries(calls).entries()) {
      for (const [at, args] of all.entries()) {
        const actual = attempt(() => functions[name](...args));
        assert.deepStrictEqual(actual, expected[index][at], `${name}(${args.join(', ')}), ${names[k]}`);
      }
    }
  }
}

/** What tests of the compiler share: modules from text, their IR as lines, and V8 to compare with. */
import { baselineCpu, type CodeObject, type CpuFeatures, type MemoryMode } from '../code/code-object.js';
import { type InstanceLayout, layoutInstance } from '../layout/instance-layout.js';
import { Func } from '../runtime/func.js';
import type { Imports } from '../runtime/linking.js';
import { Runtime } from '../runtime/runtime.js';
import { wat } from '../runtime/test-modules.js';
import { decodeModule } from '../wasm/decode.js';
import type { WasmModule } from '../wasm/module.js';
import { validateModule } from '../wasm/validate.js';
import { type CompileOptions, compileFunction, translateFunction } from './compile.js';
import type { IrFunction } from './ir/function.js';
import { printInstruction } from './ir/print.js';

export const fullCpu: CpuFeatures = { sse41: true, popcnt: true, lzcnt: true, bmi1: true, bmi2: true };

/** Options that together take every way through the compiler. */
export const allOptions: readonly CompileOptions[] = (['guarded', 'checked'] as const).flatMap((memoryMode) =>
  [fullCpu, baselineCpu].map((cpu) => ({ memoryMode, cpu, verify: true })),
);

export interface LoadedModule {
  readonly wasm: WasmModule;
  readonly layout: InstanceLayout;
}

/** Decodes and validates a module, given in the text format or as bytes. */
export function loadModule(source: string | Uint8Array): LoadedModule {
  const wasm = decodeModule(typeof source === 'string' ? wat(source) : source);
  validateModule(wasm);
  return { wasm, layout: layoutInstance(wasm) };
}

/** IR of a module's first function that is not imported. */
export function firstIr({ wasm, layout }: LoadedModule, memoryMode: MemoryMode = 'guarded'): IrFunction {
  return translateFunction(wasm, layout, wasm.importedFunctionCount, { memoryMode, cpu: fullCpu });
}

/** Machine code of every function that a module defines. */
export function compileAll({ wasm, layout }: LoadedModule, options: CompileOptions): CodeObject[] {
  return Array.from(wasm.bodyStarts, (_, defined) =>
    compileFunction(wasm, layout, wasm.importedFunctionCount + defined, options),
  );
}

/**
 * The IR of a module's first function, a line an instruction. Temporaries are v0, v1 … and labels L0, L1 … in the order
 * in which they are first met, so that the text does not depend on how the frontend numbers what it makes.
 */
export function irLines(source: string, memoryMode: MemoryMode = 'guarded'): string[] {
  const ir = firstIr(loadModule(source), memoryMode);
  const names = new Map<string, string>();
  const counts: Record<string, number> = { v: 0, L: 0 };
  const rename = (name: string): string => {
    let renamed = names.get(name);
    if (renamed === undefined) {
      renamed = `${name[0]}${counts[name[0]]++}`;
      names.set(name, renamed);
    }
    return renamed;
  };
  return Array.from({ length: ir.count }, (_, at) =>
    printInstruction(ir, at).replaceAll(/\b[vL]\d+\b/g, rename),
  );
}

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

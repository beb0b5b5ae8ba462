/** What tests of the compiler share: modules from text, their IR as lines, their machine code. */
import type { CodeObject, MemoryMode } from '../code/code-object.js';
import type { IrFunction } from '../ir/function.js';
import { printInstruction } from '../ir/print.js';
import { type InstanceLayout, layoutInstance } from '../layout/instance-layout.js';
import { wat } from '../runtime/modules.fixture.js';
import { decodeModule } from '../wasm/decode.js';
import type { WasmModule } from '../wasm/module.js';
import { validateModule } from '../wasm/validate.js';
import { fullCpu } from '../x64/cpu-features.fixture.js';
import { baselineCpu } from '../x64/cpu-features.js';
import { type CompileOptions, compileFunction, translateFunction } from './compile.js';

export { fullCpu };

/** Options that together take every way through the compiler. */
export const allOptions: readonly CompileOptions[] = (['guarded', 'checked'] as const).flatMap(
  (memoryMode) => [
    { memoryMode, cpu: fullCpu, verify: true },
    { memoryMode, cpu: baselineCpu, verify: true },
    { memoryMode, cpu: fullCpu, verify: true, countHeat: true },
  ],
);

/** Options as they are called in the names of tests. */
export function optionsName({ memoryMode, cpu, countHeat }: CompileOptions): string {
  const extensions = cpu.sse41 ? 'all extensions' : 'plain x86-64';
  return `${memoryMode} memory, ${extensions}${countHeat ? ', counting heat' : ''}`;
}

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
export function firstIr(
  { wasm, layout }: LoadedModule,
  memoryMode: MemoryMode = 'guarded',
  countHeat = false,
): IrFunction {
  return translateFunction(wasm, layout, wasm.importedFunctionCount, { memoryMode, cpu: fullCpu, countHeat });
}

/** Machine code of every function that a module defines. */
export function compileAll({ wasm, layout }: LoadedModule, options: CompileOptions): CodeObject[] {
  return Array.from(wasm.bodyStarts, (_, defined) =>
    compileFunction(wasm, layout, wasm.importedFunctionCount + defined, options),
  );
}

/**
 * The IR of a module's first function, a line an instruction. Temporaries are v0, v1 … and labels L0, L1 … in
 * the order in which they are first met, so that the text does not depend on how the frontend numbers what it
 * makes.
 */
export function irLines(
  source: string | Uint8Array,
  memoryMode: MemoryMode = 'guarded',
  countHeat = false,
): string[] {
  const ir = firstIr(loadModule(source), memoryMode, countHeat);
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
  // Not the type v128, nor where a mnemonic begins with it.
  const temporary = /(?<![:\w.])[vL]\d+(?![\w.])/g;
  return Array.from({ length: ir.count }, (_, at) => printInstruction(ir, at).replaceAll(temporary, rename));
}

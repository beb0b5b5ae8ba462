import { type CompileOptions, compileFunction } from '../fast-jit/compile.js';
import { dumpFunction } from '../fast-jit/dump.js';
import { type InstanceLayout, layoutInstance } from '../layout/instance-layout.js';
import { hostCpu } from '../native/code/cpu.js';
import { nativeUnavailable } from '../native/ffi/ffi.js';
import { decodeModule } from '../wasm/decode.js';
import { refuseVectors } from '../wasm/first-vector.js';
import { definedIndex, type WasmModule } from '../wasm/module.js';
import { functionName } from '../wasm/names.js';
import { validateQuickly } from '../wasm/validate.js';
import { baselineCpu, type CpuFeatures } from '../x64/cpu-features.js';
import type { CompileArguments } from './arguments.js';
import { compileToFile } from './compile-file.js';
import { InputError } from './errors.js';
import { ExitStatus } from './exit-status.js';
import { LlvmDumper } from './llvm-dump.js';
import { readModuleFile } from './module-file.js';
import { writeText } from './output.js';

/** This processor, or any if it cannot run our machine code. */
function processor(): CpuFeatures {
  return nativeUnavailable() === undefined ? hostCpu() : baselineCpu;
}

function compileOptions({ deterministic }: CompileArguments): CompileOptions {
  return { memoryMode: 'guarded', cpu: processor(), deterministic };
}

/** `upshift compile`: returns the exit status. */
export async function compile(command: CompileArguments): Promise<number> {
  const { file, dump, function: which, target } = command;
  const bytes = await readModuleFile(file);
  if (target !== undefined) return compileToFile(bytes, target, command);
  const module = decodeModule(bytes);
  validateQuickly(module);
  if (!processor().sse41) refuseVectors(module);
  const layout = layoutInstance(module);
  const indices = which === undefined ? definedFunctions(module) : [findFunction(module, file, which)];
  if (dump.size > 0) return dumpFunctions(module, layout, indices, command);
  const options = compileOptions(command);
  let wasmBytes = 0;
  let codeBytes = 0;
  for (const index of indices) {
    const defined = definedIndex(module, index);
    wasmBytes += module.bodyEnds[defined] - module.bodyStarts[defined];
    codeBytes += compileFunction(module, layout, index, options).bytes.length;
  }
  writeText(
    1,
    `${indices.length} functions, ${wasmBytes} bytes of wasm, ${codeBytes} bytes of machine code\n`,
  );
  return ExitStatus.success;
}

/** Prints what was asked for of each function, as long as somebody reads. */
async function dumpFunctions(
  module: WasmModule,
  layout: InstanceLayout,
  indices: readonly number[],
  command: CompileArguments,
): Promise<number> {
  const { dump, llvm, deterministic } = command;
  const options = compileOptions(command);
  const what = { ir: dump.has('ir'), asm: dump.has('asm') };
  const hasLlvm = dump.has('llvm-ir') || dump.has('llvm-opt') || dump.has('llvm-asm');
  const dumper = hasLlvm ? new LlvmDumper(module, llvm, deterministic) : undefined;
  for (const index of indices) {
    const parts: string[] = [];
    if (what.ir || what.asm) parts.push(await dumpFunction(module, layout, index, options, what));
    if (dumper !== undefined) parts.push(dumper.dump(index, dump));
    if (!writeText(1, `${parts.join('\n\n')}\n`)) break;
  }
  return ExitStatus.success;
}

function definedFunctions(module: WasmModule): number[] {
  const indices: number[] = [];
  for (let index = module.importedFunctionCount; index < module.functionTypes.length; index++)
    indices.push(index);
  return indices;
}

/** Index of the function that the user named: by index, or by its name in messages. */
function findFunction(module: WasmModule, file: string, which: string): number {
  const defined = definedFunctions(module);
  const index = /^\d+$/.test(which)
    ? defined.find((candidate) => candidate === Number(which))
    : defined.find((candidate) => functionName(module, candidate) === which);
  if (index === undefined) throw new InputError(`${file}: the module defines no function ${which}`);
  return index;
}

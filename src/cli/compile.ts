import { compileFunction } from '../fast-jit/compile.js';
import { dumpFunction } from '../fast-jit/dump.js';
import { layoutInstance } from '../layout/instance-layout.js';
import { hostCpu } from '../native/cpu.js';
import { decodeModule } from '../wasm/decode.js';
import type { WasmModule } from '../wasm/module.js';
import { functionName } from '../wasm/names.js';
import { validateModule } from '../wasm/validate.js';
import type { CompileArguments } from './arguments.js';
import { InputError } from './errors.js';
import { ExitStatus } from './exit-status.js';
import { readModuleFile } from './module-file.js';
import { writeText } from './output.js';

/** `upshift compile`: returns the exit status. */
export async function compile({ file, dump, function: which }: CompileArguments): Promise<number> {
  const module = decodeModule(await readModuleFile(file));
  validateModule(module);
  const layout = layoutInstance(module);
  const options = { memoryMode: 'guarded', cpu: hostCpu() } as const;
  const indices = which === undefined ? definedFunctions(module) : [findFunction(module, file, which)];
  if (dump.ir || dump.asm) {
    for (const index of indices) {
      const text = await dumpFunction(module, layout, index, options, dump);
      if (!writeText(1, `${text}\n`)) break;
    }
    return ExitStatus.success;
  }
  let wasmBytes = 0;
  let codeBytes = 0;
  for (const index of indices) {
    const defined = index - module.importedFunctionCount;
    wasmBytes += module.bodyEnds[defined] - module.bodyStarts[defined];
    codeBytes += compileFunction(module, layout, index, options).bytes.length;
  }
  writeText(
    1,
    `${indices.length} functions, ${wasmBytes} bytes of wasm, ${codeBytes} bytes of machine code\n`,
  );
  return ExitStatus.success;
}

function definedFunctions(module: WasmModule): number[] {
  const indices: number[] = [];
  for (let index = module.importedFunctionCount; index < module.functionTypes.length; index++)
    indices.push(index);
  return indices;
}

/** Index of the function that the user means: by its index, or by its name as messages show it. */
function findFunction(module: WasmModule, file: string, which: string): number {
  const defined = definedFunctions(module);
  const index = /^\d+$/.test(which)
    ? defined.find((candidate) => candidate === Number(which))
    : defined.find((candidate) => functionName(module, candidate) === which);
  if (index === undefined) throw new InputError(`${file}: the module defines no function ${which}`);
  return index;
}

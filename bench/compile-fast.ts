/**
 * Child of bench/compile.ts: compiles every function of a module with the Fast JIT, twice, and prints what it
 * took as JSON.
 */
import { readFileSync } from 'node:fs';
import type { CodeObject } from '../src/code/code-object.js';
import { type CompileOptions, compileFunction } from '../src/fast-jit/compile.js';
import { type InstanceLayout, layoutInstance } from '../src/layout/instance-layout.js';
import { hostCpu } from '../src/native/code/cpu.js';
import { decodeModule } from '../src/wasm/decode.js';
import type { WasmModule } from '../src/wasm/module.js';
import { validateModule } from '../src/wasm/validate.js';
import { peakResidentBytes } from './process-memory.js';

export interface FastFigures {
  readonly functions: number;
  readonly failures: number;
  readonly firstError?: string;
  /** Bytes of the functions' bodies in the module: what all speeds are relative to. */
  readonly bodyBytes: number;
  /** Bytes of machine code, constants and jump tables included. */
  readonly codeBytes: number;
  readonly decodeMs: number;
  readonly validateMs: number;
  readonly coldMs: number;
  readonly warmMs: number;
  /** Peak resident memory after the first pass, with all of its code objects kept, and at the end. */
  readonly coldPeakBytes: number;
  readonly peakBytes: number;
}

interface Pass {
  readonly milliseconds: number;
  readonly codeBytes: number;
  readonly failures: number;
  readonly firstError: string | undefined;
}

function compileAll(
  module: WasmModule,
  layout: InstanceLayout,
  options: CompileOptions,
  keep: CodeObject[] | undefined,
): Pass {
  let codeBytes = 0;
  let failures = 0;
  let firstError: string | undefined;
  const started = performance.now();
  for (let index = module.importedFunctionCount; index < module.functionTypes.length; index++) {
    try {
      const code = compileFunction(module, layout, index, options);
      codeBytes += code.bytes.length;
      keep?.push(code);
    } catch (error) {
      failures++;
      firstError ??= `function ${index}: ${error instanceof Error ? error.message : error}`;
    }
  }
  return { milliseconds: performance.now() - started, codeBytes, failures, firstError };
}

function main(file: string): FastFigures {
  const bytes = new Uint8Array(readFileSync(file));
  const start = performance.now();
  const module = decodeModule(bytes);
  const decoded = performance.now();
  validateModule(module);
  const validated = performance.now();

  const layout = layoutInstance(module);
  const options: CompileOptions = { memoryMode: 'guarded', cpu: hostCpu() };
  const kept: CodeObject[] = [];
  const cold = compileAll(module, layout, options, kept);
  const coldPeakBytes = peakResidentBytes();
  kept.length = 0;
  const warm = compileAll(module, layout, options, undefined);

  let bodyBytes = 0;
  for (const [index, bodyStart] of module.bodyStarts.entries())
    bodyBytes += module.bodyEnds[index] - bodyStart;
  return {
    functions: module.bodyStarts.length,
    failures: cold.failures,
    ...(cold.firstError !== undefined && { firstError: cold.firstError }),
    bodyBytes,
    codeBytes: cold.codeBytes,
    decodeMs: decoded - start,
    validateMs: validated - decoded,
    coldMs: cold.milliseconds,
    warmMs: warm.milliseconds,
    coldPeakBytes,
    peakBytes: peakResidentBytes(),
  };
}

console.log(JSON.stringify(main(process.argv[2])));

/**
 * `npm run hash:code -- [file.wasm…]`: a hash of the code objects that the Fast JIT makes of each module, for
 * every kind of memory and processor. Two versions of the compiler that print the same make the same machine
 * code.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { CodeObject, MemoryMode } from '../src/code/code-object.js';
import { type CompileOptions, compileFunction } from '../src/fast-jit/compile.js';
import { layoutInstance } from '../src/layout/instance-layout.js';
import { hostCpu } from '../src/native/code/cpu.js';
import { decodeModule } from '../src/wasm/decode.js';
import { validateModule } from '../src/wasm/validate.js';
import { baselineCpu, type CpuFeatures } from '../src/x64/cpu-features.js';
import { programsIn } from './programs.js';

const groups = ['general', 'kernels', 'long', 'long-kernels', 'short', 'simd'];
const memoryModes: readonly MemoryMode[] = ['guarded', 'checked'];
type Processor = readonly [name: string, features: CpuFeatures];
const host: Processor = ['host', hostCpu()];
const baseline: Processor = ['baseline', baselineCpu];
/** The plainest one for vectors. */
const withSse41: Processor = ['sse4.1', { ...baselineCpu, sse41: true }];

/** The processors that the modules in a folder are compiled for. */
function processorsFor(folder: string): readonly Processor[] {
  return [host, basename(folder) === 'simd' ? withSse41 : baseline];
}

function hashOf(files: readonly string[], options: CompileOptions): string {
  const hash = createHash('sha256');
  for (const file of files) {
    const module = decodeModule(new Uint8Array(readFileSync(file)));
    validateModule(module);
    const layout = layoutInstance(module);
    for (let k = module.importedFunctionCount; k < module.functionTypes.length; k++) {
      addCode(compileFunction(module, layout, k, options));
    }
  }
  return hash.digest('hex').slice(0, 32);

  function addCode({ bytes, entry, codeEnd, frameSize, sites }: CodeObject): void {
    hash.update(bytes).update(Uint32Array.of(entry, codeEnd, frameSize));
    hash.update(sites.offsets).update(sites.traps).update(sites.wasmOffsets);
  }
}

function print(files: readonly string[], title: string, processors: readonly Processor[]): void {
  for (const memoryMode of memoryModes) {
    for (const [name, cpu] of processors) {
      for (const countHeat of [false, true]) {
        const hash = hashOf(files, { memoryMode, cpu, countHeat });
        const kind = `${memoryMode} ${name}${countHeat ? ' heat' : ''}`;
        console.log(`${title.padEnd(14)} ${kind.padEnd(22)} ${hash}`);
      }
    }
  }
}

const files = process.argv.slice(2);
if (files.length > 0)
  for (const file of files) print([file], basename(file), processorsFor(dirname(resolve(file))));
else for (const group of groups) print(programsIn(group), group, processorsFor(group));

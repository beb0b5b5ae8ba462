/**
 * `npm run hash:code -- [file.wasm…]`: a hash of the code objects that the Fast JIT makes of each module, for
 * every kind of memory and processor. Two versions of the compiler that print the same make the same machine
 * code.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { CodeObject, MemoryMode } from '../src/code/code-object.js';
import { type CompileOptions, compileFunction } from '../src/fast-jit/compile.js';
import { layoutInstance } from '../src/layout/instance-layout.js';
import { hostCpu } from '../src/native/code/cpu.js';
import { decodeModule } from '../src/wasm/decode.js';
import { validateModule } from '../src/wasm/validate.js';
import { baselineCpu } from '../src/x64/cpu-features.js';
import { programsIn } from './programs.js';

const groups = ['general', 'kernels', 'long', 'long-kernels', 'short'];
const memoryModes: readonly MemoryMode[] = ['guarded', 'checked'];
const cpus = { host: hostCpu(), baseline: baselineCpu };

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

function print(files: readonly string[], title: string): void {
  for (const memoryMode of memoryModes) {
    for (const [name, cpu] of Object.entries(cpus)) {
      for (const countHeat of [false, true]) {
        const hash = hashOf(files, { memoryMode, cpu, countHeat });
        const kind = `${memoryMode} ${name}${countHeat ? ' heat' : ''}`;
        console.log(`${title.padEnd(14)} ${kind.padEnd(22)} ${hash}`);
      }
    }
  }
}

const files = process.argv.slice(2);
if (files.length > 0) for (const file of files) print([file], basename(file));
else for (const group of groups) print(programsIn(group), group);

/**
 * Child of bench/compile.ts: `new WebAssembly.Module` of a file, to be run with the flags that make it
 * compile everything at once with Liftoff on one thread. Prints what it took as JSON.
 */
import { readFileSync } from 'node:fs';
import { generatedCodeBytes, peakResidentBytes } from './process-memory.js';
import { V8 } from './v8-webassembly.js';

export interface V8Figures {
  /** Decoding, validating and compiling: V8 does them together. */
  readonly wallMs: number;
  /** Processor time of all threads: above `wallMs`, other threads helped. */
  readonly cpuMs: number;
  readonly codeBytes: number;
  readonly peakBytes: number;
}

const bytes = readFileSync(process.argv[2]);
const codeBefore = generatedCodeBytes();
const cpuBefore = process.cpuUsage();
const start = performance.now();
const module = new V8.Module(bytes);
const wallMs = performance.now() - start;
const { user, system } = process.cpuUsage(cpuBefore);
const figures: V8Figures = {
  wallMs,
  cpuMs: (user + system) / 1000,
  codeBytes: generatedCodeBytes() - codeBefore,
  peakBytes: peakResidentBytes(),
};
console.log(JSON.stringify(figures));
// Held until here, so that its code is not collected before it is counted.
V8.Module.imports(module);

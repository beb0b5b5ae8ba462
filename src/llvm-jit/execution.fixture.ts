/** For tests that run LLVM's code: the machines to run it on. */
import { Runtime } from '../runtime/runtime.js';
import type { RuntimeOptions } from '../runtime/runtime-options.js';
import { chosenExtensions } from '../x64/cpu-choice.js';
import { baselineCpu } from '../x64/cpu-features.js';
import { withoutLlvm } from './library.fixture.js';

/** A runtime in which LLVM compiles everything. If it refuses a function, that is an error. */
export function llvmRuntime(options: RuntimeOptions = {}): Runtime {
  return new Runtime({
    ...options,
    tier: 'llvm',
    onTierUp: (event) => {
      options.onTierUp?.(event);
      if (event.kind === 'refused') throw new Error(`function ${event.functionIndex}: ${event.reason}`);
    },
  });
}

/** The extensions of a level of x86-64. */
export function extensionsOf(level: string): readonly string[] {
  const extensions = chosenExtensions([level]);
  if ('unknown' in extensions) throw new Error(`no level ${level}`);
  return extensions;
}

interface LlvmMachine {
  readonly name: string;
  /** Whether LLVM's optimizer is at work. */
  readonly optimizes: boolean;
  readonly options: RuntimeOptions;
  make(): Runtime;
}

function machine(name: string, options: RuntimeOptions): LlvmMachine {
  return { name, options, optimizes: options.llvm?.level !== 0, make: () => llvmRuntime(options) };
}

/** Each kind of memory, processor and optimization at least once. */
const machines: readonly LlvmMachine[] = [
  machine('LLVM, guarded memory, all extensions', { memoryMode: 'guarded' }),
  machine('LLVM, checked memory, plain x86-64, level 1', {
    memoryMode: 'checked',
    cpu: baselineCpu,
    llvm: { level: 1 },
  }),
  machine('LLVM, guarded memory, level 0', { memoryMode: 'guarded', llvm: { level: 0 } }),
];

/** The same for modules with vectors, which want SSE4.1. */
const machinesWithVectors: readonly LlvmMachine[] = [
  machine('LLVM, guarded memory, all extensions', { memoryMode: 'guarded' }),
  machine('LLVM, checked memory, SSE4.1, level 1', {
    memoryMode: 'checked',
    cpu: extensionsOf('x86-64-v2'),
    llvm: { level: 1 },
  }),
  machine('LLVM, guarded memory, AVX2, level 0', {
    memoryMode: 'guarded',
    cpu: extensionsOf('x86-64-v3'),
    llvm: { level: 0 },
  }),
];

/** The machines; none where there is no LLVM. */
export const llvmMachines: readonly LlvmMachine[] = withoutLlvm() === false ? machines : [];
export const vectorMachines: readonly LlvmMachine[] = withoutLlvm() === false ? machinesWithVectors : [];

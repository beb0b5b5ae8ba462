/** For tests that run LLVM's code: the machines to run it on. */
import { Runtime } from '../runtime/runtime.js';
import type { RuntimeOptions } from '../runtime/runtime-options.js';
import { sse41Cpu } from '../x64/cpu-features.fixture.js';
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

interface LlvmMachine {
  readonly name: string;
  /** Whether LLVM's optimizer is at work. */
  readonly optimizes: boolean;
  make(): Runtime;
}

function machine(name: string, options: RuntimeOptions): LlvmMachine {
  return { name, optimizes: options.llvm?.level !== 0, make: () => llvmRuntime(options) };
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

/** The machines; none where there is no LLVM. */
export const llvmMachines: readonly LlvmMachine[] = withoutLlvm() === false ? machines : [];

/** Those that have vectors, and one with SSE4.1 alone. */
export const llvmVectorMachines: readonly LlvmMachine[] =
  withoutLlvm() === false
    ? [
        ...machines.filter(({ name }) => !name.includes('plain')),
        machine('LLVM, checked memory, SSE4.1', { memoryMode: 'checked', cpu: sse41Cpu }),
      ]
    : [];

/** What tests share that run LLVM's code: machines to run it on. */
import { baselineCpu } from '../code/code-object.js';
import { Runtime } from '../runtime/runtime.js';
import type { RuntimeOptions } from '../runtime/store.js';
import { withoutLlvm } from './test-library.js';

/** A runtime in which LLVM compiles everything. That it refuses a function is an error of whoever wants it compiled. */
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

/** What tests share that run LLVM's code: machines to run it on. */
import assert from 'node:assert/strict';
import { baselineCpu } from '../code/code-object.js';
import { Runtime } from '../runtime/runtime.js';
import type { RuntimeOptions } from '../runtime/store.js';

/** A runtime in which LLVM compiles everything. */
export class LlvmMachine {
  readonly name: string;
  readonly runtime: Runtime;
  /** Whether LLVM's optimizer is at work. */
  readonly optimizes: boolean;
  readonly #refused: string[] = [];

  constructor(name: string, options: RuntimeOptions) {
    this.name = name;
    this.optimizes = options.llvm?.level !== 0;
    this.runtime = new Runtime({
      ...options,
      tier: 'llvm',
      onTierUp: (event) => {
        options.onTierUp?.(event);
        if (event.kind === 'refused') this.#refused.push(`function ${event.functionIndex}: ${event.reason}`);
      },
    });
  }

  /** Ends the machine; throws where LLVM has refused a function, which then ran in the Fast JIT. */
  dispose(): void {
    this.runtime.dispose();
    assert.deepEqual(this.#refused, []);
  }
}

/** Each kind of memory, processor and optimization at least once. */
export const llvmMachines: readonly (readonly [name: string, options: RuntimeOptions])[] = [
  ['LLVM, guarded memory, all extensions', { memoryMode: 'guarded' }],
  [
    'LLVM, checked memory, plain x86-64, level 1',
    { memoryMode: 'checked', cpu: baselineCpu, llvm: { level: 1 } },
  ],
  ['LLVM, guarded memory, all extensions, level 0', { memoryMode: 'guarded', llvm: { level: 0 } }],
];

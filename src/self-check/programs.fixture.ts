import assert from 'node:assert/strict';
import type { CodeObject } from '../code/code-object.js';
import { compileFunction } from '../fast-jit/compile.js';
import { layoutInstance } from '../layout/instance-layout.js';
import { hostCpu } from '../native/code/cpu.js';
import { wat } from '../runtime/modules.fixture.js';
import { Runtime } from '../runtime/runtime.js';
import type { RuntimeOptions } from '../runtime/runtime-options.js';
import type { WasmValue } from '../runtime/values/values.js';
import { Wasi, type WasiOptions } from '../wasi/wasi.js';
import { decodeModule } from '../wasm/decode.js';
import { SelfCheck, SelfCheckError } from './self-check.js';

/** What machine code is found for functions, in the place of the compiler's own. */
type FindCode = NonNullable<RuntimeOptions['findCode']>;

/**
 * The Fast JIT's code of another program, whose functions have the same indices and types, for some
 * functions.
 */
export function plant(text: string, functions?: readonly number[]): FindCode {
  const wrong = decodeModule(wat(text));
  const layout = layoutInstance(wrong);
  return ({ wasm }, functionIndex, memoryMode, countHeat): CodeObject | undefined => {
    assert.equal(wasm.bytes.length, wrong.bytes.length, 'offsets must be the same');
    if (functions !== undefined && !functions.includes(functionIndex)) return undefined;
    return compileFunction(wrong, layout, functionIndex, { memoryMode, countHeat, cpu: hostCpu() });
  };
}

/** A program whose exports are called in two tiers. */
export class CheckedProgram {
  readonly check: SelfCheck;
  readonly #runtime: Runtime;

  constructor(text: string, options: RuntimeOptions = {}, wasiOptions: WasiOptions = {}) {
    const runtime = new Runtime(options);
    const module = runtime.compile(wat(text));
    const wasi = new Wasi(wasiOptions);
    this.#runtime = runtime;
    this.check = new SelfCheck({ runtime, options, module, wasi });
  }

  instantiate(): this {
    this.check.instantiate();
    return this;
  }

  call(name: string, ...args: WasmValue[]): WasmValue {
    return this.check.call(name, args);
  }

  /** What a call throws as it does not do the same in both tiers. */
  difference(name: string, ...args: WasmValue[]): SelfCheckError {
    try {
      this.call(name, ...args);
    } catch (error) {
      assert(error instanceof SelfCheckError, String(error));
      return error;
    }
    return assert.fail('no difference was found');
  }

  dispose(): void {
    this.#runtime.dispose();
  }
}

import { type CompileOptions, compileFunction } from '../../src/fast-jit/compile.js';
import { baselineCpu, type Instance, type Module } from '../../src/index.js';
import { needsNewerLlvm } from '../../src/llvm-jit/lowering/universal-prototype.js';
import { hostCpu } from '../../src/native/code/cpu.js';
import { hasTailCall } from '../../src/wasm/tail-calls.js';
import { UpshiftEngine } from '../../src/wast/upshift-engine.js';
import type { CpuFeatures } from '../../src/x64/cpu-features.js';
import type { EngineOptions } from './engine.js';

const cpus: Readonly<Record<EngineOptions['cpu'], () => CpuFeatures>> = {
  host: hostCpu,
  v2: () => ({ ...baselineCpu, sse41: true, popcnt: true }),
  baseline: () => baselineCpu,
};

/** Upshift with all functions compiled, called or not, and checked. */
export class CheckedEngine extends UpshiftEngine {
  readonly #compileOptions: CompileOptions;
  /** Whether LLVM compiles all functions before an instance starts. */
  readonly #isLlvmExpected: boolean;
  readonly #aot: EngineOptions['aot'];
  /** Functions that LLVM refused; it is expected to take all but those that old versions cannot make. */
  readonly #refusals: string[];
  /** Old versions say of the first function with tail calls that they have none in their C API. */
  readonly #llvm: { readonly hasTailCalls: boolean };

  constructor(options: EngineOptions) {
    const memoryMode = options.memory;
    const cpu = cpus[options.cpu]();
    const { tier, chaos, turns, mixed, level = '3', deterministic } = options;
    const refusals: string[] = [];
    const llvm = { hasTailCalls: true };
    super({
      memoryMode,
      deterministic,
      cpu: options.cpu === 'host' ? undefined : cpu,
      tier: tier === 'v8' ? undefined : tier,
      onTierUp: (event) => {
        if (event.kind !== 'refused') return;
        if (event.reason === needsNewerLlvm) llvm.hasTailCalls = false;
        else refusals.push(`function ${event.functionIndex}: ${event.reason}`);
      },
      llvm: { level: Number(level) as 0 | 1 | 2 | 3 },
      tuning: {
        chaos,
        interpreted: mixed === undefined ? undefined : (index) => index % mixed === 0,
        ...(turns === undefined ? {} : { heatThreshold: turns, warmUp: 0, waitForLoops: true }),
      },
    });
    this.#refusals = refusals;
    this.#llvm = llvm;
    this.#aot = options.aot;
    this.#compileOptions = { memoryMode, cpu, deterministic, verify: true };
    this.#isLlvmExpected = tier === 'llvm' || (tier === 'multi' && chaos !== undefined);
  }

  /**
   * Also compiles all functions, called or not, with the IR verifier on; or decodes them, for the
   * interpreter.
   */
  override compile(bytes: Uint8Array): Module {
    const module = super.compile(bytes);
    const { wasm, layout } = module;
    if (this.runtime.tier === 'interp') {
      for (const k of wasm.bodyStarts.keys()) module.interpreterCode.body(wasm.importedFunctionCount + k);
      return module;
    }
    for (let index = wasm.importedFunctionCount; index < wasm.functionTypes.length; index++) {
      compileFunction(wasm, layout, index, this.#compileOptions);
    }
    return this.#aot === undefined ? module : this.#throughFile(module, this.#aot);
  }

  #throughFile(module: Module, code: 'fast' | 'llvm'): Module {
    const { memoryMode = 'guarded', tier } = this.runtime.store;
    const loaded = this.runtime.load(module.serialize({ code }));
    module.dispose();
    const entries = loaded.code.entries(
      memoryMode,
      code === 'llvm' ? 'llvm' : tier === 'fast' ? 'fast' : 'counting',
    );
    const missing = entries.findIndex((entry, k) => entry === 0 && !this.#isLeft(module, k));
    if (missing >= 0) throw new Error(`the file has no code of function ${missing} of those defined`);
    return loaded;
  }

  override instantiate(module: Module, registered: ReadonlyMap<string, Instance>): Instance {
    const instance = super.instantiate(module, registered);
    this.#checkLlvm(instance);
    return instance;
  }

  /** Whether LLVM may leave the function `k` of those defined to the Fast JIT. */
  #isLeft({ wasm }: Module, k: number): boolean {
    return !this.#llvm.hasTailCalls && hasTailCall(wasm, wasm.importedFunctionCount + k);
  }

  /** Makes sure that LLVM's code runs where it should. */
  #checkLlvm({ module, memoryMode }: Instance): void {
    if (this.#refusals.length > 0) throw new Error(`LLVM refused ${this.#refusals.join(', ')}`);
    if (!this.#isLlvmExpected) return;
    const missing = module.code.entries(memoryMode, 'llvm').findIndex((entry, k) => {
      return entry === 0 && !this.#isLeft(module, k);
    });
    if (missing >= 0) throw new Error(`LLVM has not compiled function ${missing} of those defined`);
  }
}

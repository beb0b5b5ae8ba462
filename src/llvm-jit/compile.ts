import type { MemoryMode } from '../code/code-object.js';
import type { InstanceLayout } from '../layout/instance-layout.js';
import type { WasmModule } from '../wasm/module.js';
import { FileType } from './capi/enums.js';
import { bindLlvm, type Llvm } from './capi/functions.js';
import type { LlvmLibrary } from './capi/load-library.js';
import { takeMessage } from './capi/memory.js';
import { readyProcess } from './capi/process.js';
import { hostTarget } from './host-target.js';
import { restorePlaces } from './lost-places.js';
import { lowerFunctions } from './lowering/lower.js';
import { type LoopEntry, ModuleLowering } from './lowering/module.js';
import { emit, type OptimizationLevels, Optimizer, verifyModule } from './optimize.js';
import { createTargetMachine, type TargetCpu, targetCpu } from './target-machine.js';

export interface LlvmOptions extends OptimizationLevels {
  /**
   * LLVM's names of the extensions of the plain processor that may be used; undefined for all that this
   * machine has.
   */
  readonly cpu: readonly string[] | undefined;
  /** Whether relaxed instructions mean what they mean in the spec's deterministic profile. */
  readonly deterministic: boolean;
  /** Checks our IR and LLVM's. */
  readonly verify: boolean;
}

/** What is to be compiled together. */
export interface Batch {
  readonly wasm: WasmModule;
  readonly layout: InstanceLayout;
  readonly memoryMode: MemoryMode;
  /** Indices of the functions to compile. */
  readonly functions: readonly number[];
  /** Indices of other functions, of which LLVM may inline copies into these. */
  readonly copies: readonly number[];
  /** A loop at which a function is entered: compiled in addition, or alone. */
  readonly loopEntry?: LoopEntry | undefined;
  /** Does only what LLVM does quickly. */
  readonly quickly?: boolean;
}

/** Stages of a compilation, as text. */
export interface LlvmDump {
  /** LLVM IR as it was lowered, … */
  readonly ir: string;
  /** … optimized, … */
  readonly optimized: string;
  /** … and the assembly of it. */
  readonly assembly: string;
}

/** LLVM at work for one thread. */
export class LlvmCompiler {
  readonly #llvm: Llvm;
  readonly #options: LlvmOptions;
  readonly #cpu: TargetCpu;
  readonly #machine: number;
  readonly #optimizer: Optimizer;
  readonly #quickOptimizer: Optimizer;
  readonly #dataLayout: number;

  constructor({ library, version }: LlvmLibrary, options: LlvmOptions) {
    const llvm = bindLlvm(library);
    this.#llvm = llvm;
    this.#options = options;
    readyProcess(llvm, library, hostTarget);
    this.#cpu = targetCpu(llvm, hostTarget, options.cpu);
    this.#machine = createTargetMachine(llvm, hostTarget, this.#cpu, options.level);
    this.#dataLayout = llvm.LLVMCreateTargetDataLayout(this.#machine);
    const { level, sizeLevel } = options;
    const { major } = version;
    this.#optimizer = new Optimizer(llvm, major, this.#machine, { level, sizeLevel });
    const quick = { level: Math.min(level, 1), sizeLevel };
    this.#quickOptimizer = new Optimizer(llvm, major, this.#machine, quick);
  }

  /** Compiles a batch to an ELF relocatable object. Throws if LLVM refuses. */
  compile(batch: Batch): Uint8Array {
    return this.#withModule(batch, ({ module, holders }) => {
      (batch.quickly ? this.#quickOptimizer : this.#optimizer).run(module);
      restorePlaces(this.#llvm, holders.codes);
      return emit(this.#llvm, module, this.#machine, FileType.object);
    });
  }

  /** Compiles a batch and returns the text of each stage. */
  dump(batch: Batch): LlvmDump {
    const llvm = this.#llvm;
    return this.#withModule(batch, ({ module, holders }) => {
      const ir = takeMessage(llvm, llvm.LLVMPrintModuleToString(module));
      this.#optimizer.run(module);
      restorePlaces(llvm, holders.codes);
      const optimized = takeMessage(llvm, llvm.LLVMPrintModuleToString(module));
      const assembly = emit(llvm, module, this.#machine, FileType.assembly);
      return { ir, optimized, assembly: new TextDecoder().decode(assembly) };
    });
  }

  dispose(): void {
    this.#llvm.LLVMDisposeTargetData(this.#dataLayout);
    this.#llvm.LLVMDisposeTargetMachine(this.#machine);
  }

  #withModule<Result>(batch: Batch, work: (m: ModuleLowering) => Result): Result {
    const { wasm, layout, memoryMode, functions, copies, loopEntry } = batch;
    const { verify, sizeLevel, deterministic } = this.#options;
    const m = new ModuleLowering(this.#llvm, wasm, layout, this.#dataLayout, {
      memoryMode,
      sizeLevel,
      deterministic,
      target: hostTarget,
      cpu: this.#cpu,
    });
    try {
      lowerFunctions(m, functions, copies, loopEntry, verify);
      if (verify) verifyModule(this.#llvm, m.module);
      return work(m);
    } finally {
      m.dispose();
    }
  }
}

import type { CpuFeatures, MemoryMode } from '../code/code-object.js';
import type { InstanceLayout } from '../layout/instance-layout.js';
import type { WasmModule } from '../wasm/module.js';
import { FileType } from './capi/enums.js';
import { bindLlvm, type Llvm } from './capi/functions.js';
import type { LlvmLibrary } from './capi/load-library.js';
import { takeMessage } from './capi/memory.js';
import { readyProcess } from './capi/process.js';
import { restorePlaces } from './lost-places.js';
import { lowerFunctions } from './lowering/lower.js';
import { type LoopEntry, ModuleLowering } from './lowering/module.js';
import { emit, type OptimizationLevels, optimize, verifyModule } from './optimize.js';
import { createTargetMachine, type TargetCpu, targetCpu } from './target.js';

export interface LlvmOptions extends OptimizationLevels {
  /** Extensions of plain x86-64 that may be used; undefined for all that this machine has. */
  readonly cpu: CpuFeatures | undefined;
  /** Checks our IR and LLVM's. */
  readonly verify: boolean;
}

/** What is to be compiled together. */
export interface Batch {
  readonly wasm: WasmModule;
  readonly layout: InstanceLayout;
  readonly memoryMode: MemoryMode;
  /** Indices of the functions that are wanted. */
  readonly functions: readonly number[];
  /** Indices of others of which LLVM may take copies into these. */
  readonly copies: readonly number[];
  /** A loop at which a function is to be entered, too or only. */
  readonly loopEntry?: LoopEntry | undefined;
  /** Keeps to what LLVM does quickly. */
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

/** The first version of LLVM that vectorizes loops with masked addresses wrongly at times. */
const firstWithMaskedAddresses = 20;

/** LLVM at work for one thread. */
export class LlvmCompiler {
  readonly #llvm: Llvm;
  readonly #major: number;
  readonly #options: LlvmOptions;
  readonly #cpu: TargetCpu;
  readonly #machine: number;
  readonly #dataLayout: number;

  constructor({ library, version }: LlvmLibrary, options: LlvmOptions) {
    const llvm = bindLlvm(library);
    this.#llvm = llvm;
    this.#major = version.major;
    this.#options = options;
    readyProcess(llvm);
    this.#cpu = targetCpu(llvm, options.cpu);
    this.#machine = createTargetMachine(llvm, this.#cpu, options.level);
    this.#dataLayout = llvm.LLVMCreateTargetDataLayout(this.#machine);
  }

  /** Compiles a batch to an ELF relocatable object. Throws where LLVM refuses. */
  compile(batch: Batch): Uint8Array {
    return this.#withModule(batch, ({ module, holders }) => {
      const { level, sizeLevel } = this.#options;
      const levels = batch.quickly ? { level: Math.min(level, 1), sizeLevel } : this.#options;
      optimize(this.#llvm, module, this.#machine, levels);
      restorePlaces(this.#llvm, holders.codes);
      return emit(this.#llvm, module, this.#machine, FileType.object);
    });
  }

  /** Compiles a batch and shows what became of it. */
  dump(batch: Batch): LlvmDump {
    const llvm = this.#llvm;
    return this.#withModule(batch, ({ module, holders }) => {
      const ir = takeMessage(llvm, llvm.LLVMPrintModuleToString(module));
      optimize(llvm, module, this.#machine, this.#options);
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
    const { verify, sizeLevel } = this.#options;
    const m = new ModuleLowering(this.#llvm, wasm, layout, this.#dataLayout, {
      memoryMode,
      sizeLevel,
      cpu: this.#cpu,
      vectorizesMaskedAddresses: this.#major < firstWithMaskedAddresses,
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

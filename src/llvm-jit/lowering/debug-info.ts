import { DebugEmission, DebugLanguage, ModuleFlagBehavior } from '../capi/enums.js';
import type { Llvm } from '../capi/functions.js';

/** Versions that the reader of the object files understands (src/llvm-jit/elf). */
const dwarfVersion = 4;
const debugInfoVersion = 3;

/**
 * Debug information, which tells where machine code comes from, even if it was inlined: a function's name is
 * its index, and a "line" is a byte offset in the wasm module.
 */
export class DebugInfo {
  readonly #llvm: Llvm;
  readonly #context: number;
  readonly #builder: number;
  readonly #file: number;
  readonly #type: number;

  constructor(llvm: Llvm, context: number, module: number) {
    this.#llvm = llvm;
    this.#context = context;
    const i32 = llvm.LLVMInt32TypeInContext(context);
    const flag = (name: string, value: number): void => {
      const metadata = llvm.LLVMValueAsMetadata(llvm.LLVMConstInt(i32, value, 0));
      llvm.LLVMAddModuleFlag(module, ModuleFlagBehavior.warning, name, name.length, metadata);
    };
    flag('Dwarf Version', dwarfVersion);
    flag('Debug Info Version', debugInfoVersion);
    this.#builder = llvm.LLVMCreateDIBuilder(module);
    this.#file = llvm.LLVMDIBuilderCreateFile(this.#builder, 'wasm', 4, '', 0);
    llvm.LLVMDIBuilderCreateCompileUnit(
      ...[this.#builder, DebugLanguage.c, this.#file, 'upshift', 7, 1, '', 0, 0, '', 0],
      ...[DebugEmission.lineTablesOnly, 0, 1, 1, '', 0, '', 0],
    );
    this.#type = llvm.LLVMDIBuilderCreateSubroutineType(this.#builder, this.#file, 0, 0, 0);
  }

  /** Describes a function, which places then refer to. */
  describe(value: number, functionIndex: number): number {
    const name = `${functionIndex}`;
    const subprogram = this.#llvm.LLVMDIBuilderCreateFunction(
      ...[this.#builder, this.#file, name, name.length, '', 0, this.#file, 0, this.#type],
      ...[0, 1, 0, 0, 1],
    );
    this.#llvm.LLVMSetSubprogram(value, subprogram);
    return subprogram;
  }

  /** The place of a wasm instruction in a function that `describe` has described. */
  place(subprogram: number, wasmOffset: number): number {
    return this.#llvm.LLVMDIBuilderCreateDebugLocation(this.#context, wasmOffset, 0, subprogram, 0);
  }

  /** Must be called when all functions have been described. */
  finalize(): void {
    this.#llvm.LLVMDIBuilderFinalize(this.#builder);
  }

  dispose(): void {
    this.#llvm.LLVMDisposeDIBuilder(this.#builder);
  }
}

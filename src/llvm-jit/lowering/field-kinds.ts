import type { MemoryMode } from '../../code/code-object.js';
import type { InstanceLayout } from '../../layout/instance-layout.js';
import { movesBase } from '../../layout/memory-base.js';
import { functionRecord, memoryInstance, moduleInstance } from '../../layout/structs.js';
import { pointerSize } from '../../layout/widths.js';
import type { WasmModule } from '../../wasm/module.js';

/** What an access to native structures touches; accesses to different kinds never overlap. */
export const FieldKind = {
  /** Never changes while code of the instance runs. */
  constant: 0,
  /** Field of a memory instance, table instance or function record. */
  field: 1,
  /** Cell of a global. */
  global: 2,
} as const;
export type FieldKind = (typeof FieldKind)[keyof typeof FieldKind];

/** Tells from a field's offset in the instance block what it is. */
export class FieldKinds {
  readonly #layout: InstanceLayout;
  readonly #globals: number;
  readonly #tables: number;
  readonly #pointers: number;
  readonly #importedGlobalsEnd: number;
  readonly #importedGlobals: number;
  readonly #memoriesEnd: number;
  readonly #wasm: WasmModule;
  readonly #memoryMode: MemoryMode;

  constructor(wasm: WasmModule, layout: InstanceLayout, memoryMode: MemoryMode) {
    this.#layout = layout;
    this.#globals = layout.global(layout.importedGlobalCount);
    this.#tables = layout.table(layout.importedTableCount);
    const definedFunctions = wasm.functionTypes.length - layout.importedFunctionCount;
    this.#pointers = layout.function(layout.importedFunctionCount) + definedFunctions * functionRecord.size;
    this.#importedGlobals = layout.importedGlobalCount === 0 ? 0 : layout.global(0);
    this.#importedGlobalsEnd =
      layout.importedGlobalCount === 0 ? 0 : layout.global(layout.importedGlobalCount - 1) + 1;
    this.#memoriesEnd = this.#globals;
    this.#wasm = wasm;
    this.#memoryMode = memoryMode;
  }

  /** The kind of the field `offset` bytes into the instance block. */
  inInstance(offset: number): FieldKind {
    if (offset < moduleInstance.size || offset >= this.#pointers) return FieldKind.constant;
    if (offset >= this.#globals && offset < this.#tables) return FieldKind.global;
    return offset < this.#memoriesEnd && this.#isConstantBase(offset) ? FieldKind.constant : FieldKind.field;
  }

  /**
   * The kind of what a pointer in the instance block points to; `offset` is that of the pointer, in bytes.
   */
  behindPointer(offset: number): FieldKind {
    return offset >= this.#importedGlobals && offset < this.#importedGlobalsEnd
      ? FieldKind.global
      : FieldKind.field;
  }

  /**
   * Whether the pointer at an offset in the instance block is that to an imported memory whose base stays.
   */
  leadsToFixedMemory(offset: number): boolean {
    const { importedMemoryCount } = this.#layout;
    if (importedMemoryCount === 0) return false;
    const index = (offset - this.#layout.memory(0)) / pointerSize;
    return index >= 0 && index < importedMemoryCount && !this.#moves(index);
  }

  /** Whether a field of the memories in the instance block is a base that stays. */
  #isConstantBase(offset: number): boolean {
    const { importedMemoryCount } = this.#layout;
    const distance = offset - this.#layout.memory(importedMemoryCount);
    const index = importedMemoryCount + Math.floor(distance / memoryInstance.size);
    return distance % memoryInstance.size === memoryInstance.offsets.base && !this.#moves(index);
  }

  #moves(memory: number): boolean {
    return movesBase(this.#wasm, memory, this.#memoryMode);
  }
}

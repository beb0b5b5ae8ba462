import type { CodeObject } from '../code/code-object.js';
import type { IrFunction } from '../ir/function.js';
import type { InstanceLayout } from '../layout/instance-layout.js';
import type { WasmModule } from '../wasm/module.js';
import type { FuncType } from '../wasm/types.js';

/** Where values are. */
export interface Places {
  /** Machine registers by the allocator's numbers, or -1: then the value is in the frame. */
  readonly registers: Int32Array;
  /**
   * Displacements from the frame pointer in bytes; 0 where the value is not in the frame. A value that is
   * nowhere is not needed.
   */
  readonly displacements: Int32Array;
  /** Slots that the values take: see `layoutSlots`. */
  readonly slots: Int32Array;
}

/**
 * A register whose value belongs to the caller, and where the frame keeps that: displacement from the frame
 * pointer.
 */
export interface SavedRegister {
  readonly register: number;
  readonly displacement: number;
}

/**
 * A question that is answered while a function is lowered: where its state is at the loop at an offset in the
 * module.
 */
export interface LoopProbe {
  readonly wasmOffset: number;
  places: Places | undefined;
}

/** The working memory of the lowering, reused from function to function: what `compile.ts` needs of it. */
export interface TargetContext<Cpu> {
  /** The function to be lowered. The frontend writes it. */
  readonly ir: IrFunction;
  /** Whether the base of memory 0 may change where other code runs. */
  movesBase: boolean;
  /** Words that a kind of set of live registers may take: see `Flow.analyse`. */
  livenessLimit: number;
  probe: LoopProbe | undefined;
  /** Turns to another module. */
  open(module: WasmModule, layout: InstanceLayout): void;
  /** Says for which processor the code is. */
  compileFor(cpu: Cpu): void;
}

/**
 * What the folder of a processor supplies to `compile.ts`. `Cpu` says which of the processor's extensions
 * code may use.
 */
export interface Target<Cpu, Context extends TargetContext<Cpu>> {
  newContext(module: WasmModule, layout: InstanceLayout): Context;
  /**
   * Machine code of the function in the context's `ir`, which has this type. `resultArea` is the virtual
   * register of the further results' address.
   */
  lower(context: Context, type: FuncType, resultArea: number): CodeObject;
  /** The registers that the function lowered last saves in its frame. */
  savedRegisters(context: Context): readonly SavedRegister[];
}

import type { IrFunction } from '../../ir/function.js';
import { loopState, valuesLeavingLoop } from '../../ir/loop-state.js';
import { VType } from '../../ir/ops.js';
import { movesBase } from '../../layout/memory-base.js';
import { memoryInstance } from '../../layout/structs.js';
import { layoutSlots } from '../../layout/widths.js';
import { Cast, IntPredicate } from '../capi/enums.js';
import { Blocks } from './blocks.js';
import { FieldKind } from './field-kinds.js';
import { isFloat } from './float-format.js';
import type { LoadFreedom } from './held-loads.js';
import { Instructions } from './instructions.js';
import { copiedLoops, LoopCopies } from './loop-copies.js';
import { type Callee, isUniversal, type ModuleLowering } from './module.js';
import { anyFloatShape, arithmeticShapes, isNeutral } from './neutral-floats.js';
import { receivedArgument } from './passed-values.js';
import { Pointees } from './pointees.js';
import { RegisterValues } from './register-values.js';
import { registerTypes, type Shape } from './types.js';

/** Where the further results of a call are. */
interface FurtherResults {
  /** Address of the area. */
  readonly area: number;
  /** Byte offset of each in the area. */
  readonly offsets: readonly number[];
}

/**
 * State of lowering one function from IR to LLVM IR: what the operations' lowerings share. Plain instructions
 * are inherited, control is in `blocks`.
 */
export class FunctionLowering extends Instructions {
  readonly ir: IrFunction;
  readonly blocks: Blocks;
  readonly pointees: Pointees;
  readonly #registers: RegisterValues;
  /** The function itself. */
  callee: Callee = { value: 0, type: 0, stackSlots: -1 };
  /** The function's first argument: the address of the module instance. */
  instance = 0;
  /** Loads that can trap; undefined where none can. */
  loads: LoadFreedom | undefined;
  /** The loads so far that are not held: their wasm offsets, by the register that nobody else writes. */
  readonly freeLoads = new Map<number, number>();
  /** Further results of the last call. */
  furtherResults: FurtherResults | undefined;
  /** The shapes of vectors of floats that the function does arithmetic with: bits of `floatShapeBits`. */
  #floatShapes = 0;
  #subprogram = 0;
  #placedAt = -1;
  /** Address of byte 0 of memory 0, if it never changes; else 0. */
  #memoryBase = 0;

  constructor(m: ModuleLowering, ir: IrFunction) {
    super(m);
    this.ir = ir;
    this.blocks = new Blocks(m, ir);
    this.pointees = new Pointees(m.fieldKinds, ir);
    this.#registers = new RegisterValues(this, ir);
  }

  /**
   * Begins a function: its registers, arguments and blocks. `resultArea` is the frontend's register for the
   * address of the further results, or -1; `loopEntry` is the label at which the function is entered, if not
   * at its beginning.
   */
  open(callee: Callee, functionIndex: number, resultArea: number, loopEntry: number | undefined): void {
    const { ir, m, blocks } = this;
    this.callee = callee;
    this.#subprogram = m.debug.describe(callee.value, functionIndex);
    this.#placedAt = -1;
    this.freeLoads.clear();
    this.#floatShapes = 0;
    for (let at = 0; at < ir.count; at++) this.#floatShapes |= arithmeticShapes[ir.op[at]];
    this.#registers.open();
    this.pointees.open(resultArea);
    blocks.open(callee.value);
    this.place(ir.wasmOffset[0]);
    this.instance = this.llvm.LLVMGetParam(callee.value, 0);
    this.#memoryBase = 0;
    this.#registers.makeSlots();
    if (loopEntry === undefined) {
      this.#openArguments(functionIndex, resultArea);
      this.#openMemory();
      blocks.makeLabels(undefined);
    } else {
      const loops = copiedLoops(ir, loopEntry);
      this.#openState(loopEntry, loops);
      this.#openMemory();
      blocks.makeLabels((newBlock) => new LoopCopies(ir, loops, newBlock));
    }
  }

  #openArguments(functionIndex: number, resultArea: number): void {
    const { ir, m } = this;
    const places = isUniversal(this.callee)
      ? m.universal.places(m.wasm.types[m.wasm.functionTypes[functionIndex]])
      : undefined;
    for (let local = 0; local < ir.localCount; local++) {
      const vtype = ir.vtype[local] as VType;
      let value: number;
      if (local < ir.paramCount) {
        value = this.#argument(vtype, local, places?.params[local]);
      } else {
        value = this.zero(vtype);
        if (isFloat(vtype) || (vtype === VType.v128 && this.#floatShapes !== 0)) {
          value = this.hide(vtype, value);
        }
      }
      this.define(local, value);
    }
    if (resultArea < 0) return;
    const area = this.#argument(VType.i64, ir.paramCount, places?.resultArea);
    this.define(resultArea, places ? area : this.cast(Cast.ptrtoint, area, this.types.address));
  }

  /** Argument `index`, which in a universal prototype is at a place. */
  #argument(vtype: number, index: number, place: number | undefined): number {
    const { callee } = this;
    if (place !== undefined) return receivedArgument(this, callee.value, place, vtype);
    return this.received(vtype, this.llvm.LLVMGetParam(callee.value, 1 + index));
  }

  /**
   * Takes over the state at the loop where the function is entered; the second argument is its address.
   * Values that a loop makes and others use come from the loop or from its copy, so these need stack slots
   * too.
   */
  #openState(loop: number, loops: readonly number[]): void {
    const { ir, llvm, callee } = this;
    const state = loopState(ir, loop);
    for (const register of state) this.#registers.makeSlot(register);
    for (const copied of loops) {
      for (const register of valuesLeavingLoop(ir, copied)) this.#registers.makeSlot(register);
    }
    const second = llvm.LLVMGetParam(callee.value, 1);
    const values = isUniversal(callee) ? this.cast(Cast.inttoptr, second, this.types.ptr) : second;
    const { offsets } = layoutSlots(Array.from(state, (register) => registerTypes[ir.vtype[register]]));
    for (const [k, register] of state.entries()) {
      this.define(register, this.loadSlots(ir.vtype[register], this.offset(values, offsets[k])));
    }
  }

  /** A guarded memory never moves: its base is loaded once. */
  #openMemory(): void {
    const { wasm, memoryMode } = this.m;
    if (wasm.memories.length > 0 && !movesBase(wasm, 0, memoryMode)) {
      this.#memoryBase = this.#loadMemoryBase();
    }
  }

  #loadMemoryBase(): number {
    const { wasm, layout, fieldKinds, memoryMode } = this.m;
    const { base } = memoryInstance.offsets;
    const at = layout.memory(0);
    if (layout.importedMemoryCount === 0) {
      const kind = fieldKinds.inInstance(at + base);
      return this.loadField(this.types.ptr, this.offset(this.instance, at + base), kind);
    }
    const memory = this.loadField(this.types.ptr, this.offset(this.instance, at), FieldKind.constant);
    const kind = movesBase(wasm, 0, memoryMode) ? FieldKind.field : FieldKind.constant;
    return this.loadField(this.types.ptr, this.offset(memory, base), kind);
  }

  /** Address of byte 0 of memory 0, as a pointer. */
  memoryBase(): number {
    return this.#memoryBase === 0 ? this.#loadMemoryBase() : this.#memoryBase;
  }

  /** Address of the access at an instruction: base + zero-extended index + offset (unsigned). */
  memoryAddress(at: number): number {
    const { ir } = this;
    const base = ir.b[at] === ir.memoryBase ? this.memoryBase() : this.pointer(ir.b[at]);
    const index = this.value(ir.a[at]);
    const distance = ir.vtype[ir.a[at]] === VType.i64 ? index : this.widen(index);
    return this.offset(this.add(base, distance), ir.imm[at] >>> 0);
  }

  /** The instructions that follow stem from the wasm instruction at this byte offset in the module. */
  place(wasmOffset: number): void {
    if (this.#placedAt === wasmOffset) return;
    this.#placedAt = wasmOffset;
    const place = this.m.debug.place(this.#subprogram, wasmOffset);
    this.llvm.LLVMSetCurrentDebugLocation2(this.builder, place);
  }

  // Registers

  value(register: number): number {
    const value = this.#registers.value(register);
    if (value !== 0) return value;
    const { ir, types } = this;
    if (register === ir.instance) return this.cast(Cast.ptrtoint, this.instance, types.address);
    if (register === ir.memoryBase) return this.cast(Cast.ptrtoint, this.memoryBase(), types.address);
    throw new Error(`internal error: v${register} has no value`);
  }

  /**
   * A register's value where it goes out of the function, or to memory. A constant that LLVM must not
   * recognize there is hidden from it.
   */
  hiddenValue(register: number): number {
    const value = this.value(register);
    return isNeutral(this.ir, register, anyFloatShape) ? this.hide(this.ir.vtype[register], value) : value;
  }

  /**
   * The same where it stays in the function, but goes to something else than an operator. Vectors that the
   * function does not compute with as floats need not be hidden.
   */
  movedValue(register: number): number {
    const value = this.value(register);
    return isNeutral(this.ir, register, this.#floatShapes)
      ? this.hide(this.ir.vtype[register], value)
      : value;
  }

  /** A register's value as a vector of a shape. */
  vector(register: number, shape: Shape): number {
    return this.cast(Cast.bitcast, this.value(register), this.types.vectors[shape]);
  }

  /** Defines the register that an instruction writes by a vector of any shape. */
  defineVector(at: number, value: number): void {
    const result = this.cast(Cast.bitcast, value, this.types.ofRegister[VType.v128]);
    this.define(this.ir.dst[at], result);
    if (this.loads?.held[at] === 1) this.hold(VType.v128, result);
  }

  /** Whether the function does arithmetic with vectors of floats. */
  get hasFloatVectors(): boolean {
    return this.#floatShapes !== 0;
  }

  /** A register that holds an address, as a pointer. */
  pointer(register: number): number {
    if (register === this.ir.instance) return this.instance;
    return this.cast(Cast.inttoptr, this.value(register), this.types.ptr);
  }

  /** A register as an i1: whether it is not 0. */
  condition(register: number): number {
    const known = this.#registers.condition(register);
    if (known !== 0) return known;
    return this.icmp(IntPredicate.ne, this.value(register), this.constant(VType.i32, 0, 0));
  }

  define(register: number, value: number): void {
    this.#registers.define(register, value);
  }

  /** Defines a register by an i1. */
  defineCondition(register: number, condition: number): void {
    this.#registers.defineCondition(register, condition);
  }
}

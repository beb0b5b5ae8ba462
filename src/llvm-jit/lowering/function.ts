import type { IrFunction } from '../../ir/function.js';
import { enclosingLoops, loopState, valuesLeavingLoop } from '../../ir/loop-state.js';
import { opDefines, VType } from '../../ir/ops.js';
import { functionType } from '../../wasm/module.js';
import type { FuncType } from '../../wasm/types.js';
import { BinOp, Cast, IntPredicate } from '../capi/enums.js';
import type { Llvm } from '../capi/functions.js';
import { FieldKind } from './field-kinds.js';
import type { LoadFreedom } from './held-loads.js';
import { LoopCopies } from './loop-copies.js';
import type { Callee, ModuleLowering } from './module.js';
import { isNeutral } from './neutral-floats.js';
import type { Types } from './types.js';

/** i8 of `llvm.ubsantrap`: which trap it is can be read in the machine code (src/llvm-jit/trap-code.ts). */
const trapIntrinsic = 'llvm.ubsantrap';

/** Instructions that copies of loops may have, for a function that is entered at a loop. */
const largestCopies = 6000;

/**
 * State of lowering one function from IR to LLVM IR, and the building blocks that the operations' lowerings share. A
 * register that is written once is an LLVM value; one that is written more often lies in a stack slot, which LLVM turns
 * into values again (mem2reg).
 */
export class FunctionLowering {
  readonly m: ModuleLowering;
  readonly llvm: Llvm;
  readonly types: Types;
  readonly builder: number;
  ir: IrFunction;
  type: FuncType = { params: [], results: [] };
  /** The LLVM function. */
  function = 0;
  /** Its first argument: the address of the module instance. */
  instance = 0;
  /** Copies of loops that the function begins with, if it is entered at a loop. */
  loopCopies: LoopCopies | undefined;
  /** Loads that can trap; undefined where none can. */
  loads: LoadFreedom | undefined;
  /** The loads so far that are not held: where they stem from, by the register that nobody else writes. */
  readonly freeLoads = new Map<number, number>();
  /** Area for further results that the last call has filled. */
  callResults = 0;
  #subprogram = 0;
  #placedAt = -1;
  #entry = 0;
  #body = 0;
  /** Where the function begins. */
  #start = 0;
  #memoryBase = 0;
  /** Register of the address of the caller's area for further results. */
  #resultArea = -1;
  /** False behind an instruction that control does not pass. */
  #reachable = true;
  #values = new Float64Array(0);
  /** The i1 behind the result of a comparison. */
  #conditions = new Float64Array(0);
  #slots = new Float64Array(0);
  #blocks = new Float64Array(0);
  /** Per register: what is behind the pointer in it. */
  #pointees = new Uint8Array(0);
  /** Per register: 1 where it was loaded from the instance. */
  #fromInstance = new Uint8Array(0);

  constructor(m: ModuleLowering, ir: IrFunction) {
    this.m = m;
    this.llvm = m.llvm;
    this.types = m.types;
    this.builder = m.builder;
    this.ir = ir;
  }

  /**
   * Starts the body of a function: its registers, arguments and blocks. `resultArea` is as the frontend made it;
   * `loopEntry` is the label at which the function is entered, if that is not its beginning.
   */
  open(callee: Callee, functionIndex: number, resultArea: number, loopEntry: number | undefined): void {
    const { llvm, ir, m } = this;
    this.type = functionType(m.wasm, functionIndex);
    this.function = callee.value;
    this.#subprogram = m.debug.describe(callee.value, functionIndex);
    this.#placedAt = -1;
    this.loopCopies = undefined;
    this.freeLoads.clear();
    this.#resultArea = resultArea;
    this.#reachable = true;
    this.#values = fit(this.#values, ir.registers);
    this.#conditions = fit(this.#conditions, ir.registers);
    this.#slots = fit(this.#slots, ir.registers);
    this.#blocks = fit(this.#blocks, ir.labelCount);
    if (this.#pointees.length < ir.registers) {
      this.#pointees = new Uint8Array(2 * ir.registers);
      this.#fromInstance = new Uint8Array(2 * ir.registers);
    }
    this.#fromInstance.fill(0, 0, ir.registers);
    this.#pointees.fill(FieldKind.field, 0, ir.registers);
    this.#entry = this.newBlock();
    this.#body = this.newBlock();
    llvm.LLVMPositionBuilderAtEnd(this.builder, this.#entry);
    this.place(ir.wasmOffset[0]);
    this.instance = llvm.LLVMGetParam(callee.value, 0);
    this.#memoryBase = 0;
    if (loopEntry === undefined) {
      this.#makeSlots();
      this.#openArguments(resultArea);
    } else {
      this.#openState(loopEntry);
    }
    this.#openMemory();
    for (let label = 0; label < ir.labelCount; label++) this.#blocks[label] = this.newBlock();
    if (loopEntry !== undefined) {
      this.loopCopies = new LoopCopies(ir, this.#copiedLoops(loopEntry), () => this.newBlock());
    }
    this.#start = this.loopCopies?.entry ?? this.#body;
  }

  /** The loop at which the function is entered and those around it, as far as copies are not too large. */
  #copiedLoops(loop: number): number[] {
    const { ir } = this;
    let size = 0;
    return enclosingLoops(ir, loop).filter((enclosing, level) => {
      size += ir.loopEnd[enclosing] - ir.labelPosition[enclosing];
      return level === 0 || size <= largestCopies;
    });
  }

  /** Begins to lower what `loopCopies` says is next: a copy of a loop, or the function. */
  beginRange(): void {
    if (this.loopCopies?.isCopy === true) this.#reachable = false;
    else this.#enter(this.#body);
  }

  /** Ends a copy of a loop: what runs to its end goes on behind it. */
  endCopy(copies: LoopCopies): void {
    if (this.#reachable) this.jump(copies.behind);
    copies.next();
  }

  /** To be called before the instruction at an index is lowered: control may come there from the copy of a loop. */
  arrive(at: number): void {
    if (this.loopCopies === undefined) return;
    for (const block of this.loopCopies.arrivals(at)) {
      if (this.#reachable) this.llvm.LLVMBuildBr(this.builder, block);
      this.#enter(block);
    }
  }

  /** Ends the function. */
  close(): void {
    if (this.#reachable) throw new Error('internal error: control runs off the end of a function');
    this.llvm.LLVMPositionBuilderAtEnd(this.builder, this.#entry);
    this.llvm.LLVMBuildBr(this.builder, this.#start);
    // A label that nothing leads to has an empty block.
    for (let label = 0; label < this.ir.labelCount; label++) this.#closeBlock(this.#blocks[label]);
    for (const block of this.loopCopies?.blocks() ?? []) this.#closeBlock(block);
  }

  #closeBlock(block: number): void {
    if (this.llvm.LLVMGetBasicBlockTerminator(block) !== 0) return;
    this.llvm.LLVMPositionBuilderAtEnd(this.builder, block);
    this.llvm.LLVMBuildUnreachable(this.builder);
  }

  /** Makes stack slots for the registers that are written more than once. */
  #makeSlots(): void {
    const { ir } = this;
    const definitions = new Uint8Array(ir.registers);
    for (let at = 0; at < ir.count; at++) {
      const dst = ir.dst[at];
      if (opDefines[ir.op[at]] === 1 && dst >= 0 && definitions[dst] < 2) definitions[dst]++;
    }
    for (let register = 0; register < ir.registers; register++) {
      const count = definitions[register];
      if (count > 1 || (count === 1 && ir.tracked[register] >= 0)) this.#makeSlot(register);
    }
  }

  #makeSlot(register: number): void {
    const type = this.types.ofRegister[this.ir.vtype[register]];
    this.#slots[register] = this.llvm.LLVMBuildAlloca(this.builder, type, this.m.noName);
  }

  /**
   * The state at the loop where the function is entered, from where the second argument points to. What the loop makes and
   * others use has two origins, the loop and its copy.
   */
  #openState(loop: number): void {
    const { ir, llvm, types, m } = this;
    const state = loopState(ir, loop);
    this.#makeSlots();
    for (const register of state) if (this.#slots[register] === 0) this.#makeSlot(register);
    for (const enclosing of this.#copiedLoops(loop)) {
      for (const register of valuesLeavingLoop(ir, enclosing)) {
        if (this.#slots[register] === 0) this.#makeSlot(register);
      }
    }
    const values = llvm.LLVMGetParam(this.function, 1);
    for (const [k, register] of state.entries()) {
      const type = types.ofRegister[ir.vtype[register]];
      const value = llvm.LLVMBuildLoad2(this.builder, type, this.offset(values, 8 * k), m.noName);
      llvm.LLVMBuildStore(this.builder, value, this.#slots[register]);
    }
  }

  #openArguments(resultArea: number): void {
    const { ir, llvm, types, function: fn } = this;
    for (let local = 0; local < ir.localCount; local++) {
      const vtype = ir.vtype[local] as VType;
      let value: number;
      if (local < ir.paramCount) {
        value = llvm.LLVMGetParam(fn, 1 + local);
        if (vtype === VType.i32) value = this.cast(Cast.trunc, value, types.i32);
      } else {
        value = this.constant(vtype, 0, 0);
        if (vtype === VType.f32 || vtype === VType.f64) value = this.hide(vtype, value);
      }
      if (this.#slots[local] === 0) this.#values[local] = value;
      else llvm.LLVMBuildStore(this.builder, value, this.#slots[local]);
    }
    if (resultArea >= 0) {
      const area = llvm.LLVMGetParam(fn, 1 + ir.paramCount);
      this.#values[resultArea] = this.cast(Cast.ptrtoint, area, types.i64);
    }
  }

  /** A guarded memory never moves: its base is loaded once. */
  #openMemory(): void {
    if (this.m.wasm.memories.length > 0 && this.m.memoryMode === 'guarded') {
      this.#memoryBase = this.#loadMemoryBase();
    }
  }

  #loadMemoryBase(): number {
    const { layout, fieldKinds } = this.m;
    const at = layout.memory(0);
    // The base is a MemoryInstance's first field.
    if (layout.importedMemoryCount === 0) {
      return this.loadField(this.types.ptr, this.offset(this.instance, at), fieldKinds.inInstance(at));
    }
    const pointer = this.loadField(this.types.ptr, this.offset(this.instance, at), FieldKind.constant);
    const kind = this.m.memoryMode === 'guarded' ? FieldKind.constant : FieldKind.field;
    return this.loadField(this.types.ptr, pointer, kind);
  }

  /** Address of byte 0 of memory 0, as a pointer. */
  memoryBase(): number {
    return this.#memoryBase === 0 ? this.#loadMemoryBase() : this.#memoryBase;
  }

  // Blocks

  newBlock(): number {
    return this.llvm.LLVMAppendBasicBlockInContext(this.m.context, this.function, this.m.noName);
  }

  blockOf(label: number): number {
    const copied = this.loopCopies?.blockOf(label) ?? 0;
    return copied === 0 ? this.#blocks[label] : copied;
  }

  #enter(block: number): void {
    this.llvm.LLVMPositionBuilderAtEnd(this.builder, block);
    this.#reachable = true;
  }

  /** Goes on at a label, to which control also runs from what stands before it. */
  bind(label: number): void {
    const block = this.blockOf(label);
    if (this.#reachable) this.llvm.LLVMBuildBr(this.builder, block);
    this.#enter(block);
  }

  /** Jumps; control does not go on here. */
  jump(block: number): void {
    this.llvm.LLVMBuildBr(this.builder, block);
    this.#reachable = false;
  }

  /** Branches on an i1, and goes on in a new block where it is not taken (or, `inverted`, where it is). */
  branch(condition: number, target: number, inverted: boolean): void {
    const next = this.newBlock();
    if (inverted) this.llvm.LLVMBuildCondBr(this.builder, condition, next, target);
    else this.llvm.LLVMBuildCondBr(this.builder, condition, target, next);
    this.#enter(next);
  }

  /** Says that control never gets here. */
  endBlock(): void {
    this.#reachable = false;
  }

  get reachable(): boolean {
    return this.#reachable;
  }

  /** Goes on in a block of its own where control cannot get, as some IR behind a jump. */
  openDeadBlock(): void {
    this.#enter(this.newBlock());
  }

  /** Traps. To LLVM that is the end of everything; we shall see what memory holds then. */
  trap(kind: number): void {
    const { llvm } = this;
    this.m.holders.barrier(this.builder, this.m.noName);
    const { value, type } = this.m.intrinsic(trapIntrinsic);
    const argument = llvm.LLVMConstInt(this.types.i8, kind, 0);
    const call = llvm.LLVMBuildCall2(
      this.builder,
      type,
      value,
      this.m.scratch.list(argument),
      1,
      this.m.noName,
    );
    this.m.keepApart(call);
    llvm.LLVMBuildUnreachable(this.builder);
    this.#reachable = false;
  }

  /** Traps where an i1 is true (or, `inverted`, false), and goes on elsewhere. */
  trapIf(condition: number, kind: number, inverted = false): void {
    const trapping = this.newBlock();
    this.branch(condition, trapping, inverted);
    const next = this.llvm.LLVMGetInsertBlock(this.builder);
    this.#enter(trapping);
    this.trap(kind);
    this.#enter(next);
  }

  /** What is emitted from now on stems from a wasm instruction. */
  place(wasmOffset: number): void {
    if (this.#placedAt === wasmOffset) return;
    this.#placedAt = wasmOffset;
    const place = this.m.debug.place(this.#subprogram, wasmOffset);
    this.llvm.LLVMSetCurrentDebugLocation2(this.builder, place);
  }

  // Registers

  value(register: number): number {
    const { ir } = this;
    const slot = this.#slots[register];
    if (slot !== 0) {
      const type = this.types.ofRegister[ir.vtype[register]];
      return this.llvm.LLVMBuildLoad2(this.builder, type, slot, this.m.noName);
    }
    const known = this.#values[register];
    if (known !== 0) return known;
    const condition = this.#conditions[register];
    if (condition !== 0) return this.cast(Cast.zext, condition, this.types.i32);
    if (ir.isConstant[register] === 1) {
      const constant = this.constant(ir.vtype[register] as VType, ir.low[register], ir.high[register]);
      this.#values[register] = constant;
      return constant;
    }
    if (register === ir.instance) return this.cast(Cast.ptrtoint, this.instance, this.types.i64);
    if (register === ir.memoryBase) return this.cast(Cast.ptrtoint, this.memoryBase(), this.types.i64);
    throw new Error(`internal error: v${register} has no value`);
  }

  /**
   * A register's value where it goes on to somewhere else than an operator: a constant that LLVM must not recognize there
   * is hidden from it.
   */
  hiddenValue(register: number): number {
    const value = this.value(register);
    return isNeutral(this.ir, register) ? this.hide(this.ir.vtype[register], value) : value;
  }

  /** The same value, which LLVM does not know. */
  hide(vtype: number, value: number): number {
    return this.m.holders.hide(this.builder, vtype, value, this.m.noName);
  }

  /** A register that holds an address, as a pointer. */
  pointer(register: number): number {
    if (register === this.ir.instance) return this.instance;
    return this.cast(Cast.inttoptr, this.value(register), this.types.ptr);
  }

  /** A register as an i1: whether it is not 0. */
  condition(register: number): number {
    const known = this.#conditions[register];
    if (known !== 0) return known;
    return this.icmp(IntPredicate.ne, this.value(register), this.constant(VType.i32, 0, 0));
  }

  define(register: number, value: number): void {
    const slot = this.#slots[register];
    if (slot === 0) this.#values[register] = value;
    else this.llvm.LLVMBuildStore(this.builder, value, slot);
  }

  /** Defines a register by an i1. */
  defineCondition(register: number, condition: number): void {
    if (this.#slots[register] === 0) this.#conditions[register] = condition;
    else this.define(register, this.cast(Cast.zext, condition, this.types.i32));
  }

  constant(vtype: VType, low: number, high: number): number {
    const { llvm, types } = this;
    switch (vtype) {
      case VType.i32:
        return llvm.LLVMConstInt(types.i32, low >>> 0, 0);
      case VType.i64:
        return llvm.LLVMConstInt(types.i64, bits64(low, high), 0);
      case VType.f32:
        return llvm.LLVMConstBitCast(llvm.LLVMConstInt(types.i32, low >>> 0, 0), types.f32);
      default:
        return llvm.LLVMConstBitCast(llvm.LLVMConstInt(types.i64, bits64(low, high), 0), types.f64);
    }
  }

  /** Has LLVM compute a value, of a register of this type, here if not before: see `Holders`. */
  hold(vtype: number, value: number): void {
    this.m.holders.hold(this.builder, vtype, value, this.m.noName);
  }

  // Plain instructions

  binary(op: number, a: number, b: number): number {
    return this.llvm.LLVMBuildBinOp(this.builder, op, a, b, this.m.noName);
  }

  cast(op: number, value: number, type: number): number {
    return this.llvm.LLVMBuildCast(this.builder, op, value, type, this.m.noName);
  }

  icmp(predicate: number, a: number, b: number): number {
    return this.llvm.LLVMBuildICmp(this.builder, predicate, a, b, this.m.noName);
  }

  fcmp(predicate: number, a: number, b: number): number {
    return this.llvm.LLVMBuildFCmp(this.builder, predicate, a, b, this.m.noName);
  }

  select(condition: number, a: number, b: number): number {
    return this.llvm.LLVMBuildSelect(this.builder, condition, a, b, this.m.noName);
  }

  /** Calls an intrinsic that is made for the types `overloads`. */
  callIntrinsic(name: string, overloads: readonly number[], ...args: readonly number[]): number {
    const { value, type } = this.m.intrinsic(name, ...overloads);
    const list = this.m.scratch.list(...args);
    return this.llvm.LLVMBuildCall2(this.builder, type, value, list, args.length, this.m.noName);
  }

  /** Area of a call's further results, of 8 bytes each, in this function's frame. */
  resultArea(count: number): number {
    const { llvm } = this;
    const current = llvm.LLVMGetInsertBlock(this.builder);
    llvm.LLVMPositionBuilderAtEnd(this.builder, this.#entry);
    const area = llvm.LLVMBuildAlloca(this.builder, llvm.LLVMArrayType(this.types.i64, count), this.m.noName);
    llvm.LLVMPositionBuilderAtEnd(this.builder, current);
    return area;
  }

  // Addresses and fields

  /** A pointer and a distance in bytes. */
  offset(pointer: number, distance: number): number {
    if (distance === 0) return pointer;
    return this.add(pointer, this.llvm.LLVMConstInt(this.types.i64, distance, 0));
  }

  /** A pointer and an i64 distance in bytes, together inside of the same mapping. */
  add(pointer: number, distance: number): number {
    const list = this.m.scratch.list(distance);
    return this.llvm.LLVMBuildInBoundsGEP2(this.builder, this.types.i8, pointer, list, 1, this.m.noName);
  }

  loadField(type: number, pointer: number, kind: FieldKind): number {
    const load = this.llvm.LLVMBuildLoad2(this.builder, type, pointer, this.m.noName);
    this.m.tags.field(load, kind);
    return load;
  }

  /** What kind of field lies `offset` bytes from the address in a register; undefined where it is in a result area. */
  fieldKind(register: number, offset: number): FieldKind | undefined {
    if (register === this.ir.instance) return this.m.fieldKinds.inInstance(offset);
    if (register === this.#resultArea) return undefined;
    return this.#pointees[register] as FieldKind;
  }

  /** Notes what the pointer leads to that was loaded from an offset in the instance. */
  notePointee(register: number, offset: number): void {
    this.#fromInstance[register] = 1;
    this.#pointees[register] = this.m.fieldKinds.behindPointer(offset);
  }

  /** Whether a register holds a pointer that the instance had from its start, as that of an imported function. */
  isImport(register: number): boolean {
    return this.#fromInstance[register] === 1;
  }

  /** Zero-extends an i32. */
  widen(value: number): number {
    return this.cast(Cast.zext, value, this.types.i64);
  }

  /** Address of a linear memory access: base + zero-extended index + offset (unsigned). */
  memoryAddress(index: number, offset: number): number {
    return this.offset(this.add(this.memoryBase(), this.widen(this.value(index))), offset >>> 0);
  }

  shiftMask(vtype: VType, count: number): number {
    return this.binary(BinOp.and, count, this.constant(vtype, vtype === VType.i32 ? 31 : 63, 0));
  }
}

/** A zeroed array of at least `length` elements. */
function fit(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (array.length < length) return new Float64Array(2 * length);
  array.fill(0, 0, length);
  return array;
}

function bits64(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

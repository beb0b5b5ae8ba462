import type { IrFunction } from '../../ir/function.js';
import type { LoopCopies } from './loop-copies.js';
import type { ModuleLowering } from './module.js';
import { zeroed } from './register-values.js';

/** i8 of `llvm.ubsantrap`: the machine code still tells which trap it is (src/llvm-jit/x64/trap-code.ts). */
const trapIntrinsic = 'llvm.ubsantrap';

/** The basic blocks of a function, and how control goes from one to the next. */
export class Blocks {
  readonly #m: ModuleLowering;
  readonly #ir: IrFunction;
  #function = 0;
  /** Where stack slots are made and arguments arrive; then control goes on at `#start`. */
  #entry = 0;
  #body = 0;
  #start = 0;
  /** By label. */
  #labels = new Float64Array(0);
  #copies: LoopCopies | undefined;
  /** The landing pads, by the blocks that they lead to. */
  readonly #landings = new Map<number, number>();
  /** False after an instruction that control does not pass. */
  #reachable = true;

  constructor(m: ModuleLowering, ir: IrFunction) {
    this.#m = m;
    this.#ir = ir;
  }

  /** Begins a function. What comes next is in its entry block. */
  open(llvmFunction: number): void {
    this.#function = llvmFunction;
    this.#copies = undefined;
    this.#landings.clear();
    this.#reachable = true;
    this.#labels = zeroed(this.#labels, this.#ir.labelCount);
    this.#entry = this.newBlock();
    this.#body = this.newBlock();
    this.#m.llvm.LLVMPositionBuilderAtEnd(this.#m.builder, this.#entry);
  }

  /**
   * Makes the labels' blocks, and those of the copies of loops that the function begins with, if it has some.
   */
  makeLabels(makeCopies: ((newBlock: () => number) => LoopCopies) | undefined): void {
    for (let label = 0; label < this.#ir.labelCount; label++) this.#labels[label] = this.newBlock();
    this.#copies = makeCopies?.(() => this.newBlock());
    this.#start = this.#copies?.entry ?? this.#body;
  }

  /** Ends the function. */
  close(): void {
    if (this.#reachable) throw new Error('internal error: control runs off the end of a function');
    const { llvm, builder } = this.#m;
    llvm.LLVMPositionBuilderAtEnd(builder, this.#entry);
    llvm.LLVMBuildBr(builder, this.#start);
    // A label that nothing leads to has an empty block.
    for (let label = 0; label < this.#ir.labelCount; label++) this.#close(this.#labels[label]);
    for (const block of this.#copies?.blocks() ?? []) this.#close(block);
  }

  #close(block: number): void {
    const { llvm, builder } = this.#m;
    if (llvm.LLVMGetBasicBlockTerminator(block) !== 0) return;
    llvm.LLVMPositionBuilderAtEnd(builder, block);
    llvm.LLVMBuildUnreachable(builder);
  }

  // Ranges of instructions: copies of loops, then the function

  /** The copies of loops that the function begins with. */
  get copies(): LoopCopies | undefined {
    return this.#copies;
  }

  /** Begins to lower what `copies` says is next: a copy of a loop, or the function. */
  beginRange(): void {
    if (this.#copies?.isCopy === true) this.#reachable = false;
    else this.#enter(this.#body);
  }

  /** Ends a copy of a loop. Control that runs to its end goes on after it. */
  endCopy(copies: LoopCopies): void {
    if (this.#reachable) this.jump(copies.behind);
    copies.next();
  }

  /**
   * Must be called before the instruction at an index is lowered: control may arrive there from the copy of a
   * loop.
   */
  arrive(at: number): void {
    if (this.#copies === undefined) return;
    for (const block of this.#copies.arrivals(at)) {
      if (this.#reachable) this.#m.llvm.LLVMBuildBr(this.#m.builder, block);
      this.#enter(block);
    }
  }

  // Control

  newBlock(): number {
    const { llvm, context, noName } = this.#m;
    return llvm.LLVMAppendBasicBlockInContext(context, this.#function, noName);
  }

  /** The block of a label, as seen from what is being lowered. */
  of(label: number): number {
    const copied = this.#copies?.blockOf(label) ?? 0;
    return copied === 0 ? this.#labels[label] : copied;
  }

  /**
   * The block where exceptions arrive that go on at a label, a pad, as seen from what is being lowered. It
   * begins with a landing pad, which no branch may lead to.
   */
  landingOf(label: number): number {
    const pad = this.of(label);
    let landing = this.#landings.get(pad);
    if (landing === undefined) {
      const { llvm, builder, landingPads, noName } = this.#m;
      landing = this.newBlock();
      this.#landings.set(pad, landing);
      const current = llvm.LLVMGetInsertBlock(builder);
      llvm.LLVMPositionBuilderAtEnd(builder, landing);
      landingPads.begin(builder, this.#function, noName);
      llvm.LLVMBuildBr(builder, pad);
      llvm.LLVMPositionBuilderAtEnd(builder, current);
    }
    return landing;
  }

  get isReachable(): boolean {
    return this.#reachable;
  }

  #enter(block: number): void {
    this.#m.llvm.LLVMPositionBuilderAtEnd(this.#m.builder, block);
    this.#reachable = true;
  }

  /** Goes on at a label. Control also runs there from the instruction before. */
  bind(label: number): void {
    const block = this.of(label);
    if (this.#reachable) this.#m.llvm.LLVMBuildBr(this.#m.builder, block);
    this.#enter(block);
  }

  /** Jumps; control does not go on here. */
  jump(block: number): void {
    this.#m.llvm.LLVMBuildBr(this.#m.builder, block);
    this.#reachable = false;
  }

  /** Goes on in a block that the last instruction leads to. */
  goOnIn(block: number): void {
    this.#enter(block);
  }

  /**
   * Branches on an i1, and goes on in a new block where it is not taken (or, `inverted`, where it is).
   *
   * @param hint 1 where it is likely that it branches, 0 where it is unlikely, -1 where nothing is known
   */
  branch(condition: number, target: number, inverted: boolean, hint = -1): void {
    const { llvm, builder, weights } = this.#m;
    const next = this.newBlock();
    const branch = inverted
      ? llvm.LLVMBuildCondBr(builder, condition, next, target)
      : llvm.LLVMBuildCondBr(builder, condition, target, next);
    if (hint >= 0) weights.mark(branch, (hint === 1) !== inverted);
    this.#enter(next);
  }

  /** Says that an instruction has ended the block. */
  end(): void {
    this.#reachable = false;
  }

  /** Goes on in a block that control never reaches: IR after a jump needs one. */
  openDeadBlock(): void {
    this.#enter(this.newBlock());
  }

  /** Traps. LLVM takes that for the end of everything, so memory must be as wasm wants it by then. */
  trap(kind: number): void {
    const { llvm, builder, holders, types, scratch, noName } = this.#m;
    holders.barrier(builder, noName);
    const { value, type } = this.#m.intrinsic(trapIntrinsic);
    const argument = llvm.LLVMConstInt(types.i8, kind, 0);
    const call = llvm.LLVMBuildCall2(builder, type, value, scratch.list(argument), 1, noName);
    this.#m.keepApart(call);
    llvm.LLVMBuildUnreachable(builder);
    this.#reachable = false;
  }

  /** Traps where an i1 is true (or, `inverted`, false), and goes on elsewhere. */
  trapIf(condition: number, kind: number, inverted = false): void {
    const trapping = this.newBlock();
    this.branch(condition, trapping, inverted);
    const next = this.#m.llvm.LLVMGetInsertBlock(this.#m.builder);
    this.#enter(trapping);
    this.trap(kind);
    this.#enter(next);
  }

  /** Makes an area of `slots` slots in the function's frame. */
  makeSlotArea(slots: number): number {
    const { llvm, builder, types, noName } = this.#m;
    const current = llvm.LLVMGetInsertBlock(builder);
    llvm.LLVMPositionBuilderAtEnd(builder, this.#entry);
    const area = llvm.LLVMBuildAlloca(builder, llvm.LLVMArrayType(types.slot, slots), noName);
    llvm.LLVMPositionBuilderAtEnd(builder, current);
    return area;
  }
}

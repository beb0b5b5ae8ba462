import { type CodeHandlers, type CodeSites, noHandlers } from '../../code/code-object.js';
import { Trap } from '../../code/traps.js';
import { grown, IrFunction, initialCapacity } from '../../ir/function.js';
import { isLoad } from '../../ir/ops.js';
import type { InstanceLayout } from '../../layout/instance-layout.js';
import type { WasmModule } from '../../wasm/module.js';
import { Assembler } from '../../x64/assembler.js';
import { baselineCpu, type CpuFeatures } from '../../x64/cpu-features.js';
import { alignFrame, frame, savedRegistersSize } from '../../x64/frame-layout.js';
import { X } from '../../x64/instructions.js';
import { Allocation } from '../regalloc/allocation.js';
import { Edges } from '../regalloc/edges.js';
import { Flow } from '../regalloc/flow.js';
import { Frame, type FrameLayout } from '../regalloc/frame.js';
import { LastUses } from '../regalloc/last-uses.js';
import { ParallelMove } from '../regalloc/parallel-move.js';
import { lowest, noRegisters, withoutLowest } from '../regalloc/register-set.js';
import type { LoopProbe, TargetContext } from '../target.js';
import { type CallShapes, makeCallShapes } from './call-shapes.js';
import { ConstantPool } from './constant-pool.js';
import { encodingOf, registers, scratchGpr } from './machine-registers.js';
import { MoveEmitter } from './value-moves.js';

const frameLayout: FrameLayout = {
  stackArguments: frame.stackArguments,
  savedRegistersSize,
  align: alignFrame,
};

/**
 * What the lowering of one function works with: the IR, the allocator, the assembler, and what is collected
 * for the end of the code (traps, rare paths, constants, jump tables). It is reused from function to
 * function.
 */
export class LoweringContext implements TargetContext<CpuFeatures> {
  readonly ir = new IrFunction();
  readonly flow = new Flow();
  readonly lastUses = new LastUses();
  readonly frame = new Frame(this.ir, frameLayout);
  readonly asm = new Assembler();
  /** For the prologue, which is written when all else is. */
  readonly prologue = new Assembler();
  readonly constants = new ConstantPool(this.asm);
  readonly moves: MoveEmitter;
  readonly allocation: Allocation;
  readonly edges: Edges;
  readonly parallel: ParallelMove;
  layout: InstanceLayout;
  cpu: CpuFeatures = baselineCpu;
  /** Whether the base of memory 0 may change where other code runs. */
  movesBase = false;
  livenessLimit = 0;
  probe: LoopProbe | undefined;
  shapes: CallShapes;

  /**
   * 1 for an instruction whose effect the next one takes over (a comparison by its branch, a load by its
   * user).
   */
  fused = new Uint8Array(initialCapacity);
  /** Assembler label of each IR label. */
  labels = new Int32Array(initialCapacity);
  /** False after an instruction that control does not pass. */
  reachable = true;
  /** Label of the epilogue. */
  epilogue = 0;
  /** Stack slots that the function's own arguments take. */
  ownStackSlots = 0;

  /** Memory operand, set up by `memoryOperand`, `fieldOperand` and others. An index of -1 means none. */
  base = 0;
  index = -1;
  scale = 0;
  disp = 0;

  #siteOffsets = new Uint32Array(initialCapacity);
  #siteTraps = new Uint8Array(initialCapacity);
  #siteWasm = new Uint32Array(initialCapacity);
  #siteCount = 0;
  /** Calls with pads: offset of the call's last byte, and the assembler label of what goes on then. */
  readonly #handlerOffsets: number[] = [];
  readonly #handlerLabels: number[] = [];
  #trapLabels: number[] = [];
  #trapKinds: number[] = [];
  #trapWasm: number[] = [];
  #rare: Array<() => void> = [];
  #tables: Array<{ readonly label: number; readonly targets: readonly number[] }> = [];

  constructor(module: WasmModule, layout: InstanceLayout) {
    this.layout = layout;
    this.shapes = makeCallShapes(module);
    this.asm.allow(this.cpu);
    this.prologue.allow(this.cpu);
    this.moves = new MoveEmitter(this.asm, this.ir, this.constants, layout);
    this.allocation = new Allocation(this.ir, this.flow, this.lastUses, this.moves, this.frame, registers);
    this.parallel = new ParallelMove(this.moves);
    this.edges = new Edges(this.ir, this.flow, this.allocation, this.moves, this.parallel);
  }

  /** Turns to another module. */
  open(module: WasmModule, layout: InstanceLayout): void {
    this.layout = layout;
    this.moves.layout = layout;
    this.shapes = makeCallShapes(module);
  }

  /** Says for which processor the code is. */
  compileFor(cpu: CpuFeatures): void {
    if (cpu === this.cpu) return;
    this.cpu = cpu;
    this.asm.allow(cpu);
    this.prologue.allow(cpu);
  }

  /** Readies everything for the function that `ir` holds; its flow must have been analysed. */
  reset(): void {
    const { ir, asm } = this;
    asm.reset();
    this.constants.reset();
    this.frame.reset();
    this.allocation.reset();
    this.edges.reset();
    if (this.fused.length < ir.count) this.fused = new Uint8Array(ir.count * 2);
    else this.fused.fill(0, 0, ir.count);
    if (this.labels.length < ir.labelCount) this.labels = new Int32Array(ir.labelCount * 2);
    for (let label = 0; label < ir.labelCount; label++) this.labels[label] = asm.newLabel();
    this.epilogue = asm.newLabel();
    this.reachable = true;
    this.#siteCount = 0;
    this.#handlerOffsets.length = 0;
    this.#handlerLabels.length = 0;
    this.#trapLabels.length = 0;
    this.#trapKinds.length = 0;
    this.#trapWasm.length = 0;
    this.#rare.length = 0;
    this.#tables.length = 0;
  }

  /** Notes that the instruction emitted next may fault. */
  site(trap: number, wasmOffset: number): void {
    this.siteAt(this.asm.position, trap, wasmOffset);
  }

  /** Notes a site as `CodeSites` describes it. */
  siteAt(offset: number, trap: number, wasmOffset: number): void {
    const at = this.#siteCount;
    if (at === this.#siteOffsets.length) {
      this.#siteOffsets = grown(this.#siteOffsets);
      this.#siteTraps = grown(this.#siteTraps);
      this.#siteWasm = grown(this.#siteWasm);
    }
    this.#siteOffsets[at] = offset;
    this.#siteTraps[at] = trap;
    this.#siteWasm[at] = wasmOffset;
    this.#siteCount = at + 1;
  }

  /** The sites, with `shift` bytes cut off the front of the code. */
  sites(shift: number): CodeSites {
    const offsets = this.#siteOffsets.slice(0, this.#siteCount);
    for (let i = 0; i < offsets.length; i++) offsets[i] -= shift;
    return {
      offsets,
      traps: this.#siteTraps.slice(0, this.#siteCount),
      wasmOffsets: this.#siteWasm.slice(0, this.#siteCount),
    };
  }

  /**
   * Lets exceptions that leave the call just emitted go on at its pad, where all values are in their slots:
   * those that are in registers alone are stored there on the way.
   */
  land(at: number): void {
    const { ir, allocation, edges, frame, asm } = this;
    const { holder, clean } = allocation;
    const pad = ir.pool[ir.imm[at] - 2];
    edges.agreesWithPad(pad);
    const stores: Array<{ readonly vtype: number; readonly slot: number; readonly register: number }> = [];
    for (let left = allocation.occupied() & ~clean; left !== noRegisters; left = withoutLowest(left)) {
      const register = lowest(left);
      const held = holder[register];
      if (held < 0 || held === ir.memoryBase || !edges.isLiveAt(pad, held)) continue;
      stores.push({ vtype: ir.vtype[held], slot: frame.slotFor(held), register });
    }
    let landing = this.labels[pad];
    if (stores.length > 0) {
      landing = asm.newLabel();
      this.rarely(() => {
        asm.bind(landing);
        for (const { vtype, slot, register } of stores) this.moves.store(vtype, slot, register);
        asm.jmp(this.labels[pad]);
      });
    }
    this.#handlerOffsets.push(asm.position - 1);
    this.#handlerLabels.push(landing);
  }

  /** Where exceptions go, with `shift` bytes cut off the front of the code. */
  handlers(shift: number): CodeHandlers {
    if (this.#handlerOffsets.length === 0) return noHandlers;
    const starts = Uint32Array.from(this.#handlerOffsets, (offset) => offset - shift);
    return {
      starts,
      ends: starts.map((start) => start + 1),
      pads: Uint32Array.from(this.#handlerLabels, (label) => this.asm.labelPosition(label) - shift),
      adjusts: new Uint32Array(starts.length),
    };
  }

  /** Label of code that traps, for a wasm instruction. */
  trapLabel(trap: number, wasmOffset: number): number {
    const last = this.#trapLabels.length - 1;
    if (last >= 0 && this.#trapKinds[last] === trap && this.#trapWasm[last] === wasmOffset) {
      return this.#trapLabels[last];
    }
    const label = this.asm.newLabel();
    this.#trapLabels.push(label);
    this.#trapKinds.push(trap);
    this.#trapWasm.push(wasmOffset);
    return label;
  }

  /** Emits code for a rare path later, after the function's main code. */
  rarely(emit: () => void): void {
    this.#rare.push(emit);
  }

  /** Label of a table of 32-bit distances from the table to the targets (assembler labels). */
  jumpTable(targets: readonly number[]): number {
    const label = this.asm.newLabel();
    this.#tables.push({ label, targets });
    return label;
  }

  /** Emits the rare paths and traps that were put off to the end of the code. */
  emitRarePaths(): void {
    const { asm } = this;
    for (const emit of this.#rare) emit();
    for (let i = 0; i < this.#trapLabels.length; i++) {
      asm.bind(this.#trapLabels[i]);
      this.site(this.#trapKinds[i], this.#trapWasm[i]);
      asm.op(X.ud2);
    }
  }

  /** Emits the constants and jump tables, which follow the code. */
  emitData(): void {
    const { asm } = this;
    this.constants.emit();
    for (const { label, targets } of this.#tables) {
      asm.align(4);
      asm.bind(label);
      for (const target of targets) asm.labelDifference32(target, label);
    }
  }

  /** True if operand `register` of instruction `at` is made by the fused instruction before it. */
  isFusedOperand(at: number, register: number): boolean {
    return at > 0 && this.fused[at - 1] === 1 && this.ir.dst[at - 1] === register;
  }

  /** Gives back the registers that die at an instruction and at those fused into it. */
  releaseChain(at: number): void {
    let i = at;
    do {
      this.allocation.releaseDying(i);
      i--;
    } while (i >= 0 && this.fused[i] === 1);
  }

  /**
   * Sets up the memory operand of a load or store: base + zero-extended address + offset. A 64-bit address
   * has been checked, so that only one that is never accessed can be above 2³² as a constant.
   */
  memoryOperand(at: number): void {
    const { ir, allocation, asm } = this;
    const offset = ir.imm[at] >>> 0;
    const address = ir.a[at];
    this.base = allocation.use(ir.b[at]);
    this.scale = 0;
    if (ir.isConstant[address] === 1 && ir.high[address] === 0) {
      const effective = (ir.low[address] >>> 0) + offset;
      if (effective <= 0x7fffffff) {
        this.index = -1;
        this.disp = effective;
      } else {
        asm.movImm(scratchGpr, effective | 0, effective >= 2 ** 32 ? 1 : 0);
        this.index = scratchGpr;
        this.disp = 0;
      }
      return;
    }
    const index = allocation.use(address);
    if (offset <= 0x7fffffff) {
      this.index = index;
      this.disp = offset;
    } else {
      asm.movImm(scratchGpr, offset | 0, 0);
      asm.rr(X.add64, scratchGpr, index);
      this.index = scratchGpr;
      this.disp = 0;
    }
  }

  /** Sets up the memory operand of a field access: a + imm. */
  fieldOperand(at: number): void {
    this.base = this.allocation.use(this.ir.a[at]);
    this.index = -1;
    this.disp = this.ir.imm[at];
  }

  /** Sets up the memory operand of a fused load. The instruction that uses it must be emitted next. */
  fusedOperand(at: number): void {
    if (isLoad(this.ir.op[at])) this.memoryOperand(at);
    else this.fieldOperand(at);
  }

  /** Notes that the next instruction may fault, if it does a fused load of the memory. */
  siteOfFused(at: number): void {
    if (isLoad(this.ir.op[at])) this.site(Trap.memoryOutOfBounds, this.ir.wasmOffset[at]);
  }

  /** `register, [operand]` */
  loadFrom(id: number, register: number): void {
    if (this.index < 0) this.asm.rm(id, encodingOf(register), this.base, this.disp);
    else this.asm.rmx(id, encodingOf(register), this.base, this.index, this.scale, this.disp);
  }

  /** `[operand], register` */
  storeTo(id: number, register: number): void {
    if (this.index < 0) this.asm.mr(id, this.base, this.disp, encodingOf(register));
    else this.asm.mrx(id, this.base, this.index, this.scale, this.disp, encodingOf(register));
  }

  /** `[operand], immediate` */
  storeImmediate(id: number, immediate: number): void {
    if (this.index < 0) this.asm.mi(id, this.base, this.disp, immediate);
    else this.asm.mix(id, this.base, this.index, this.scale, this.disp, immediate);
  }
}

/** Lowers one instruction. */
export type Lower = (g: LoweringContext, at: number) => void;

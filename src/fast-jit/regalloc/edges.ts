import { grown, type IrFunction, initialCapacity } from '../../ir/function.js';
import type { Allocation } from './allocation.js';
import type { Flow } from './flow.js';
import type { ParallelMove } from './parallel-move.js';
import { noRegisters, type RegisterSet, registerCount } from './register-set.js';
import type { ValueMoves } from './value-moves.js';

/**
 * Offsets in a label's state, after the set of its registers: the set of the clean ones, and the virtual
 * registers.
 */
const cleanAt = 1;
const holdersAt = 2;
/** Most numbers that a state can take. */
const largestState = holdersAt + registerCount;

/**
 * What each label expects of the registers, and the moves that make each way to it agree. The first way that
 * reaches a label fixes what it expects.
 */
export class Edges {
  readonly #ir: IrFunction;
  readonly #flow: Flow;
  readonly #allocation: Allocation;
  readonly #moves: ValueMoves;
  readonly #parallel: ParallelMove;
  /** Where a label's state begins in `#states`; -1 before the first way to it. */
  #stateOf = new Int32Array(initialCapacity);
  /**
   * States: registers in use, those of them that are clean, then what each holds, from the lowest register
   * up.
   */
  #states = new Int32Array(initialCapacity);
  #length = 0;

  constructor(ir: IrFunction, flow: Flow, allocation: Allocation, moves: ValueMoves, parallel: ParallelMove) {
    this.#ir = ir;
    this.#flow = flow;
    this.#allocation = allocation;
    this.#moves = moves;
    this.#parallel = parallel;
  }

  reset(): void {
    const { labelCount } = this.#ir;
    if (this.#stateOf.length < labelCount) this.#stateOf = new Int32Array(labelCount * 2);
    this.#stateOf.fill(-1, 0, labelCount);
    this.#length = 0;
  }

  /**
   * True if the way from here to a label takes no instruction; fixes what the label expects if this is the
   * first.
   */
  agrees(label: number): boolean {
    const state = this.#stateOf[label];
    if (state < 0) {
      if (this.#ir.labelIsPad[label] === 1) return this.agreesWithPad(label);
      this.fix(label);
      return true;
    }
    const states = this.#states;
    const allocation = this.#allocation;
    const { holder, clean } = allocation;
    const wanted = states[state];
    let entry = state + holdersAt;
    for (let left = wanted; left !== noRegisters; left &= left - 1) {
      if (holder[31 - Math.clz32(left & -left)] !== states[entry++]) return false;
    }
    if ((states[state + cleanAt] & ~clean) !== noRegisters) return false;
    for (let left = allocation.occupied() & ~wanted & ~clean; left !== noRegisters; left &= left - 1) {
      const held = holder[31 - Math.clz32(left & -left)];
      if (held >= 0 && this.isLiveAt(label, held)) return false;
    }
    return true;
  }

  /** The same for a pad. It expects nothing in registers: all values are in their slots. */
  agreesWithPad(label: number): boolean {
    if (this.#stateOf[label] < 0) {
      while (this.#length + largestState > this.#states.length) this.#states = grown(this.#states);
      this.#stateOf[label] = this.#length;
      this.#states[this.#length] = noRegisters;
      this.#states[this.#length + cleanAt] = noRegisters;
      this.#length += holdersAt;
    }
    return this.agrees(label);
  }

  /** Makes the current state what the label expects. */
  fix(label: number): void {
    const allocation = this.#allocation;
    const { holder, clean, home } = allocation;
    while (this.#length + largestState > this.#states.length) this.#states = grown(this.#states);
    const states = this.#states;
    const state = this.#length;
    this.#stateOf[label] = state;
    let entry = state + holdersAt;
    let used: RegisterSet = noRegisters;
    for (let left = allocation.occupied(); left !== noRegisters; left &= left - 1) {
      const at = 31 - Math.clz32(left & -left);
      const held = holder[at];
      if (held < 0 || !this.isLiveAt(label, held)) continue;
      states[entry++] = held;
      used |= 1 << at;
      home[held] = at;
    }
    states[state] = used;
    states[state + cleanAt] = used & clean;
    this.#length = entry;
  }

  /** Emits what makes the registers agree with the label. The allocation's own state stays as it is. */
  conform(label: number): void {
    const allocation = this.#allocation;
    const { holder, place, clean, frame } = allocation;
    const { vtype } = this.#ir;
    const state = this.#stateOf[label];
    const states = this.#states;
    const cleanThere = states[state + cleanAt];
    for (let left = allocation.occupied() & ~clean; left !== noRegisters; left &= left - 1) {
      const at = 31 - Math.clz32(left & -left);
      const held = holder[at];
      if (held < 0 || !this.isLiveAt(label, held)) continue;
      const there = this.#placeAt(state, held);
      if (there < 0 || ((cleanThere >>> there) & 1) === 1) {
        this.#moves.store(vtype[held], frame.slotFor(held), at);
      }
    }
    let loads: RegisterSet = noRegisters;
    let entry = state + holdersAt;
    for (let left = states[state]; left !== noRegisters; left &= left - 1) {
      const at = 31 - Math.clz32(left & -left);
      const wanted = states[entry++];
      if (place[wanted] >= 0) this.#parallel.add(vtype[wanted], at, place[wanted]);
      else if (this.#hasValue(wanted)) loads |= 1 << at;
    }
    this.#parallel.run();
    if (loads !== noRegisters) this.#loadAll(state, loads);
  }

  /** Loads the values that are in no register into those that the label wants them in. */
  #loadAll(state: number, loads: RegisterSet): void {
    const allocation = this.#allocation;
    const { ir } = allocation;
    let base = -1;
    let entry = state + holdersAt;
    for (let left = this.#states[state]; left !== noRegisters; left &= left - 1) {
      const at = 31 - Math.clz32(left & -left);
      const wanted = this.#states[entry++];
      if (((loads >>> at) & 1) === 0) continue;
      // The base of the memory is found through the instance, which the moves before may have overwritten.
      if (wanted === ir.memoryBase) base = at;
      else allocation.loadInto(at, wanted);
    }
    if (base < 0) return;
    const instance = this.#placeAt(state, ir.instance);
    if (instance >= 0) this.#moves.memoryBase(base, instance);
    else {
      this.#moves.load(ir.vtype[ir.instance], base, allocation.frame.slotOf(ir.instance));
      this.#moves.memoryBase(base, base);
    }
  }

  /** Goes on from a label: the state becomes what it expects. */
  enter(label: number): void {
    const allocation = this.#allocation;
    allocation.dropAll();
    const state = this.#stateOf[label];
    if (state < 0) return;
    const states = this.#states;
    let entry = state + holdersAt;
    const { holder, place } = allocation;
    for (let left = states[state]; left !== noRegisters; left &= left - 1) {
      const at = 31 - Math.clz32(left & -left);
      const register = states[entry++];
      holder[at] = register;
      place[register] = at;
    }
    allocation.free &= ~states[state];
    allocation.clean = states[state + cleanAt];
  }

  isFixed(label: number): boolean {
    return this.#stateOf[label] >= 0;
  }

  /**
   * Drops the values that are dead at the start of block `block`, which begins with instruction `position`.
   */
  dropDead(block: number, position: number): void {
    const allocation = this.#allocation;
    const ir = this.#ir;
    for (let left = allocation.occupied(); left !== noRegisters; left &= left - 1) {
      const at = 31 - Math.clz32(left & -left);
      const held = allocation.holder[at];
      if (held < 0) continue;
      const index = ir.tracked[held];
      const live =
        index >= 0
          ? this.#flow.isLiveIn(block, index)
          : ir.isConstant[held] === 1
            ? ir.lastUse[held] >= position
            : ir.firstDef[held] < position && ir.lastUse[held] >= position;
      if (!live) allocation.drop(at);
    }
  }

  /** True if a value is needed after a label. Constants are not kept across labels. */
  isLiveAt(label: number, register: number): boolean {
    const ir = this.#ir;
    const index = ir.tracked[register];
    if (index >= 0) {
      const { allLive, liveIn, labelBlock, words } = this.#flow;
      return allLive || ((liveIn[labelBlock[label] * words + (index >> 5)] >>> (index & 31)) & 1) === 1;
    }
    const position = ir.labelPosition[label];
    return (
      ir.isConstant[register] === 0 && ir.firstDef[register] < position && ir.lastUse[register] > position
    );
  }

  /** False for a register that was not written on the way here. It counts as live only if everything does. */
  #hasValue(register: number): boolean {
    const ir = this.#ir;
    return !this.#flow.allLive || register === ir.memoryBase || this.#allocation.frame.hasSlot(register);
  }

  /** Machine register that a state has a virtual one in, or -1. */
  #placeAt(state: number, register: number): number {
    let entry = state + holdersAt;
    for (let left = this.#states[state]; left !== noRegisters; left &= left - 1) {
      if (this.#states[entry++] === register) return 31 - Math.clz32(left & -left);
    }
    return -1;
  }
}

import { grown, type IrFunction } from '../ir/function.js';
import type { Allocation } from './allocation.js';
import type { Flow } from './flow.js';
import { lowest } from './machine-registers.js';
import type { ParallelMove } from './parallel-move.js';
import type { ValueMoves } from './value-moves.js';

/** Numbers kept for a label: the holders of the 32 machine registers, then which of them are clean. */
const stateSize = 33;
const cleanAt = 32;

/**
 * What each label expects of the registers, and the moves that make a way to it agree. The first way that reaches a
 * label fixes what it expects.
 */
export class Edges {
  readonly #ir: IrFunction;
  readonly #flow: Flow;
  readonly #allocation: Allocation;
  readonly #moves: ValueMoves;
  readonly #parallel: ParallelMove;
  /** Index of a label's state in `#states`, or -1 before the first way to it. */
  #stateOf = new Int32Array(256);
  #states = new Int32Array(256 * stateSize);
  #stateCount = 0;

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
    this.#stateCount = 0;
  }

  /** True if the way from here to a label takes no instruction; fixes what the label expects if this is the first. */
  agrees(label: number): boolean {
    const state = this.#stateOf[label];
    if (state < 0) {
      this.fix(label);
      return true;
    }
    const { holder, clean } = this.#allocation;
    for (let at = 0; at < 32; at++) {
      const wanted = this.#states[state + at];
      const held = holder[at];
      if (wanted !== held && (wanted >= 0 || (held >= 0 && this.isLiveAt(label, held)))) {
        if (wanted >= 0 || ((clean >>> at) & 1) === 0) return false;
      }
    }
    return (this.#states[state + cleanAt] & ~clean) === 0;
  }

  /** Makes the current state what the label expects. */
  fix(label: number): void {
    const { holder, clean, home } = this.#allocation;
    const state = this.#newState();
    this.#stateOf[label] = state;
    let cleanThere = 0;
    for (let at = 0; at < 32; at++) {
      const held = holder[at];
      const live = held >= 0 && this.isLiveAt(label, held);
      this.#states[state + at] = live ? held : -1;
      if (!live) continue;
      home[held] = at;
      cleanThere |= clean & (1 << at);
    }
    this.#states[state + cleanAt] = cleanThere;
  }

  /** Emits what makes the registers agree with the label. The allocation's own state stays as it is. */
  conform(label: number): void {
    const { holder, place, clean, frame } = this.#allocation;
    const ir = this.#ir;
    const state = this.#stateOf[label];
    const states = this.#states;
    const cleanThere = states[state + cleanAt];
    for (let at = 0; at < 32; at++) {
      const held = holder[at];
      if (held < 0 || ((clean >>> at) & 1) === 1 || !this.isLiveAt(label, held)) continue;
      const there = this.#placeAt(state, held);
      if (there < 0 || ((cleanThere >>> there) & 1) === 1) {
        this.#moves.store(ir.vtype[held], frame.slotFor(held), at);
      }
    }
    let loads = 0;
    for (let at = 0; at < 32; at++) {
      const wanted = states[state + at];
      if (wanted < 0) continue;
      if (place[wanted] < 0) {
        if (this.#hasValue(wanted)) loads |= 1 << at;
      } else this.#parallel.add(ir.vtype[wanted], at, place[wanted]);
    }
    this.#parallel.run();
    if (loads !== 0) this.#loadAll(state, loads);
  }

  /** Loads the values that are in no register into those that the label wants them in. */
  #loadAll(state: number, loads: number): void {
    const allocation = this.#allocation;
    const { ir } = allocation;
    let base = -1;
    for (let bits = loads; bits !== 0; bits &= bits - 1) {
      const at = lowest(bits);
      const wanted = this.#states[state + at];
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
    const { holder, place } = allocation;
    for (let at = 0; at < 32; at++) {
      if (holder[at] >= 0) allocation.drop(at);
    }
    const state = this.#stateOf[label];
    if (state < 0) return;
    for (let at = 0; at < 32; at++) {
      const held = this.#states[state + at];
      if (held < 0) continue;
      holder[at] = held;
      place[held] = at;
      allocation.free &= ~(1 << at);
    }
    allocation.clean = this.#states[state + cleanAt];
  }

  isFixed(label: number): boolean {
    return this.#stateOf[label] >= 0;
  }

  /** Drops the values that are dead at the start of block `block`, which begins with instruction `position`. */
  dropDead(block: number, position: number): void {
    const allocation = this.#allocation;
    const ir = this.#ir;
    for (let at = 0; at < 32; at++) {
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

  /** True if a value is needed behind a label. Constants are not kept across labels. */
  isLiveAt(label: number, register: number): boolean {
    const ir = this.#ir;
    const index = ir.tracked[register];
    if (index >= 0) return this.#flow.isLiveIn(this.#flow.labelBlock[label], index);
    const position = ir.labelPosition[label];
    return (
      ir.isConstant[register] === 0 && ir.firstDef[register] < position && ir.lastUse[register] > position
    );
  }

  /** False for a register that was not written on the way here: it counts as live only where everything does. */
  #hasValue(register: number): boolean {
    const ir = this.#ir;
    return !this.#flow.allLive || register === ir.memoryBase || this.#allocation.frame.hasSlot(register);
  }

  #placeAt(state: number, register: number): number {
    for (let at = 0; at < 32; at++) if (this.#states[state + at] === register) return at;
    return -1;
  }

  #newState(): number {
    const state = this.#stateCount * stateSize;
    this.#stateCount++;
    while (this.#states.length < this.#stateCount * stateSize) this.#states = grown(this.#states);
    return state;
  }
}

import { type IrFunction, initialCapacity } from '../../ir/function.js';
import { opReads, ReadsA, ReadsArgs, ReadsB, ReadsC } from '../../ir/ops.js';
import { isFloatClass, VType } from '../../ir/vtypes.js';
import type { Flow } from './flow.js';
import type { Frame } from './frame.js';
import { DiesA, DiesB, DiesC, DiesDst, type LastUses } from './last-uses.js';
import type { RegisterInfo } from './register-info.js';
import {
  has,
  highest,
  isFloatRegister,
  lowest,
  noRegisters,
  only,
  onlyIfAny,
  type RegisterSet,
  registerCount,
  withoutLowest,
} from './register-set.js';
import type { ValueMoves } from './value-moves.js';

/** How far ahead, in instructions, the choice of a register to evict looks for the next uses. */
const evictionHorizon = 64;
/** How many partners are followed in search of a register that one of them already has. */
const partnerSteps = 4;

/**
 * The register allocator. It walks forward over the code once, together with the lowering, and knows from the
 * passes before what is live where, which uses are the last ones, and what loops mention. At each place it
 * knows which machine register holds which virtual one.
 *
 * **Where values are.** A value is in a register, in its slot of the frame, or in both. A value that is in no
 * register is valid in its slot, or can be made again: constants, and the memory's base. `clean` is the set
 * of registers whose slot is valid too.
 *
 * **Which register a value gets** (`#choose`). Of the free registers of its class: the one it had before, if
 * it lives across labels, so that turns of a loop find it in the same place; else the one that costs no move;
 * else that of a partner, a value that it will be copied to. If it is needed after the next call, one that
 * calls preserve. Otherwise long-lived values take registers from the top, temporaries from the bottom, where
 * the fixed registers of divisions and shifts are.
 *
 * **Who makes way when none is free** (`#evictOne`). A constant first, since it costs nothing to drop.
 * Otherwise the value that is not read for longest (Belady's rule), as far as can be seen: the allocator
 * looks at the next `evictionHorizon` instructions in the order of the code, at a loop's end from its head
 * again, and strikes out the registers that they read until one is left, or the next would strike out all. Of
 * those left it prefers values that the current loop does not mention, then values whose slot is valid, which
 * need no store. Registers that the current instruction works with are locked, and never make way.
 *
 * **Labels.** Values keep their registers across branches and loops. The first way that reaches a label fixes
 * what the label expects, and `Edges` makes the other ways agree.
 */
export class Allocation {
  readonly ir: IrFunction;
  readonly flow: Flow;
  readonly lastUses: LastUses;
  readonly moves: ValueMoves;
  readonly frame: Frame;
  readonly registers: RegisterInfo;

  /** Virtual register that a machine register holds, or -1. */
  readonly holder = new Int32Array(registerCount).fill(-1);
  /** Machine register of a virtual one, or -1. */
  place = new Int32Array(initialCapacity);
  /** Machine register that a virtual one had last, or -1: where it best goes again. */
  home = new Int32Array(initialCapacity);
  /** Machine registers that hold nothing. */
  free: RegisterSet;
  /** Machine registers whose value is valid in its slot too. */
  clean: RegisterSet = noRegisters;
  /** Machine registers that the current instruction works with and that must not be given away. */
  locked: RegisterSet = noRegisters;
  /** Registers that become free when the current instruction is done. */
  #freeLater: RegisterSet = noRegisters;
  /** All machine registers that were ever written. */
  used: RegisterSet = noRegisters;
  /** Current instruction. */
  position = 0;
  /** Innermost loop around it (index into the flow's loops), or -1. */
  loop = -1;
  #nextCall = 0;

  constructor(
    ir: IrFunction,
    flow: Flow,
    lastUses: LastUses,
    moves: ValueMoves,
    frame: Frame,
    registers: RegisterInfo,
  ) {
    this.ir = ir;
    this.flow = flow;
    this.lastUses = lastUses;
    this.moves = moves;
    this.frame = frame;
    this.registers = registers;
    this.free = registers.allocatable;
  }

  reset(): void {
    const { registers } = this.ir;
    if (this.place.length < registers) {
      this.place = new Int32Array(registers * 2);
      this.home = new Int32Array(registers * 2);
    }
    this.place.fill(-1, 0, registers);
    this.home.fill(-1, 0, registers);
    this.holder.fill(-1);
    this.free = this.registers.allocatable;
    this.clean = noRegisters;
    this.locked = noRegisters;
    this.#freeLater = noRegisters;
    this.used = noRegisters;
    this.position = 0;
    this.loop = -1;
    this.#nextCall = 0;
  }

  /** Starts instruction `position`: nothing is locked. */
  begin(position: number): void {
    this.position = position;
    this.locked = noRegisters;
    this.free |= this.#freeLater;
    this.#freeLater = noRegisters;
    const { calls, callCount } = this.flow;
    while (this.#nextCall < callCount && calls[this.#nextCall] < position) this.#nextCall++;
  }

  /** Ends instruction `at`: a result that nobody reads gives its register back. */
  end(at: number): void {
    if ((this.lastUses.dies[at] & DiesDst) !== 0) this.release(this.ir.dst[at]);
  }

  /** Machine registers that may hold a value; those that become free after the instruction do not. */
  occupied(): number {
    return this.registers.allocatable & ~this.free;
  }

  /** Empties all machine registers without saving anything. */
  dropAll(): void {
    const { holder, place } = this;
    for (let left = this.occupied(); left !== noRegisters; left &= left - 1) {
      const at = 31 - Math.clz32(left & -left);
      if (holder[at] < 0) continue;
      place[holder[at]] = -1;
      holder[at] = -1;
    }
    this.free = this.registers.allocatable;
    this.clean = noRegisters;
    this.#freeLater = noRegisters;
  }

  /** The machine register that holds a value, loading it if it is not in one. Locks it. */
  use(register: number): number {
    let at = this.place[register];
    if (at < 0) {
      at = this.#choose(register, -1);
      this.take(at, register);
      this.fill(at, register);
    }
    this.locked |= 1 << at;
    return at;
  }

  /** Loads a register that `take` has just given to a value which is in no other. */
  fill(at: number, register: number): void {
    const { ir, moves } = this;
    this.clean |= 1 << at;
    if (ir.isConstant[register] === 1) {
      moves.constant(register, at);
    } else if (register === ir.memoryBase) {
      let instance = this.place[ir.instance];
      if (instance < 0) {
        moves.load(ir.vtype[ir.instance], at, this.frame.slotOf(ir.instance));
        instance = at;
      }
      moves.memoryBase(at, instance);
    } else {
      moves.load(ir.vtype[register], at, this.frame.slotOf(register));
    }
  }

  /**
   * A machine register for what the current instruction writes. `preferred` (or -1) is a register that costs
   * no move; it is taken if it is free, except that a value that lives across turns of a loop goes where it
   * was.
   */
  define(register: number, preferred: number): number {
    const old = this.place[register];
    if (old >= 0) {
      this.place[register] = -1;
      this.holder[old] = -1;
      if (has(this.locked, old)) this.#freeLater |= 1 << old;
      else this.free |= 1 << old;
    }
    const at = this.#choose(register, preferred);
    this.take(at, register);
    this.locked |= 1 << at;
    return at;
  }

  /** Gives a machine register to what the current instruction writes; it must be free. */
  defineIn(register: number, at: number): void {
    const old = this.place[register];
    if (old >= 0) {
      this.holder[old] = -1;
      this.free |= 1 << old;
    }
    this.take(at, register);
    this.locked |= 1 << at;
  }

  /** Notes that machine register `at` holds `register`, whose slot does not count as valid. */
  take(at: number, register: number): void {
    const bit = 1 << at;
    this.clean &= ~bit;
    this.holder[at] = register;
    this.place[register] = at;
    // A vector goes back to where a loop expects it: its operators write any register at no cost.
    if (this.ir.vtype[register] !== VType.v128 || this.home[register] < 0) this.home[register] = at;
    this.free &= ~bit;
    this.used |= bit;
  }

  /** A register for the lowering's own use until the end of the instruction. */
  temporary(isFloat: boolean): number {
    const set = isFloat ? this.registers.float : this.registers.general;
    const candidates = this.free & set & ~this.locked;
    const caller = candidates & this.registers.callerSaved;
    const at =
      caller !== noRegisters
        ? lowest(caller)
        : candidates !== noRegisters
          ? lowest(candidates)
          : this.#evictOne(set);
    this.locked |= 1 << at;
    this.used |= 1 << at;
    return at;
  }

  /**
   * Makes machine register `at` available to the current instruction: what it holds moves or is saved. Locks
   * it.
   */
  vacate(at: number): void {
    const register = this.holder[at];
    this.locked |= 1 << at;
    this.used |= 1 << at;
    if (register >= 0) this.#relocate(at, register);
  }

  /** Moves a value out of its register, to another one if there is one, else to its slot. */
  #relocate(at: number, register: number): void {
    const wasClean = has(this.clean, at);
    const set =
      (isFloatRegister(at) ? this.registers.float : this.registers.general) & this.free & ~this.locked;
    if (set === noRegisters || this.ir.isConstant[register] === 1) {
      this.evict(at);
      return;
    }
    const callee = this.#crossesCall(register) ? set & this.registers.calleeSaved : 0;
    const caller = set & this.registers.callerSaved;
    const to =
      callee !== noRegisters ? lowest(callee) : caller !== noRegisters ? highest(caller) : lowest(set);
    this.moves.copy(this.ir.vtype[register], to, at);
    this.drop(at);
    this.take(to, register);
    if (wasClean) this.clean |= 1 << to;
  }

  /**
   * Brings a copy of a value into machine register `at`, which the instruction may destroy: another value
   * there makes way, and so does this one itself if it is needed later. Locks `at`.
   */
  copyInto(at: number, register: number, dies: boolean): void {
    const from = this.place[register];
    if (from === at) {
      this.locked |= 1 << at;
      if (!dies) this.#relocate(at, register);
      return;
    }
    this.vacate(at);
    if (from >= 0) {
      this.moves.copy(this.ir.vtype[register], at, this.place[register]);
      this.locked |= only(this.place[register]);
    } else {
      this.#loadCopy(at, register);
    }
  }

  /** Loads a value that is in no register without noting it. */
  #loadCopy(at: number, register: number): void {
    const wasClean = this.clean;
    this.fill(at, register);
    this.clean = wasClean;
  }

  /** Loads a value that is in no register into `at`, for an edge or a call, without noting it. */
  loadInto(at: number, register: number): void {
    this.used |= 1 << at;
    this.#loadCopy(at, register);
  }

  /**
   * Gives back the registers of the operands that die at instruction `at`, so that its result can have them.
   */
  releaseDying(at: number): void {
    const dies = this.lastUses.dies[at];
    if ((dies & (DiesA | DiesB | DiesC)) === 0) return;
    const { ir } = this;
    if ((dies & DiesA) !== 0) this.release(ir.a[at]);
    if ((dies & DiesB) !== 0) this.release(ir.b[at]);
    if ((dies & DiesC) !== 0) this.release(ir.c[at]);
  }

  /**
   * The same for instructions that write their result before they have read all operands: the result must not
   * share a register with any of them, so these become free only after the instruction.
   */
  releaseDyingLater(at: number): void {
    const dies = this.lastUses.dies[at];
    const { ir } = this;
    if ((dies & DiesA) !== 0) this.#releaseLater(ir.a[at]);
    if ((dies & DiesB) !== 0) this.#releaseLater(ir.b[at]);
    if ((dies & DiesC) !== 0) this.#releaseLater(ir.c[at]);
  }

  #releaseLater(register: number): void {
    const at = this.place[register];
    this.release(register);
    if (at < 0) return;
    this.free &= ~(1 << at);
    this.locked |= 1 << at;
    this.#freeLater |= 1 << at;
  }

  /** Forgets a value that is not needed any more. */
  release(register: number): void {
    const at = this.place[register];
    if (at >= 0) {
      const others = ~(1 << at);
      this.holder[at] = -1;
      this.place[register] = -1;
      this.free |= 1 << at;
      this.clean &= others;
      this.locked &= others;
    }
    if (this.ir.tracked[register] < 0) this.frame.recycle(register);
  }

  /** Empties a machine register without saving what it holds. */
  drop(at: number): void {
    const register = this.holder[at];
    this.holder[at] = -1;
    this.place[register] = -1;
    this.free |= 1 << at;
    this.clean &= ~(1 << at);
  }

  /** Empties a machine register, saving what it holds where the slot is not valid. */
  evict(at: number): void {
    this.save(at);
    this.drop(at);
  }

  /** Makes the slot of the value in a machine register valid. */
  save(at: number): void {
    if (((this.clean >>> at) & 1) === 1) return;
    const register = this.holder[at];
    this.moves.store(this.ir.vtype[register], this.frame.slotFor(register), at);
    this.clean |= 1 << at;
  }

  /** True if a value is needed after the next call: then a register that calls preserve is better for it. */
  #crossesCall(register: number): boolean {
    const { flow, ir } = this;
    const index = ir.tracked[register];
    const until = index < 0 ? ir.lastUse[register] : this.lastUses.liveUntil[index];
    if (this.#nextCall < flow.callCount && flow.calls[this.#nextCall] < until) return true;
    if (index < 0) return false;
    for (let loop = this.loop; loop >= 0; loop = flow.loopParent[loop]) {
      if (until < ir.loopEnd[flow.loopLabel[loop]] - 1) return false;
      if (flow.loopHasCall[loop] === 1) return true;
    }
    return false;
  }

  /**
   * A free register for a value, by preference: where it should be, which costs no move, which calls
   * preserve.
   */
  #choose(register: number, preferred: number): number {
    const { ir, registers } = this;
    const set = isFloatClass[ir.vtype[register]] === 1 ? registers.float : registers.general;
    const candidates = this.free & set & ~this.locked;
    if (candidates === noRegisters) return this.#evictOne(set);
    const isTracked = ir.tracked[register] >= 0;
    const home = this.home[register];
    if (isTracked && home >= 0 && ((candidates >>> home) & 1) === 1) return home;
    if (preferred >= 0 && ((candidates >>> preferred) & 1) === 1) return preferred;
    let partner = this.lastUses.partner[register];
    for (let i = 0; i < partnerSteps && partner >= 0; i++) {
      const at = this.home[partner];
      if (at >= 0 && ((candidates >>> at) & 1) === 1) return at;
      partner = this.lastUses.partner[partner];
    }
    const caller = candidates & registers.callerSaved;
    if (ir.isConstant[register] === 0 && this.#crossesCall(register)) {
      const callee = candidates & registers.calleeSaved;
      if (callee !== noRegisters) return lowest(callee);
    }
    if (caller === noRegisters) return lowest(candidates);
    // Long-lived values from the top, the others from the bottom, where the fixed registers of some
    // instructions are.
    return 31 - Math.clz32(isTracked ? caller : caller & -caller);
  }

  /** Empties the register of a set that can best be done without, and returns it. */
  #evictOne(set: number): number {
    const candidates = set & ~this.locked & ~this.free;
    if (candidates === noRegisters) throw new Error('register allocation: all registers are locked');
    const constants = this.#constantsAmong(candidates);
    const at = constants !== noRegisters ? lowest(constants) : this.#farthest(candidates);
    this.evict(at);
    return at;
  }

  #constantsAmong(candidates: number): number {
    let constants: RegisterSet = noRegisters;
    for (let left = candidates; left !== noRegisters; left &= left - 1) {
      const at = 31 - Math.clz32(left & -left);
      if (this.ir.isConstant[this.holder[at]] === 1) constants |= 1 << at;
    }
    return constants;
  }

  /** The register whose value is not read for longest, as the class says. */
  #farthest(candidates: number): number {
    const { ir, flow } = this;
    let remaining = candidates;
    let at = this.position + 1;
    const loopEnd = this.loop >= 0 ? ir.loopEnd[flow.loopLabel[this.loop]] : ir.count;
    for (let steps = 0; steps < evictionHorizon && at < ir.count; steps++, at++) {
      if (at === loopEnd && this.loop >= 0) at = ir.labelPosition[flow.loopLabel[this.loop]];
      const without = remaining & ~this.#mentionedAt(at);
      if (without === noRegisters) break;
      remaining = without;
      if (withoutLowest(remaining) === noRegisters) return lowest(remaining);
    }
    const outside = this.#unmentionedByLoop(remaining);
    if (outside !== noRegisters) remaining = outside;
    const cheap = remaining & this.clean;
    return lowest(cheap !== noRegisters ? cheap : remaining);
  }

  /** Machine registers whose values an instruction reads. */
  #mentionedAt(at: number): number {
    const { ir, place } = this;
    const reads = opReads[ir.op[at]];
    let set: RegisterSet = noRegisters;
    if ((reads & ReadsA) !== 0) set |= onlyIfAny(place[ir.a[at]]);
    if ((reads & ReadsB) !== 0) set |= onlyIfAny(place[ir.b[at]]);
    if ((reads & ReadsC) !== 0) set |= onlyIfAny(place[ir.c[at]]);
    if ((reads & ReadsArgs) !== 0) {
      for (let k = ir.imm[at] + ir.c[at] - 1; k >= ir.imm[at]; k--) set |= onlyIfAny(place[ir.pool[k]]);
    }
    return set;
  }

  /** Those of a set of registers whose values the current loop does not mention. */
  #unmentionedByLoop(set: number): number {
    if (this.loop < 0) return 0;
    let outside: RegisterSet = noRegisters;
    for (let left = set; left !== noRegisters; left &= left - 1) {
      const at = 31 - Math.clz32(left & -left);
      const index = this.ir.tracked[this.holder[at]];
      if (index >= 0 && !this.flow.loopDoesMention(this.loop, index)) outside |= 1 << at;
    }
    return outside;
  }
}

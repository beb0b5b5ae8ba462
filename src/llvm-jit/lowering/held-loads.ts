import { grown, type IrFunction } from '../../ir/function.js';
import {
  isLoad,
  isStore,
  Op,
  opCount,
  opDefines,
  opEnds,
  opReads,
  ReadsA,
  ReadsArgs,
  ReadsB,
  ReadsC,
  VType,
} from '../../ir/ops.js';
import { loadsOfPlainLoops, mayTrap, targets } from './plain-loops.js';
import { allBytes, bytesLoaded, bytesNeeded, isTakenByNext } from './vector-demands.js';

/** What becomes of the loads of a function. */
export interface LoadFreedom {
  /**
   * By instruction: 1 for a load that must be executed where it is, or instead for the operator on vectors
   * that is executed next, if it always depends on the load.
   */
  readonly held: Uint8Array;
  /** Whether there are loads that are not held. Then what the function returns is held instead. */
  readonly anyFree: boolean;
}

/**
 * Finds the loads of a guarded memory that LLVM must not drop or delay. A wasm load traps where it is,
 * whether its value is used or not. For LLVM a load has no effects: it drops one that is not needed (its
 * value may be multiplied by 0 after inlining), and moves one to where it is needed.
 *
 * Holding a load (`Holders.hold`) costs nothing, except that its loop cannot be vectorized. So in loops that
 * can be vectorized, a load stays free if a store or the function's result depends on it on every path: it is
 * then executed sooner or later, and nothing in such a loop traps with another message.
 */
export function heldLoads(ir: IrFunction): LoadFreedom {
  const candidates = loadsOfPlainLoops(ir);
  const held = candidates === undefined ? new Uint8Array(ir.count) : new Needs(ir).unneededLoads();
  let anyFree = false;
  for (let at = 0; at < ir.count; at++) {
    // A 64-bit address has been checked.
    if (!isLoad(ir.op[at]) || ir.vtype[ir.a[at]] === VType.i64) continue;
    if (candidates?.[at] === 1 && held[at] === 0) {
      anyFree = true;
    } else {
      held[at] = 0;
      held[isTakenByNext(ir, at) ? at + 1 : at] = 1;
    }
  }
  return { held, anyFree };
}

/**
 * How many words the sets of registers for all blocks may take. In larger functions nothing counts as needed
 * across blocks.
 */
const largestSets = 1 << 22;

/** What an operation does, as bits. */
const Effect = {
  /** Its operands are needed, whether its result is or not. */
  root: 1,
  /** Control may leave the function here, and then nothing is needed. */
  exit: 2,
  /** Control goes elsewhere, or may: a block ends here. */
  jump: 4,
} as const;

const effects = new Uint8Array(opCount);
for (const [op, effect] of [
  [Op.br, Effect.jump],
  [Op.br_if, Effect.root | Effect.jump],
  [Op.br_table, Effect.root | Effect.jump],
  [Op.return, Effect.root | Effect.jump | Effect.exit],
  [Op.trap, Effect.jump | Effect.exit],
  [Op.trap_if, Effect.exit],
  [Op.bounds_check, Effect.exit],
  [Op.bounds_check64, Effect.exit],
  // A callee may be inlined, and then it may not need its arguments.
  [Op.call, Effect.exit],
  [Op.call_record, Effect.exit],
  [Op.call_builtin, Effect.exit],
  // Their pads need something else than what comes next.
  [Op.try_call, Effect.jump | Effect.exit],
  [Op.try_call_record, Effect.jump | Effect.exit],
  [Op.try_call_builtin, Effect.jump | Effect.exit],
  [Op.return_call, Effect.jump | Effect.exit],
  [Op.return_call_record, Effect.jump | Effect.exit],
] as const) {
  effects[op] = effect;
}
for (let op = 0; op < opCount; op++) if (isStore(op)) effects[op] = Effect.root;

/**
 * Finds the loads whose values are not needed on every path from them. It is a backward dataflow problem like
 * liveness, but it intersects the paths, and operands count as needed only if the result does ("must-faint
 * variables"). Loops start with everything needed.
 */
class Needs {
  readonly #ir: IrFunction;
  /** First instruction of each block; one more entry ends the last. */
  #start = new Int32Array(64);
  #blockCount = 0;
  readonly #labelBlock: Int32Array;
  /**
   * The number of a register among the shared ones, which are read in another block than they are written in;
   * -1 for others.
   */
  readonly #shared: Int32Array;
  #sharedRegisters: number[] = [];
  #words = 0;
  /** Shared registers needed at each block's start, as bits. */
  #needed = new Uint32Array(0);
  /**
   * By register: the bytes of it that are needed at the current place of the walk; of scalars all or none.
   */
  readonly #now: Uint16Array;
  /** The registers of which some are in `#now`, and perhaps some that no longer are. */
  #touched: number[] = [];

  constructor(ir: IrFunction) {
    this.#ir = ir;
    this.#labelBlock = new Int32Array(ir.labelCount);
    this.#shared = new Int32Array(ir.registers).fill(-1);
    this.#now = new Uint16Array(ir.registers);
  }

  /** By instruction: 1 for a load whose value is not needed on every path. */
  unneededLoads(): Uint8Array {
    const marks = new Uint8Array(this.#ir.count);
    this.#findBlocks();
    this.#findShared();
    this.#solve();
    for (let block = 0; block < this.#blockCount; block++) this.#walk(block, marks);
    return marks;
  }

  #findBlocks(): void {
    const { op, imm, count } = this.#ir;
    let open = false;
    for (let at = 0; at < count; at++) {
      if (op[at] === Op.label || !open) {
        if (this.#blockCount + 1 >= this.#start.length) this.#start = grown(this.#start);
        this.#start[this.#blockCount] = at;
        if (op[at] === Op.label) this.#labelBlock[imm[at]] = this.#blockCount;
        this.#blockCount++;
      }
      open = (effects[op[at]] & Effect.jump) === 0;
    }
    this.#start[this.#blockCount] = count;
  }

  #findShared(): void {
    const { dst, op, registers } = this.#ir;
    const writtenIn = new Int32Array(registers).fill(-1);
    for (let block = 0; block < this.#blockCount; block++) {
      for (let at = this.#start[block]; at < this.#start[block + 1]; at++) {
        this.#operands(at, (register) => {
          if (writtenIn[register] === block || this.#shared[register] >= 0) return;
          this.#shared[register] = this.#sharedRegisters.length;
          this.#sharedRegisters.push(register);
        });
        if (opDefines[op[at]] === 1 && dst[at] >= 0) writtenIn[dst[at]] = block;
      }
    }
    this.#words = (this.#sharedRegisters.length + 31) >> 5;
    if (this.#words * this.#blockCount > largestSets) {
      this.#words = 0;
      this.#sharedRegisters = [];
      this.#shared.fill(-1);
    }
  }

  /** Walks all blocks until nothing changes. */
  #solve(): void {
    const words = this.#words;
    this.#needed = new Uint32Array(this.#blockCount * words).fill(0xffffffff);
    for (let changed = words > 0; changed; ) {
      changed = false;
      for (let block = this.#blockCount - 1; block >= 0; block--) {
        this.#walk(block, undefined);
        const at = block * words;
        for (let word = 0; word < words; word++) {
          let bits = 0;
          for (let bit = 0; bit < 32; bit++) {
            const register = this.#sharedRegisters[32 * word + bit];
            if (register !== undefined && this.#now[register] === allBytes) bits |= 1 << bit;
          }
          bits >>>= 0;
          if (this.#needed[at + word] === bits) continue;
          this.#needed[at + word] = bits;
          changed = true;
        }
      }
    }
  }

  /** Goes backwards through a block, from what is needed at its end to what is at its start. */
  #walk(block: number, marks: Uint8Array | undefined): void {
    const { op, dst } = this.#ir;
    const last = this.#start[block + 1] - 1;
    this.#clear();
    this.#enterEnd(block, last);
    for (let at = last; at >= this.#start[block]; at--) {
      const effect = effects[op[at]];
      const written = opDefines[op[at]] === 1 ? dst[at] : -1;
      const needed = written >= 0 ? this.#now[written] : 0;
      const loaded = bytesLoaded(op[at]);
      if (marks !== undefined && isLoad(op[at]) && (needed & loaded) !== loaded) marks[at] = 1;
      if (written >= 0) this.#now[written] = 0;
      if ((effect & Effect.exit) !== 0 || mayTrap(this.#ir, at)) this.#clear();
      if ((effect & Effect.root) !== 0 && !this.#leadsOn(at)) {
        this.#operands(at, (register) => this.#need(register, allBytes));
      } else if (needed !== 0) {
        this.#operands(at, (register) => this.#need(register, bytesNeeded(this.#ir, at, register, needed)));
      }
    }
  }

  /** Begins with what is needed after a block's last instruction: what all its successors need. */
  #enterEnd(block: number, last: number): void {
    const code = this.#ir.op[last];
    const next = Array.from(targets(this.#ir, last), (label) => this.#labelBlock[label]);
    const runsOn = opEnds[code] === 0;
    if (runsOn && block + 1 < this.#blockCount) next.push(block + 1);
    if (next.length === 0) return;
    const words = this.#words;
    for (let word = 0; word < words; word++) {
      let bits = 0xffffffff;
      for (const target of next) bits &= this.#needed[target * words + word];
      for (; bits !== 0; bits &= bits - 1) {
        const register = this.#sharedRegisters[32 * word + 31 - Math.clz32(bits & -bits)];
        if (register !== undefined) this.#need(register, allBytes);
      }
    }
  }

  /** Whether an instruction is a branch that always leads to the same place: nobody needs its condition. */
  #leadsOn(at: number): boolean {
    const { op, labelPosition, count } = this.#ir;
    const labels = targets(this.#ir, at);
    if (labels.length === 0) return false;
    let next = at + 1;
    if (op[at] === Op.br_if) while (next < count && op[next] === Op.label) next++;
    else next = labelPosition[labels[0]];
    return op[at] === Op.br_if
      ? labelPosition[labels[0]] > at && labelPosition[labels[0]] < next
      : labels.every((label) => labelPosition[label] === next);
  }

  #need(register: number, bytes: number): void {
    if (this.#now[register] === 0) this.#touched.push(register);
    this.#now[register] |= bytes;
  }

  #clear(): void {
    for (const register of this.#touched) this.#now[register] = 0;
    this.#touched.length = 0;
  }

  #operands(at: number, visit: (register: number) => void): void {
    const { op, a, b, c, imm, pool } = this.#ir;
    const reads = opReads[op[at]];
    if ((reads & ReadsA) !== 0) visit(a[at]);
    if ((reads & ReadsB) !== 0) visit(b[at]);
    if ((reads & ReadsC) !== 0) visit(c[at]);
    if ((reads & ReadsArgs) !== 0) for (let k = 0; k < c[at]; k++) visit(pool[imm[at] + k]);
  }
}

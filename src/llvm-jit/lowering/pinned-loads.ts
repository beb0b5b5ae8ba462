import { grown, type IrFunction } from '../../ir/function.js';
import { isLoad, Op, opDefines, opReads, ReadsA, ReadsArgs, ReadsB, ReadsC, VType } from '../../ir/ops.js';
import { Op as WasmOp } from '../../wasm/opcodes.js';

/**
 * Finds the loads that LLVM must neither drop nor put off. A wasm load traps where it is, whatever becomes of its value;
 * to LLVM a load is free of effects, so one that is not needed goes, and one that is needed on some ways only moves
 * there. A load is left to LLVM if its value is needed on every way from it: if each leads to a store, call, branch, check
 * or return that depends on it, before anything else can trap with another message. All others are pinned (`volatile`).
 *
 * What is needed is a backward dataflow problem like liveness, but with the intersection of the ways, and with operands
 * counting as needed only where the result does ("must-faint variables"). Loops start with everything needed.
 */
export function pinnedLoads(ir: IrFunction): Uint8Array {
  return new Needs(ir).pinned();
}

/** Sets of registers for all blocks may take so many words; in larger functions nothing is needed across blocks. */
const largestSets = 1 << 22;

/** What happens at an operation, as bits. */
const Effect = {
  /** Its operands are needed whether its result is or not. */
  root: 1,
  /** Control may leave the function here: nothing is needed on that way. */
  exit: 2,
  /** Control goes elsewhere, too or only: a block ends here. */
  jump: 4,
} as const;

const effects = new Uint8Array(256);
for (const [op, effect] of [
  [Op.br, Effect.jump],
  [Op.br_if, Effect.root | Effect.jump],
  [Op.br_table, Effect.root | Effect.jump],
  [Op.return, Effect.root | Effect.jump | Effect.exit],
  [Op.trap, Effect.jump | Effect.exit],
  [Op.trap_if, Effect.root | Effect.exit],
  [Op.bounds_check, Effect.root | Effect.exit],
  [Op.call, Effect.root | Effect.exit],
  [Op.call_record, Effect.root | Effect.exit],
  [Op.call_builtin, Effect.root | Effect.exit],
  [Op['field.store32'], Effect.root],
  [Op['field.store64'], Effect.root],
  [Op['field.store_f32'], Effect.root],
  [Op['field.store_f64'], Effect.root],
  [Op['element.store'], Effect.root],
] as const) {
  effects[op] = effect;
}
for (let op = WasmOp['i32.load']; op <= WasmOp['i64.store32']; op++) effects[op] = Effect.root;
/** 1 for the divisions among the operations. */
const divisions = new Uint8Array(256);
for (const type of ['i32', 'i64'] as const) {
  for (const name of ['div_s', 'div_u', 'rem_s', 'rem_u'] as const) {
    effects[WasmOp[`${type}.${name}`]] = Effect.root | Effect.exit;
    divisions[WasmOp[`${type}.${name}`]] = 1;
  }
  for (const from of ['f32', 'f64'] as const) {
    for (const sign of ['s', 'u'] as const) {
      effects[WasmOp[`${type}.trunc_${from}_${sign}`]] = Effect.root | Effect.exit;
    }
  }
}

class Needs {
  readonly #ir: IrFunction;
  /** First instruction of each block; one more entry ends the last. */
  #start = new Int32Array(64);
  #blockCount = 0;
  readonly #labelBlock: Int32Array;
  /** Number of a register among those that are used in another block than they are written in; -1 for others. */
  readonly #shared: Int32Array;
  #sharedRegisters: number[] = [];
  #words = 0;
  /** Shared registers needed at each block's start, as bits. */
  #needed = new Uint32Array(0);
  /** Registers needed where the walk is: 1 for each. */
  readonly #now: Uint8Array;
  /** Those set in `#now`, and perhaps some that no longer are. */
  #touched: number[] = [];

  constructor(ir: IrFunction) {
    this.#ir = ir;
    this.#labelBlock = new Int32Array(ir.labelCount);
    this.#shared = new Int32Array(ir.registers).fill(-1);
    this.#now = new Uint8Array(ir.registers);
  }

  pinned(): Uint8Array {
    const { op, count } = this.#ir;
    const pinned = new Uint8Array(count);
    if (!op.subarray(0, count).some(isLoad)) return pinned;
    this.#findBlocks();
    this.#findShared();
    this.#solve();
    for (let block = 0; block < this.#blockCount; block++) this.#walk(block, pinned);
    return pinned;
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
            if (register !== undefined && this.#now[register] === 1) bits |= 1 << bit;
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
  #walk(block: number, pinned: Uint8Array | undefined): void {
    const { op, dst } = this.#ir;
    const last = this.#start[block + 1] - 1;
    this.#clear();
    this.#enterEnd(block, last);
    for (let at = last; at >= this.#start[block]; at--) {
      const effect = this.#effectOf(at);
      const written = opDefines[op[at]] === 1 ? dst[at] : -1;
      const isNeeded = written >= 0 && this.#now[written] === 1;
      if (pinned !== undefined && isLoad(op[at]) && !isNeeded) pinned[at] = 1;
      if (written >= 0) this.#now[written] = 0;
      if ((effect & Effect.exit) !== 0) this.#clear();
      if (isNeeded || (effect & Effect.root) !== 0) this.#operands(at, (register) => this.#need(register));
    }
  }

  /** What is needed behind a block's last instruction: what all that follow it need. */
  #enterEnd(block: number, last: number): void {
    const { op, imm, c, pool } = this.#ir;
    const code = op[last];
    const targets: number[] = [];
    if (code === Op.br || code === Op.br_if) targets.push(this.#labelBlock[imm[last]]);
    if (code === Op.br_table) {
      for (let k = 0; k < c[last]; k++) targets.push(this.#labelBlock[pool[imm[last] + k]]);
    }
    const runsOn = code === Op.br_if || (effects[code] & Effect.jump) === 0;
    if (runsOn && block + 1 < this.#blockCount) targets.push(block + 1);
    if (targets.length === 0) return;
    const words = this.#words;
    for (let word = 0; word < words; word++) {
      let bits = 0xffffffff;
      for (const target of targets) bits &= this.#needed[target * words + word];
      for (; bits !== 0; bits &= bits - 1) {
        const register = this.#sharedRegisters[32 * word + 31 - Math.clz32(bits & -bits)];
        if (register !== undefined) this.#need(register);
      }
    }
  }

  /** A division by a constant other than 0 and -1 cannot trap. */
  #effectOf(at: number): number {
    const { op, b, isConstant, low, high, vtype } = this.#ir;
    const effect = effects[op[at]];
    if (divisions[op[at]] === 0 || isConstant[b[at]] === 0) return effect;
    const divisor = b[at];
    const [upper, lower] = [vtype[divisor] === VType.i64 ? high[divisor] : low[divisor], low[divisor]];
    return upper === lower && (lower === 0 || lower === -1) ? effect : 0;
  }

  #need(register: number): void {
    if (this.#now[register] === 1) return;
    this.#now[register] = 1;
    this.#touched.push(register);
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

import type { IrFunction } from '../../ir/function.js';
import { isLoad, isStore, Op, opReads, ReadsArgs } from '../../ir/ops.js';
import { Op as WasmOp } from '../../wasm/opcodes.js';

/**
 * LLVM 20 and newer vectorize loops wrongly at times whose counter is cut to fewer bits before it becomes an address, as in
 * `x[i & 511]` (see RATIONALE.md). Here such functions are found.
 */

/** Operations that may cut a counter: it begins anew when it is full. */
const cuts = new Uint8Array(256);
/** Operations behind which a counter is still a counter, if their other operand does not change. */
const passes = new Uint8Array(256);
for (const type of ['i32', 'i64'] as const) {
  for (const name of ['and', 'rem_u', 'extend8_s', 'extend16_s'] as const)
    cuts[WasmOp[`${type}.${name}`]] = 1;
  for (const name of ['add', 'sub', 'mul', 'or', 'shl'] as const) passes[WasmOp[`${type}.${name}`]] = 1;
}
for (const op of [WasmOp['i64.extend32_s'], WasmOp['i32.wrap_i64']]) cuts[op] = 1;
for (const op of [WasmOp['i64.extend_i32_u'], WasmOp['i64.extend_i32_s'], Op.mov]) passes[op] = 1;

/** A cycle of more steps is not taken for a counter. */
const longestCycle = 64;

/** Whether a function has addresses, arguments or results that come from counters cut to fewer bits. */
export function hasMaskedAddress(ir: IrFunction): boolean {
  const { op, dst, a, c, imm, pool, count } = ir;
  if (!op.subarray(0, count).some((code) => cuts[code] === 1)) return false;
  const flow = new ValueFlow(ir);
  const counters = flow.reach(flow.counters());
  const cut: number[] = [];
  for (let at = 0; at < count; at++) if (cuts[op[at]] === 1 && counters[a[at]] === 1) cut.push(dst[at]);
  if (cut.length === 0) return false;
  const isCut = flow.reach(cut);
  for (let at = 0; at < count; at++) {
    if ((isLoad(op[at]) || isStore(op[at])) && isCut[a[at]] === 1) return true;
    if ((opReads[op[at]] & ReadsArgs) === 0) continue;
    for (let k = 0; k < c[at]; k++) if (isCut[pool[imm[at] + k]] === 1) return true;
  }
  return false;
}

/** Which registers are computed from which, by the operations that a counter passes. */
class ValueFlow {
  readonly #ir: IrFunction;
  /** Instructions that read a register: those of register r are `#users` from `#first[r]` to `#first[r + 1]`. */
  readonly #first: Int32Array;
  readonly #users: Int32Array;

  constructor(ir: IrFunction) {
    this.#ir = ir;
    const { op, a, b, dst, count, registers, isConstant } = ir;
    const counts = new Int32Array(registers + 1);
    const each = (visit: (register: number, at: number) => void): void => {
      for (let at = 0; at < count; at++) {
        if (passes[op[at]] === 0 || dst[at] < 0) continue;
        if (isConstant[a[at]] === 0) visit(a[at], at);
        if (b[at] >= 0 && isConstant[b[at]] === 0) visit(b[at], at);
      }
    };
    each((register) => {
      counts[register + 1]++;
    });
    for (let register = 0; register < registers; register++) counts[register + 1] += counts[register];
    this.#first = counts.slice();
    this.#users = new Int32Array(counts[registers]);
    each((register, at) => {
      this.#users[counts[register]++] = at;
    });
  }

  /** Registers that are computed from themselves, turn by turn. */
  counters(): number[] {
    const { tracked, registers } = this.#ir;
    const found: number[] = [];
    for (let register = 0; register < registers; register++) {
      if (tracked[register] >= 0 && this.#leadsTo(register)) found.push(register);
    }
    return found;
  }

  /** 1 for the registers that some registers lead to, these included. */
  reach(from: readonly number[]): Uint8Array {
    const { dst, registers } = this.#ir;
    const reached = new Uint8Array(registers);
    const pending = [...from];
    for (const register of from) reached[register] = 1;
    for (let register = pending.pop(); register !== undefined; register = pending.pop()) {
      for (let k = this.#first[register]; k < this.#first[register + 1]; k++) {
        const at = this.#users[k];
        if (reached[dst[at]] === 1) continue;
        reached[dst[at]] = 1;
        pending.push(dst[at]);
      }
    }
    return reached;
  }

  #leadsTo(register: number): boolean {
    const { dst } = this.#ir;
    const seen = new Set([register]);
    for (const next of seen) {
      if (seen.size > longestCycle) return false;
      for (let k = this.#first[next]; k < this.#first[next + 1]; k++) {
        const to = dst[this.#users[k]];
        if (to === register) return true;
        seen.add(to);
      }
    }
    return false;
  }
}

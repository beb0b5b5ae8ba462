import { type IrFunction, initialCapacity } from '../../ir/function.js';
import { opDefines, opReads, ReadsA, ReadsArgs, ReadsB, ReadsC } from '../../ir/ops.js';
import type { Flow } from './flow.js';

/** Bits of `LastUses.dies`: the register in field a, b or c is not needed after the instruction. */
export const DiesA = 1;
export const DiesB = 2;
export const DiesC = 4;
/** What the instruction writes is never read. */
export const DiesDst = 8;

/**
 * Which operands read their register for the last time, and how far each tracked register lives. Filled by
 * one backward pass over the solved flow.
 */
export class LastUses {
  /** Per instruction, a set of the bits above. */
  dies = new Uint8Array(initialCapacity);
  /** Per entry of the argument pool, 1 where the register is not needed after the call. */
  argumentDies = new Uint8Array(initialCapacity);
  /** Per tracked register: the last instruction that reads it or after which it is live; -1 for none. */
  liveUntil = new Int32Array(initialCapacity);
  /** Per register: the register it should share a machine register with, if that can be had; -1 for none. */
  partner = new Int32Array(initialCapacity);
  #live = new Uint32Array(initialCapacity);

  analyse(ir: IrFunction, flow: Flow): void {
    if (this.dies.length < ir.count) this.dies = new Uint8Array(ir.count * 2);
    if (this.argumentDies.length < ir.poolCount) this.argumentDies = new Uint8Array(ir.poolCount * 2);
    if (this.liveUntil.length < ir.trackedCount) this.liveUntil = new Int32Array(ir.trackedCount * 2);
    if (this.partner.length < ir.registers) this.partner = new Int32Array(ir.registers * 2);
    this.liveUntil.fill(-1, 0, ir.trackedCount);
    this.partner.fill(-1, 0, ir.registers);
    if (flow.allLive) this.#live = new Uint32Array(0);
    else if (this.#live.length !== flow.words) this.#live = new Uint32Array(flow.words);
    for (let block = flow.blockCount - 1; block >= 0; block--) this.#scan(ir, flow, block);
  }

  #scan(ir: IrFunction, flow: Flow, block: number): void {
    const { op, dst, a, b, c, imm, pool, tracked, uses, lastUse } = ir;
    const { dies: allDies, partner } = this;
    const live = this.#live;
    const { allLive } = flow;
    const start = flow.start[block];
    const end = flow.start[block + 1];
    if (allLive) this.liveUntil.fill(ir.count, 0, ir.trackedCount);
    else {
      flow.liveOut(ir, block, live);
      this.#extend(flow.words, end - 1);
    }
    for (let i = end - 1; i >= start; i--) {
      const operation = op[i];
      const written = dst[i];
      let dies = 0;
      if (written >= 0 && opDefines[operation] === 1) {
        const index = tracked[written];
        if (index < 0) {
          if (uses[written] === 0) dies = DiesDst;
        } else if (!allLive) {
          const bit = 1 << (index & 31);
          if ((live[index >> 5] & bit) === 0) dies = DiesDst;
          live[index >> 5] &= ~bit;
        }
      }
      const reads = opReads[operation];
      if (reads === 0) {
        allDies[i] = dies;
        continue;
      }
      // All operands are looked up before any becomes live, so that one register in two fields dies in both.
      let readsTracked = false;
      if ((reads & ReadsA) !== 0) {
        const register = a[i];
        const index = tracked[register];
        if (index >= 0) {
          readsTracked = true;
          if (!allLive && ((live[index >> 5] >>> (index & 31)) & 1) === 0) dies |= DiesA;
        } else {
          if (lastUse[register] === i) dies |= DiesA;
          if (written >= 0) partner[register] = written;
        }
      }
      if ((reads & ReadsB) !== 0) {
        const register = b[i];
        const index = tracked[register];
        if (index >= 0) {
          readsTracked = true;
          if (!allLive && ((live[index >> 5] >>> (index & 31)) & 1) === 0) dies |= DiesB;
        } else if (lastUse[register] === i) dies |= DiesB;
      }
      if ((reads & ReadsC) !== 0) {
        const register = c[i];
        const index = tracked[register];
        if (index >= 0) {
          readsTracked = true;
          if (!allLive && ((live[index >> 5] >>> (index & 31)) & 1) === 0) dies |= DiesC;
        } else if (lastUse[register] === i) dies |= DiesC;
      }
      if ((reads & ReadsArgs) !== 0) {
        const from = imm[i];
        const to = from + c[i];
        for (let k = from; k < to; k++) {
          const isDead = tracked[pool[k]] >= 0 ? this.#isDead(ir, flow, pool[k]) : lastUse[pool[k]] === i;
          this.argumentDies[k] = isDead ? 1 : 0;
        }
        for (let k = from; k < to; k++) this.#markLive(ir, flow, pool[k], i);
      }
      allDies[i] = dies;
      if (!readsTracked) continue;
      if ((reads & ReadsA) !== 0) this.#markLive(ir, flow, a[i], i);
      if ((reads & ReadsB) !== 0) this.#markLive(ir, flow, b[i], i);
      if ((reads & ReadsC) !== 0) this.#markLive(ir, flow, c[i], i);
    }
  }

  /** Notes for all live registers that they live up to `at`; the first note, from the back, counts. */
  #extend(words: number, at: number): void {
    for (let w = 0; w < words; w++) {
      for (let bits = this.#live[w]; bits !== 0; bits &= bits - 1) {
        const index = (w << 5) + 31 - Math.clz32(bits & -bits);
        if (this.liveUntil[index] < 0) this.liveUntil[index] = at;
      }
    }
  }

  /** True for a tracked register that is not live at the place the scan has reached. */
  #isDead(ir: IrFunction, flow: Flow, register: number): boolean {
    if (flow.allLive) return false;
    const index = ir.tracked[register];
    return ((this.#live[index >> 5] >>> (index & 31)) & 1) === 0;
  }

  #markLive(ir: IrFunction, flow: Flow, register: number, at: number): void {
    if (register === ir.memoryBase) this.#markLive(ir, flow, ir.instance, at);
    const index = ir.tracked[register];
    if (index < 0 || flow.allLive) return;
    this.#live[index >> 5] |= 1 << (index & 31);
    if (this.liveUntil[index] < 0) this.liveUntil[index] = at;
  }
}

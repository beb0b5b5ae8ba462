import { grown, type IrFunction, initialCapacity } from '../../ir/function.js';
import {
  Op,
  opCount,
  opDefines,
  opEnds,
  opPad,
  opReads,
  ReadsA,
  ReadsArgs,
  ReadsB,
  ReadsC,
} from '../../ir/ops.js';

/** 1 for calls. */
const isCall = new Uint8Array(opCount);
for (const op of [Op.call, Op.call_record, Op.call_builtin]) isCall[op] = 1;
/** 1 for operations after which control may go on at more than one place, or not at all. */
const endsBlock = new Uint8Array(opCount);
for (let op = 0; op < opCount; op++) {
  if (opPad[op] === 1) isCall[op] = 1;
  if (op === Op.br_if || opEnds[op] === 1 || opPad[op] === 1) endsBlock[op] = 1;
}

/**
 * Blocks of an IR function and the sets of tracked registers that belong to them, as bits: `words` 32-bit
 * words a set. A block starts at a label, after a branch or after a call with a pad. The arrays are reused
 * from function to function.
 */
export class Flow {
  blockCount = 0;
  /** First instruction of each block; one more entry ends the last. */
  start = new Int32Array(initialCapacity);
  /** Block that a label starts. */
  labelBlock = new Int32Array(initialCapacity);

  words = 0;
  /** True where the function is too large for sets: all tracked registers are taken as live everywhere. */
  allLive = false;
  /** Registers read in a block before it writes them; registers it writes. Per block. */
  reads = new Uint32Array(initialCapacity);
  writes = new Uint32Array(initialCapacity);
  /** Registers live at a block's start. */
  liveIn = new Uint32Array(initialCapacity);

  /** Loops in the order of their heads: label, and the sets of registers that they mention and write. */
  loopCount = 0;
  loopLabel = new Int32Array(initialCapacity);
  loopParent = new Int32Array(initialCapacity);
  loopHasCall = new Uint8Array(initialCapacity);
  loopHasInner = new Uint8Array(initialCapacity);
  loopMentions = new Uint32Array(initialCapacity);
  loopWrites = new Uint32Array(initialCapacity);
  /** Loop that a label heads. */
  labelLoop = new Int32Array(initialCapacity);

  /** Positions of the calls, ascending. */
  callCount = 0;
  calls = new Int32Array(initialCapacity);

  /**
   * Splits the function into blocks, finds each register's first write and last read, and solves liveness.
   * Where a kind of set would take more than `largestSets` words in all, every tracked register counts as
   * live everywhere.
   */
  analyse(ir: IrFunction, largestSets: number): void {
    this.#findBlocks(ir, largestSets);
    this.#collect(ir);
    if (!this.allLive) this.#solve(ir);
  }

  isLiveIn(block: number, trackedIndex: number): boolean {
    if (this.allLive) return true;
    return ((this.liveIn[block * this.words + (trackedIndex >> 5)] >>> (trackedIndex & 31)) & 1) === 1;
  }

  loopDoesMention(loop: number, trackedIndex: number): boolean {
    if (this.allLive) return false;
    return ((this.loopMentions[loop * this.words + (trackedIndex >> 5)] >>> (trackedIndex & 31)) & 1) === 1;
  }

  loopDoesWrite(loop: number, trackedIndex: number): boolean {
    if (this.allLive) return true;
    return ((this.loopWrites[loop * this.words + (trackedIndex >> 5)] >>> (trackedIndex & 31)) & 1) === 1;
  }

  #findBlocks(ir: IrFunction, largestSets: number): void {
    const { count, op } = ir;
    if (this.labelBlock.length < ir.labelCount) {
      this.labelBlock = new Int32Array(ir.labelCount * 2);
      this.labelLoop = new Int32Array(ir.labelCount * 2);
    }
    let blocks = 0;
    let open = false;
    for (let i = 0; i < count; i++) {
      const isLabel = op[i] === Op.label;
      if (isLabel || !open) {
        if (blocks + 1 >= this.start.length) this.start = grown(this.start);
        this.start[blocks] = i;
        if (isLabel) this.labelBlock[ir.imm[i]] = blocks;
        blocks++;
        open = true;
      }
      if (endsBlock[op[i]] === 1) open = false;
    }
    this.start[blocks] = count;
    this.blockCount = blocks;
    this.words = (ir.trackedCount + 31) >> 5;
    const size = blocks * this.words;
    this.allLive = size > largestSets;
    if (this.allLive) return;
    if (this.reads.length < size) {
      this.reads = new Uint32Array(size * 2);
      this.writes = new Uint32Array(size * 2);
      this.liveIn = new Uint32Array(size * 2);
    } else {
      this.reads.fill(0, 0, size);
      this.writes.fill(0, 0, size);
    }
  }

  /** One pass over the instructions: uses, the blocks' sets, calls and loops. */
  #collect(ir: IrFunction): void {
    const { op, dst, a, b, c, imm, pool, firstDef, lastUse, uses, tracked } = ir;
    this.loopCount = 0;
    this.callCount = 0;
    let loop = -1;
    for (let block = 0; block < this.blockCount; block++) {
      const first = this.start[block];
      const end = this.start[block + 1];
      while (loop >= 0 && first >= ir.loopEnd[this.loopLabel[loop]]) loop = this.#closeLoop(loop);
      if (op[first] === Op.label && ir.labelIsLoop[imm[first]] === 1) loop = this.#openLoop(imm[first], loop);
      const set = block * this.words;
      for (let i = first; i < end; i++) {
        const operation = op[i];
        const reads = opReads[operation];
        if ((reads & ReadsA) !== 0) {
          // What most instructions do, as `#read` would do it.
          const register = a[i];
          if (tracked[register] < 0) {
            lastUse[register] = i;
            if (uses[register] < 255) uses[register]++;
          } else this.#read(ir, register, i, set);
        }
        if ((reads & ReadsB) !== 0) this.#read(ir, b[i], i, set);
        if ((reads & ReadsC) !== 0) this.#read(ir, c[i], i, set);
        if ((reads & ReadsArgs) !== 0) {
          const from = imm[i];
          for (let k = from + c[i] - 1; k >= from; k--) this.#read(ir, pool[k], i, set);
          if (isCall[operation] === 1) {
            this.#addCall(i);
            if (loop >= 0) this.loopHasCall[loop] = 1;
          }
        }
        if (opDefines[operation] === 0 || dst[i] < 0) continue;
        const register = dst[i];
        if (firstDef[register] < 0) firstDef[register] = i;
        const index = tracked[register];
        if (index >= 0 && !this.allLive) this.writes[set + (index >> 5)] |= 1 << (index & 31);
      }
      if (loop >= 0 && !this.allLive) {
        const loopSet = loop * this.words;
        for (let w = 0; w < this.words; w++) {
          this.loopMentions[loopSet + w] |= this.reads[set + w] | this.writes[set + w];
          this.loopWrites[loopSet + w] |= this.writes[set + w];
        }
      }
    }
    while (loop >= 0) loop = this.#closeLoop(loop);
  }

  #read(ir: IrFunction, register: number, at: number, set: number): void {
    ir.lastUse[register] = at;
    if (ir.uses[register] < 255) ir.uses[register]++;
    // The base of the memory is reloaded through the instance where it was dropped.
    if (register === ir.memoryBase) this.#read(ir, ir.instance, at, set);
    const index = ir.tracked[register];
    if (index < 0 || this.allLive) return;
    const word = set + (index >> 5);
    const bit = 1 << (index & 31);
    if ((this.writes[word] & bit) === 0) this.reads[word] |= bit;
  }

  #addCall(at: number): void {
    if (this.callCount === this.calls.length) this.calls = grown(this.calls);
    this.calls[this.callCount++] = at;
  }

  #openLoop(label: number, parent: number): number {
    const loop = this.loopCount++;
    if (loop === this.loopLabel.length) {
      this.loopLabel = grown(this.loopLabel);
      this.loopParent = grown(this.loopParent);
      this.loopHasCall = grown(this.loopHasCall);
      this.loopHasInner = grown(this.loopHasInner);
    }
    this.loopLabel[loop] = label;
    this.loopParent[loop] = parent;
    this.loopHasCall[loop] = 0;
    this.loopHasInner[loop] = 0;
    if (parent >= 0) this.loopHasInner[parent] = 1;
    this.labelLoop[label] = loop;
    if (this.allLive) return loop;
    const end = (loop + 1) * this.words;
    while (this.loopMentions.length < end) {
      this.loopMentions = grown(this.loopMentions);
      this.loopWrites = grown(this.loopWrites);
    }
    this.loopMentions.fill(0, end - this.words, end);
    this.loopWrites.fill(0, end - this.words, end);
    return loop;
  }

  /** Adds what a loop does to the loop around it, which is returned (or -1). */
  #closeLoop(loop: number): number {
    const parent = this.loopParent[loop];
    if (parent < 0) return parent;
    if (this.loopHasCall[loop] === 1) this.loopHasCall[parent] = 1;
    if (this.allLive) return parent;
    for (let w = 0; w < this.words; w++) {
      this.loopMentions[parent * this.words + w] |= this.loopMentions[loop * this.words + w];
      this.loopWrites[parent * this.words + w] |= this.loopWrites[loop * this.words + w];
    }
    return parent;
  }

  /**
   * Backward data flow to a fixed point; structured control flow needs at most one sweep for each level of
   * loops.
   */
  #solve(ir: IrFunction): void {
    const { words, reads, writes, liveIn, blockCount } = this;
    liveIn.fill(0, 0, blockCount * words);
    const out = new Uint32Array(words);
    let changed = true;
    let hasLoops = true;
    while (changed && hasLoops) {
      changed = false;
      hasLoops = this.loopCount > 0;
      for (let block = blockCount - 1; block >= 0; block--) {
        this.liveOut(ir, block, out);
        const set = block * words;
        for (let w = 0; w < words; w++) {
          const live = (reads[set + w] | (out[w] & ~writes[set + w])) >>> 0;
          if (live !== liveIn[set + w]) {
            liveIn[set + w] = live;
            changed = true;
          }
        }
      }
    }
  }

  /** Fills `out` with the tracked registers that are live after a block. */
  liveOut(ir: IrFunction, block: number, out: Uint32Array): void {
    const { liveIn, words } = this;
    const last = this.start[block + 1] - 1;
    const operation = ir.op[last];
    if (opEnds[operation] === 1 || block + 1 === this.blockCount) {
      for (let w = 0; w < words; w++) out[w] = 0;
    } else {
      for (let w = 0, at = (block + 1) * words; w < words; w++, at++) out[w] = liveIn[at];
    }
    if (operation === Op.br || operation === Op.br_if) {
      const target = this.labelBlock[ir.imm[last]];
      for (let w = 0, at = target * words; w < words; w++, at++) out[w] |= liveIn[at];
    } else if (operation === Op.br_table) {
      for (let k = 0; k < ir.c[last]; k++) {
        const target = this.labelBlock[ir.pool[ir.imm[last] + k]];
        for (let w = 0, at = target * words; w < words; w++, at++) out[w] |= liveIn[at];
      }
    } else if (opPad[operation] === 1) {
      const target = this.labelBlock[ir.pool[ir.imm[last] - 2]];
      for (let w = 0, at = target * words; w < words; w++, at++) out[w] |= liveIn[at];
    }
  }
}

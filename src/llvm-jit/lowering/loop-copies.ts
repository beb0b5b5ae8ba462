import type { IrFunction } from '../../ir/function.js';

/**
 * A function that is entered at a loop begins with copies of that loop and of those around it, innermost first: the rest of
 * the inner loop's turns, then the rest of the next one's, and so on, then the function itself. Entered in its middle a
 * loop would have two ways in, which LLVM does not take for a loop at all; and whatever a loop starts with would be unknown
 * for all the loops within. In the copies only the loop that is left over is affected, and only until it ends.
 */
export class LoopCopies {
  readonly #ir: IrFunction;
  readonly #copies: readonly Copy[];
  /** Copy that is being lowered; behind the last one, the function. */
  #current = 0;

  /** `loops` are labels of loops, each within the next one. */
  constructor(ir: IrFunction, loops: readonly number[], newBlock: () => number) {
    this.#ir = ir;
    this.#copies = loops.map((loop) => {
      const [first, end] = [ir.labelPosition[loop], ir.loopEnd[loop]];
      const blocks = new Map<number, number>();
      for (let label = 0; label < ir.labelCount; label++) {
        const at = ir.labelPosition[label];
        if (at >= first && at < end) blocks.set(label, newBlock());
      }
      return { loop, first, end, blocks, behind: newBlock() };
    });
  }

  /** Where the function begins. */
  get entry(): number {
    const [{ loop, blocks }] = this.#copies;
    return blocks.get(loop) ?? 0;
  }

  /** Whether a copy is being lowered, and not the function itself. */
  get isCopy(): boolean {
    return this.#current < this.#copies.length;
  }

  /** The instructions that are to be lowered next: of a copy, or all. */
  get range(): { readonly first: number; readonly end: number } {
    return this.#copies[this.#current] ?? { first: 0, end: this.#ir.count };
  }

  /** Block that control goes to behind the copy that is being lowered. */
  get behind(): number {
    return this.#copies[this.#current].behind;
  }

  next(): void {
    this.#current++;
  }

  /** Block of a label, seen from what is being lowered: in the innermost copy that has it; 0 for that of the function. */
  blockOf(label: number): number {
    for (let k = this.#current; k < this.#copies.length; k++) {
      const block = this.#copies[k].blocks.get(label);
      if (block !== undefined) return block;
    }
    return 0;
  }

  /** Blocks behind earlier copies whose control arrives at the instruction `at` of what is being lowered. */
  arrivals(at: number): number[] {
    return this.#copies
      .slice(0, this.#current)
      .filter(({ end }, k) => end === at && this.#arrival(k) === this.#current)
      .map(({ behind }) => behind);
  }

  /** All blocks of the copies: those that nothing leads to have to be closed. */
  *blocks(): Iterable<number> {
    for (const { blocks, behind } of this.#copies) {
      yield* blocks.values();
      yield behind;
    }
  }

  /** What has the instruction behind copy `k`: a later copy, or the function. */
  #arrival(k: number): number {
    const { end } = this.#copies[k];
    const later = this.#copies.findIndex((copy, index) => index > k && end >= copy.first && end < copy.end);
    return later < 0 ? this.#copies.length : later;
  }
}

interface Copy {
  readonly loop: number;
  /** Instructions of the loop: [first, end). */
  readonly first: number;
  readonly end: number;
  /** Blocks by label. */
  readonly blocks: ReadonlyMap<number, number>;
  readonly behind: number;
}

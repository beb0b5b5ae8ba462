import type { IrFunction } from '../../ir/function.js';
import { enclosingLoops } from '../../ir/loop-state.js';

/** How many instructions the copies of the outer loops may have in all. */
const largestCopies = 6000;

/**
 * The loop at which a function is entered and those around it, innermost first, as long as copies do not get
 * too large.
 */
export function copiedLoops(ir: IrFunction, loop: number): number[] {
  let size = 0;
  return enclosingLoops(ir, loop).filter((enclosing, level) => {
    size += ir.loopEnd[enclosing] - ir.labelPosition[enclosing];
    return level === 0 || size <= largestCopies;
  });
}

/**
 * A function that is entered at a loop begins with copies of that loop and of those around it, innermost
 * first. The copies do the rest of the inner loop's iterations, then the rest of the next one's, and so on;
 * then comes the function itself. If control jumped into the function, its loops would have two entries, and
 * LLVM would not take them for loops at all; and it would know nothing of what a loop starts with. Like this
 * only the copies suffer, and only until they end.
 */
export class LoopCopies {
  readonly #ir: IrFunction;
  readonly #copies: readonly Copy[];
  /** Index of the copy that is being lowered; after the last copy comes the function. */
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

  /** The instructions to lower next: those of a copy, or all. */
  get range(): { readonly first: number; readonly end: number } {
    return this.#copies[this.#current] ?? { first: 0, end: this.#ir.count };
  }

  /** The block where control goes after the copy that is being lowered. */
  get behind(): number {
    return this.#copies[this.#current].behind;
  }

  next(): void {
    this.#current++;
  }

  /**
   * The block of a label in the innermost copy that has it, from the current one on; 0 if it is the
   * function's.
   */
  blockOf(label: number): number {
    for (let k = this.#current; k < this.#copies.length; k++) {
      const block = this.#copies[k].blocks.get(label);
      if (block !== undefined) return block;
    }
    return 0;
  }

  /**
   * The blocks after earlier copies from which control arrives at instruction `at` of the current copy or
   * function.
   */
  arrivals(at: number): number[] {
    return this.#copies
      .slice(0, this.#current)
      .filter(({ end }, k) => end === at && this.#arrival(k) === this.#current)
      .map(({ behind }) => behind);
  }

  /** All blocks of the copies: those that nothing leads to must be closed. */
  *blocks(): Iterable<number> {
    for (const { blocks, behind } of this.#copies) {
      yield* blocks.values();
      yield behind;
    }
  }

  /** Index of the later copy that has the instruction after copy `k`, or of the function. */
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

import { grown, initialCapacity } from '../ir/function.js';

/** What opened a control frame. */
export const FrameKind = {
  ...{ function: 0, block: 1, loop: 2, if: 3, else: 4 },
  /** `try_table`, and `try` up to its first `catch`. */
  tryTable: 5,
  try: 6,
  /** `try` from its first `catch` or `catch_all` on. */
  catch: 7,
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/**
 * The structured control constructs that are open at a place in the code: parallel arrays, innermost last.
 */
export class ControlStack {
  depth = 0;
  kind = new Uint8Array(initialCapacity);
  /** Label that a branch to the frame jumps to: a loop's head, or the end of anything else. */
  label = new Int32Array(initialCapacity);
  /** Label of an `if`'s false arm; -1 once it is bound, or for other frames. */
  elseLabel = new Int32Array(initialCapacity);
  /** Height of the value stack below the frame's parameters. */
  height = new Int32Array(initialCapacity);
  /** Type index, or the value type of a single result as a negative number, as the block type is encoded. */
  blockType = new Int32Array(initialCapacity);
  paramCount = new Int32Array(initialCapacity);
  resultCount = new Int32Array(initialCapacity);
  /**
   * In `values`: first register that branches to the frame assign to (`branchArity` of them); -1 if none
   * exist yet.
   */
  merges = new Int32Array(initialCapacity);
  /** In `values`: an `if`'s parameters, which its false arm starts from. */
  savedParams = new Int32Array(initialCapacity);
  /** 1 if some branch goes to `label`. */
  branched = new Uint8Array(initialCapacity);
  /** 1 from an unconditional branch to the end of the arm. */
  unreachable = new Uint8Array(initialCapacity);

  /** Of a try, the label at which exceptions go on. Set for frames of such kinds only, as what follows. */
  pad = new Int32Array(initialCapacity);
  /** 1 if some exception may come to the pad. */
  padUsed = new Uint8Array(initialCapacity);
  /** Of a `try_table`, where its catch clauses begin, as an offset in the module. */
  catches = new Int32Array(initialCapacity);
  /** Of `catch`, a tracked register: the exnref of what was caught. */
  caught = new Int32Array(initialCapacity);

  /** Pool of virtual registers that `merges` and `savedParams` point into. */
  values = new Int32Array(initialCapacity);
  valueCount = 0;

  reset(): void {
    this.depth = 0;
    this.valueCount = 0;
  }

  push(
    kind: FrameKind,
    label: number,
    height: number,
    blockType: number,
    paramCount: number,
    resultCount: number,
  ): number {
    const at = this.depth;
    if (at === this.kind.length) this.#grow();
    this.kind[at] = kind;
    this.label[at] = label;
    this.elseLabel[at] = -1;
    this.height[at] = height;
    this.blockType[at] = blockType;
    this.paramCount[at] = paramCount;
    this.resultCount[at] = resultCount;
    this.merges[at] = -1;
    this.savedParams[at] = -1;
    this.branched[at] = 0;
    this.unreachable[at] = 0;
    this.depth = at + 1;
    return at;
  }

  /** Number of values that a branch to the frame takes. */
  branchArity(frame: number): number {
    return this.kind[frame] === FrameKind.loop ? this.paramCount[frame] : this.resultCount[frame];
  }

  addValue(register: number): void {
    if (this.valueCount === this.values.length) this.values = grown(this.values);
    this.values[this.valueCount++] = register;
  }

  #grow(): void {
    this.kind = grown(this.kind);
    this.label = grown(this.label);
    this.elseLabel = grown(this.elseLabel);
    this.height = grown(this.height);
    this.blockType = grown(this.blockType);
    this.paramCount = grown(this.paramCount);
    this.resultCount = grown(this.resultCount);
    this.merges = grown(this.merges);
    this.savedParams = grown(this.savedParams);
    this.branched = grown(this.branched);
    this.unreachable = grown(this.unreachable);
    this.pad = grown(this.pad);
    this.padUsed = grown(this.padUsed);
    this.catches = grown(this.catches);
    this.caught = grown(this.caught);
  }
}

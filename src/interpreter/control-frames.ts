import { grown } from '../ir/function.js';

/** What opened a control frame. */
export const FrameKind = {
  function: 0,
  block: 1,
  loop: 2,
  if: 3,
  else: 4,
  tryTable: 5,
  /** A legacy `try`, and each of its arms that catches. */
  try: 6,
  catch: 7,
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** The end of a chain of words that are not filled in yet. */
export const chainEnd = -1;

/** What a `try_table` catches, and where it branches then. */
export interface Clause {
  /** Index of a tag; -1 for all exceptions. */
  readonly tag: number;
  /** Whether the branch takes the exception itself, after what it carries. */
  readonly withReference: boolean;
  /** Index of the frame that it branches to. */
  readonly frame: number;
}

const noClauses: readonly Clause[] = [];

/** The control constructs that are open at a place in a function: parallel arrays, innermost last. */
export class ControlFrames {
  depth = 0;
  kind = new Uint8Array(64);
  /** Height of the operand stack below the frame's parameters. */
  height = new Int32Array(64);
  /** Types of the entries of its parameters and of its results: see `entriesOf`. */
  readonly params: (readonly number[])[] = [];
  readonly results: (readonly number[])[] = [];
  /** What a `try_table` catches. */
  readonly clauses: (readonly Clause[])[] = [];
  /** Where the code begins of a loop, or of what throws to a `try`. */
  start = new Int32Array(64);
  /** Words that wait for the position of the frame's end: the last one, which holds the previous one. */
  atEnd = new Int32Array(64);
  /**
   * The word that waits for the position of an `if`'s false arm, or of the next arm that catches; `chainEnd`
   * if there is none.
   */
  atElse = new Int32Array(64);
  /** 1 from an unconditional branch to the end of the arm. */
  unreachable = new Uint8Array(64);

  push(kind: FrameKind, height: number, params: readonly number[], results: readonly number[]): number {
    const at = this.depth;
    if (at === this.kind.length) this.#grow();
    this.kind[at] = kind;
    this.height[at] = height;
    this.params[at] = params;
    this.results[at] = results;
    this.clauses[at] = noClauses;
    this.start[at] = 0;
    this.atEnd[at] = chainEnd;
    this.atElse[at] = chainEnd;
    this.unreachable[at] = 0;
    this.depth = at + 1;
    return at;
  }

  /** Number of entries that a branch to the frame takes. */
  branchArity(frame: number): number {
    return (this.kind[frame] === FrameKind.loop ? this.params : this.results)[frame].length;
  }

  #grow(): void {
    this.kind = grown(this.kind);
    this.height = grown(this.height);
    this.start = grown(this.start);
    this.atEnd = grown(this.atEnd);
    this.atElse = grown(this.atElse);
    this.unreachable = grown(this.unreachable);
  }
}

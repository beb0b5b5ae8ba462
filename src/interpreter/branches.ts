import type { CodeReader } from '../wasm/code-reader.js';
import type { WasmModule } from '../wasm/module.js';
import type { FuncType } from '../wasm/types.js';
import type { CodeWriter } from './code-writer.js';
import { ControlFrames, chainEnd, FrameKind } from './control-frames.js';
import type { OperandStack } from './operand-stack.js';
import { copyOperation, Operation } from './operations.js';
import { entriesOf } from './value-entries.js';

/** The block type without parameters and results, as an s33. */
const emptyBlock = -64;

/** The control constructs that are open in a function, and the code that leaves them. */
export class Branches {
  readonly frames = new ControlFrames();
  readonly #module: WasmModule;
  readonly #reader: CodeReader;
  readonly #writer: CodeWriter;
  readonly #stack: OperandStack;

  constructor(module: WasmModule, reader: CodeReader, writer: CodeWriter, stack: OperandStack) {
    this.#module = module;
    this.#reader = reader;
    this.#writer = writer;
    this.#stack = stack;
  }

  /** Index of the frame that a label means. */
  frameAt(labelDepth: number): number {
    return this.frames.depth - 1 - labelDepth;
  }

  /** What follows, up to the end of the innermost arm, is not executed. */
  markUnreachable(): void {
    const frames = this.frames;
    const frame = frames.depth - 1;
    frames.unreachable[frame] = 1;
    this.#stack.dropTo(frames.height[frame]);
  }

  /** Opens a frame, of the block type that is read; its parameters are on the stack and stay there. */
  enter(kind: FrameKind): number {
    const blockType = this.#reader.blockType();
    const type = blockType >= 0 ? this.#module.types[blockType] : undefined;
    const params = entriesOf(type?.params ?? []);
    const results = entriesOf(type?.results ?? (blockType === emptyBlock ? [] : [blockType & 0x7f]));
    this.#stack.settleTop(params.length);
    this.#stack.enter();
    const frame = this.frames.push(kind, this.#stack.height - params.length, params, results);
    this.frames.start[frame] = this.#writer.bind();
    if (kind === FrameKind.loop) this.#stack.loopDepth++;
    return frame;
  }

  /**
   * Closes the innermost frame, at the end of its code.
   *
   * @param reachable whether the end is reached other than by branches: then the results are in their places
   */
  close(reachable: boolean): void {
    const { frames } = this;
    const frame = frames.depth - 1;
    const isTarget = frames.atEnd[frame] !== chainEnd;
    if (isTarget) this.bindChain(frames.atEnd[frame]);
    frames.depth = frame;
    if (reachable || isTarget) {
      this.#writer.bind();
      this.#stack.resume(frames.height[frame], frames.results[frame]);
    } else {
      this.markUnreachable();
    }
  }

  /** Fills in all words of a chain: the current place in the code. */
  bindChain(last: number): void {
    const { words } = this.#writer;
    const place = this.#writer.bind();
    for (let at = last; at !== chainEnd; ) {
      const next = words[at];
      words[at] = place;
      at = next;
    }
  }

  /**
   * The target of branches to a frame, for `word`; where it is not known yet, the word joins the frame's
   * chain.
   */
  target(frame: number, word: number): number {
    const frames = this.frames;
    if (frames.kind[frame] === FrameKind.loop) return frames.start[frame];
    const previous = frames.atEnd[frame];
    frames.atEnd[frame] = word;
    return previous;
  }

  /** Whether a branch to a frame is more than a jump. */
  moves(frame: number): boolean {
    const frames = this.frames;
    const stack = this.#stack;
    if (frames.kind[frame] === FrameKind.function) return true;
    const arity = frames.branchArity(frame);
    for (let k = 0; k < arity; k++) {
      if (!stack.isAt(stack.height - arity + k, stack.own(frames.height[frame] + k))) return true;
    }
    return false;
  }

  /** Branches to a frame's label with the topmost values, which stay on the stack. */
  branch(frame: number): void {
    const frames = this.frames;
    const stack = this.#stack;
    if (frames.kind[frame] === FrameKind.function) {
      this.return();
      return;
    }
    const arity = frames.branchArity(frame);
    // In ascending order, since no value goes to a place above its own.
    for (let k = 0; k < arity; k++) {
      const target = stack.own(frames.height[frame] + k);
      if (!stack.isAt(stack.height - arity + k, target)) stack.copyTo(target, stack.height - arity + k);
    }
    this.#writer.emit(Operation.br, this.target(frame, this.#writer.length + 1), 0, 0);
  }

  /** Returns the topmost values, which stay on the stack. The results go to the start of the frame. */
  return(): void {
    const stack = this.#stack;
    const count = this.frames.results[0].length;
    const bottom = stack.height - count;
    if (count > 1) {
      // One may be a local in a place that another result needs, so first all go to their own places, which
      // are higher.
      for (let k = bottom; k < stack.height; k++) {
        if (!stack.isAt(k, stack.own(k))) stack.copyTo(stack.own(k), k);
      }
      for (let k = 0; k < count; k++) {
        this.#writer.emit(copyOperation(stack.type(bottom + k)), 2 * k, stack.own(bottom + k), 0);
      }
    } else if (count === 1) {
      const isLocal0 = stack.isAt(bottom, 0);
      const isOwn = stack.isAt(bottom, stack.own(bottom));
      if (!isLocal0 && !(isOwn && this.#writer.redirect(stack.own(bottom), 0))) stack.copyTo(0, bottom);
    }
    this.#writer.emit(Operation.return, 0, 0, 0);
  }

  /** Puts arguments in a row and pops them; returns the place of the first. */
  arguments(type: FuncType): number {
    const stack = this.#stack;
    const count = entriesOf(type.params).length;
    const first = stack.settleTop(count);
    stack.dropTo(stack.height - count);
    return first;
  }

  /** Pushes the results of a call, which are where its arguments were. */
  results(type: FuncType): void {
    for (const result of type.results) this.#stack.push(result);
  }
}

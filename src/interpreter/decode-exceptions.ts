import type { CodeReader } from '../wasm/code-reader.js';
import type { WasmModule } from '../wasm/module.js';
import { CatchKind, Opcode } from '../wasm/opcodes.js';
import { ValType } from '../wasm/types.js';
import type { Branches } from './branches.js';
import type { CodeWriter } from './code-writer.js';
import { type Clause, type ControlFrames, chainEnd, FrameKind } from './control-frames.js';
import type { OperandStack } from './operand-stack.js';
import { Operation } from './operations.js';

const { exnref } = ValType;

/**
 * Decodes what throws and catches (spec 3.0, section 4.4.9), and the legacy instructions that do.
 *
 * The pad of a `try` follows its code, which jumps over it. A pad compares the exception's tag with one tag
 * after the other, and passes the exception on if no clause takes it. An arm of a legacy `try` keeps the
 * exception on the operand stack, below all that the program puts there: `rethrow` may want it.
 */
export class ExceptionDecoder {
  readonly #module: WasmModule;
  readonly #reader: CodeReader;
  readonly #writer: CodeWriter;
  readonly #stack: OperandStack;
  readonly #branches: Branches;
  readonly #frames: ControlFrames;

  constructor(
    module: WasmModule,
    reader: CodeReader,
    writer: CodeWriter,
    stack: OperandStack,
    branches: Branches,
  ) {
    this.#module = module;
    this.#reader = reader;
    this.#writer = writer;
    this.#stack = stack;
    this.#branches = branches;
    this.#frames = branches.frames;
  }

  /** Decodes an instruction, whose opcode at `at` has been read, if it is one of these. */
  decode(code: number, at: number): boolean {
    switch (code) {
      case Opcode.throw:
        this.#throw(this.#reader.u32(), at);
        return true;
      case Opcode.throw_ref: {
        const reference = this.#stack.pop();
        this.#writer.mark(at);
        this.#writer.emit(Operation.throw_ref, 0, reference, 0);
        this.#branches.markUnreachable();
        return true;
      }
      case Opcode.rethrow: {
        const frame = this.#branches.frameAt(this.#reader.u32());
        this.#writer.mark(at);
        this.#writer.emit(Operation.throw_ref, 0, this.#exceptionOf(frame), 0);
        this.#branches.markUnreachable();
        return true;
      }
      case Opcode.try_table: {
        const frame = this.#branches.enter(FrameKind.tryTable);
        this.#frames.clauses[frame] = this.#clauses(frame);
        return true;
      }
      case Opcode.try:
        this.#branches.enter(FrameKind.try);
        return true;
      case Opcode.catch:
        this.#beginArm(this.#reader.u32());
        return true;
      case Opcode.catch_all:
        this.#beginArm(undefined);
        return true;
      case Opcode.delegate:
        this.#delegate(this.#reader.u32());
        return true;
      default:
        return false;
    }
  }

  /** The end of a `try_table`'s code: its pad. Returns whether the code ends by being executed. */
  endTable(): boolean {
    const frame = this.#frames.depth - 1;
    const clauses = this.#frames.clauses[frame];
    const reachable = this.#frames.unreachable[frame] === 0;
    if (reachable) this.#stack.settleTop(this.#frames.results[frame].length);
    if (clauses.length === 0) return reachable;
    if (reachable) this.#jumpToEnd(frame);
    this.#writer.pad(this.#frames.start[frame], frame);
    for (const clause of clauses) this.#clause(frame, clause);
    if (clauses.every(({ tag }) => tag >= 0)) this.#passOn(frame);
    return false;
  }

  /** The end of an arm of a legacy `try`, which is the innermost frame. */
  endArm(): void {
    const frame = this.#frames.depth - 1;
    // The results are above the exception.
    if (this.#frames.unreachable[frame] === 0) this.#branches.branch(frame);
  }

  /**
   * The end of a legacy `try` with arms. Returns whether its last instruction is followed by what follows.
   */
  endArms(): boolean {
    const frame = this.#frames.depth - 1;
    if (this.#bindNext(frame)) this.#passOn(frame);
    return false;
  }

  #throw(tag: number, at: number): void {
    const type = this.#module.types[this.#module.tags[tag].typeIndex];
    const first = this.#branches.arguments(type);
    this.#writer.mark(at);
    this.#writer.emit(Operation.throw, tag, first, 0);
    this.#branches.markUnreachable();
  }

  /** Reads the clauses of a `try_table`. Labels count from the frame around it. */
  #clauses(frame: number): readonly Clause[] {
    const reader = this.#reader;
    const clauses: Clause[] = [];
    for (let rest = reader.u32(); rest > 0; rest--) {
      const kind = reader.u8();
      const isAll = kind === CatchKind.all || kind === CatchKind.allRef;
      const tag = isAll ? -1 : reader.u32();
      const withReference = kind === CatchKind.tagRef || kind === CatchKind.allRef;
      clauses.push({ tag, withReference, frame: frame - 1 - reader.u32() });
    }
    return clauses;
  }

  /** Code of a pad: branches if the exception is one of those that a clause takes. */
  #clause(frame: number, { tag, withReference, frame: target }: Clause): void {
    const stack = this.#stack;
    stack.resume(this.#frames.height[frame], []);
    const next = tag < 0 ? chainEnd : this.#catch(tag);
    if (withReference) this.#writer.emit(Operation.caught, stack.push(exnref), 0, 0);
    this.#branches.branch(target);
    if (next !== chainEnd) this.#writer.words[next] = this.#writer.bind();
  }

  /**
   * Takes what an exception of a tag carries, to the top of the stack. Returns the word that waits for where
   * to continue with other exceptions.
   */
  #catch(tag: number): number {
    const stack = this.#stack;
    const { params } = this.#module.types[this.#module.tags[tag].typeIndex];
    const next = this.#writer.length + 1;
    this.#writer.emit(Operation.catch, chainEnd, tag, stack.own(stack.height));
    for (const param of params) stack.push(param);
    return next;
  }

  /** Begins an arm of a legacy `try`, for one tag or for all. */
  #beginArm(tag: number | undefined): void {
    const frames = this.#frames;
    const stack = this.#stack;
    const frame = frames.depth - 1;
    const isFirst = frames.kind[frame] === FrameKind.try;
    if (isFirst) {
      if (frames.unreachable[frame] === 0) {
        stack.settleTop(frames.results[frame].length);
        this.#jumpToEnd(frame);
      }
      this.#writer.pad(frames.start[frame], frame);
    } else {
      this.endArm();
      this.#bindNext(frame);
    }
    frames.kind[frame] = FrameKind.catch;
    frames.unreachable[frame] = 0;
    stack.resume(frames.height[frame], []);
    const exception = stack.push(exnref);
    if (tag !== undefined) frames.atElse[frame] = this.#catch(tag);
    this.#writer.emit(Operation.caught, exception, 0, 0);
  }

  /** Binds what waits for the next arm, and returns whether anything does. */
  #bindNext(frame: number): boolean {
    const { atElse } = this.#frames;
    const next = atElse[frame];
    atElse[frame] = chainEnd;
    if (next === chainEnd) return false;
    this.#writer.words[next] = this.#writer.bind();
    return true;
  }

  /**
   * Ends a legacy `try` whose exceptions go to what is around a label's frame, or to that if it is a `try`.
   */
  #delegate(label: number): void {
    const frames = this.#frames;
    const frame = frames.depth - 1;
    // The label counts from the frame around this one.
    const target = frame - 1 - label;
    if (frames.unreachable[frame] === 0) {
      this.#stack.settleTop(frames.results[frame].length);
      this.#jumpToEnd(frame);
    }
    this.#writer.pad(frames.start[frame], frame);
    this.#passOn(target + 1);
    this.#branches.close(false);
  }

  /** Where an arm of a legacy `try` has its exception. */
  #exceptionOf(frame: number): number {
    return this.#stack.own(this.#frames.height[frame]);
  }

  #jumpToEnd(frame: number): void {
    const { length } = this.#writer;
    this.#writer.emit(Operation.br, this.#branches.target(frame, length + 1), 0, 0);
  }

  /** Throws the exception again, to the control frames below an index. */
  #passOn(below: number): void {
    this.#writer.emit(Operation.pass_on, below, 0, 0);
  }
}

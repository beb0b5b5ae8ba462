import type { CodeReader } from '../wasm/code-reader.js';
import type { WasmModule } from '../wasm/module.js';
import { Opcode } from '../wasm/opcodes.js';
import type { FuncType } from '../wasm/types.js';
import type { CodeWriter } from './code-writer.js';
import { ControlFrames, chainEnd, FrameKind } from './control-frames.js';
import type { OperandStack } from './operand-stack.js';
import {
  branchingComparison,
  branchingConstantComparison,
  constantComparison,
  copyOperation,
  Operation,
} from './operations.js';
import { entriesOf } from './value-entries.js';

/** The block type without parameters and results, as an s33. */
const emptyBlock = -64;

/** For each comparison of i32s, the one that holds exactly when it does not. */
const opposite = new Map<number, number>();
for (const [one, other] of [
  ['i32.eq', 'i32.ne'],
  ['i32.lt_s', 'i32.ge_s'],
  ['i32.lt_u', 'i32.ge_u'],
  ['i32.gt_s', 'i32.le_s'],
  ['i32.gt_u', 'i32.le_u'],
] as const) {
  opposite.set(Opcode[one], Opcode[other]).set(Opcode[other], Opcode[one]);
}

/** A conditional branch whose target is not known yet. */
interface ConditionalBranch {
  readonly operation: number;
  readonly a: number;
  readonly b: number;
}

/** Decodes control instructions and calls. */
export class ControlDecoder {
  readonly #module: WasmModule;
  readonly #reader: CodeReader;
  readonly #writer: CodeWriter;
  readonly #stack: OperandStack;
  readonly #frames = new ControlFrames();

  constructor(module: WasmModule, reader: CodeReader, writer: CodeWriter, stack: OperandStack) {
    this.#module = module;
    this.#reader = reader;
    this.#writer = writer;
    this.#stack = stack;
  }

  /** Whether the function has not ended yet. */
  get isOpen(): boolean {
    return this.#frames.depth > 0;
  }

  /** Whether the code up to the next `else` or `end` of the innermost construct cannot be reached. */
  get isUnreachable(): boolean {
    const { depth, unreachable } = this.#frames;
    return depth > 0 && unreachable[depth - 1] === 1;
  }

  /** Opens the function's own frame: branches to it return. */
  begin(type: FuncType): void {
    this.#frames.depth = 0;
    this.#frames.push(FrameKind.function, 0, [], entriesOf(type.results));
  }

  /** Decodes an instruction, whose opcode at `at` has been read, if it is a control instruction. */
  decode(code: number, at: number): boolean {
    switch (code) {
      case Opcode.unreachable:
        this.#writer.mark(at);
        this.#writer.emit(Operation.unreachable, 0, 0, 0);
        this.#markUnreachable();
        return true;
      case Opcode.block:
        this.#enter(FrameKind.block);
        return true;
      case Opcode.loop:
        this.#enter(FrameKind.loop);
        return true;
      case Opcode.if:
        this.#ifThen();
        return true;
      case Opcode.else:
        this.#elseArm();
        return true;
      case Opcode.end:
        this.#end();
        return true;
      case Opcode.br:
        this.#branch(this.#frameAt(this.#reader.u32()));
        this.#markUnreachable();
        return true;
      case Opcode.br_if:
        this.#branchIf(this.#frameAt(this.#reader.u32()));
        return true;
      case Opcode.br_table:
        this.#branchTable();
        return true;
      case Opcode.return:
        this.#return();
        this.#markUnreachable();
        return true;
      case Opcode.call: {
        const index = this.#reader.u32();
        const type = this.#module.types[this.#module.functionTypes[index]];
        const first = this.#arguments(type);
        this.#writer.mark(at);
        this.#writer.emit(Operation.call, index, first, 0);
        this.#results(type);
        return true;
      }
      case Opcode.call_indirect: {
        const typeIndex = this.#reader.u32();
        const table = this.#reader.u32();
        const type = this.#module.types[typeIndex];
        const index = this.#stack.pop();
        const first = this.#arguments(type);
        this.#writer.mark(at);
        this.#writer.emit(Operation.call_indirect, 0, index, table);
        this.#writer.word(first);
        this.#writer.word(typeIndex);
        this.#results(type);
        return true;
      }
      default:
        return false;
    }
  }

  #frameAt(labelDepth: number): number {
    return this.#frames.depth - 1 - labelDepth;
  }

  #markUnreachable(): void {
    const frames = this.#frames;
    const frame = frames.depth - 1;
    frames.unreachable[frame] = 1;
    this.#stack.dropTo(frames.height[frame]);
  }

  /** Opens a frame; its parameters are on the stack and stay there. */
  #enter(kind: FrameKind): void {
    const blockType = this.#reader.blockType();
    const type = blockType >= 0 ? this.#module.types[blockType] : undefined;
    const params = entriesOf(type?.params ?? []);
    const results = entriesOf(type?.results ?? (blockType === emptyBlock ? [] : [blockType & 0x7f]));
    this.#stack.settleTop(params.length);
    this.#stack.enter();
    const frame = this.#frames.push(kind, this.#stack.height - params.length, params, results);
    this.#frames.start[frame] = this.#writer.bind();
    if (kind === FrameKind.loop) this.#stack.loopDepth++;
  }

  #ifThen(): void {
    const condition = this.#condition(false);
    this.#enter(FrameKind.if);
    this.#frames.atElse[this.#frames.depth - 1] = this.#writer.length + 1;
    this.#writer.emit(condition.operation, chainEnd, condition.a, condition.b);
  }

  #elseArm(): void {
    const frames = this.#frames;
    const frame = frames.depth - 1;
    if (frames.unreachable[frame] === 0) {
      this.#stack.settleTop(frames.results[frame].length);
      this.#writer.emit(Operation.br, this.#target(frame, this.#writer.length + 1), 0, 0);
    }
    this.#bindElse(frame);
    frames.kind[frame] = FrameKind.else;
    frames.unreachable[frame] = 0;
    this.#stack.resume(frames.height[frame], frames.params[frame]);
  }

  #bindElse(frame: number): void {
    this.#writer.words[this.#frames.atElse[frame]] = this.#writer.bind();
  }

  #end(): void {
    const frames = this.#frames;
    const frame = frames.depth - 1;
    const kind = frames.kind[frame];
    if (kind === FrameKind.function) {
      if (frames.unreachable[frame] === 0) this.#return();
      frames.depth = 0;
      return;
    }
    if (kind === FrameKind.loop) this.#stack.loopDepth--;
    const results = frames.results[frame];
    let reachable = frames.unreachable[frame] === 0;
    if (reachable) this.#stack.settleTop(results.length);
    if (kind === FrameKind.if) {
      // Without `else` the parameters are the results, in the same places.
      this.#bindElse(frame);
      reachable = true;
    }
    if (frames.atEnd[frame] !== chainEnd) {
      this.#bindChain(frames.atEnd[frame]);
      reachable = true;
    }
    frames.depth = frame;
    if (reachable) {
      this.#writer.bind();
      this.#stack.resume(frames.height[frame], results);
    } else {
      this.#markUnreachable();
    }
  }

  /** Fills in all words of a chain: the current place in the code. */
  #bindChain(last: number): void {
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
  #target(frame: number, word: number): number {
    const frames = this.#frames;
    if (frames.kind[frame] === FrameKind.loop) return frames.start[frame];
    const previous = frames.atEnd[frame];
    frames.atEnd[frame] = word;
    return previous;
  }

  /** Pops the condition of a branch that is taken if the condition is `wanted`. */
  #condition(wanted: boolean): ConditionalBranch {
    const writer = this.#writer;
    const place = this.#stack.pop();
    const constantAt = writer.lastAmong(
      Opcode['i32.eq'] + constantComparison,
      Opcode['i32.ge_u'] + constantComparison,
      place,
    );
    const at = constantAt < 0 ? writer.lastAmong(Opcode['i32.eqz'], Opcode['i32.ge_u'], place) : constantAt;
    if (at < 0) return { operation: wanted ? Operation.br_if : Operation.br_unless, a: place, b: 0 };
    const comparison = writer.words[at] - (constantAt < 0 ? 0 : constantComparison);
    const a = writer.words[at + 2];
    const b = writer.words[at + 3];
    writer.takeBack(at);
    if (comparison === Opcode['i32.eqz']) {
      return { operation: wanted ? Operation.br_unless : Operation.br_if, a, b: 0 };
    }
    const holds = wanted ? comparison : (opposite.get(comparison) ?? 0);
    return { operation: holds + (constantAt < 0 ? branchingComparison : branchingConstantComparison), a, b };
  }

  #negated({ operation, a, b }: ConditionalBranch): ConditionalBranch {
    if (operation === Operation.br_if) return { operation: Operation.br_unless, a, b };
    if (operation === Operation.br_unless) return { operation: Operation.br_if, a, b };
    const isConstant = operation >= Opcode['i32.eq'] + branchingConstantComparison;
    const base = isConstant ? branchingConstantComparison : branchingComparison;
    return { operation: (opposite.get(operation - base) ?? 0) + base, a, b };
  }

  /** Whether a branch to a frame is more than a jump. */
  #moves(frame: number): boolean {
    const frames = this.#frames;
    const stack = this.#stack;
    if (frames.kind[frame] === FrameKind.function) return true;
    const arity = frames.branchArity(frame);
    for (let k = 0; k < arity; k++) {
      if (!stack.isAt(stack.height - arity + k, stack.own(frames.height[frame] + k))) return true;
    }
    return false;
  }

  /** Branches to a frame's label with the topmost values, which stay on the stack. */
  #branch(frame: number): void {
    const frames = this.#frames;
    const stack = this.#stack;
    if (frames.kind[frame] === FrameKind.function) {
      this.#return();
      return;
    }
    const arity = frames.branchArity(frame);
    // In ascending order, since no value goes to a place above its own.
    for (let k = 0; k < arity; k++) {
      const target = stack.own(frames.height[frame] + k);
      if (!stack.isAt(stack.height - arity + k, target)) stack.copyTo(target, stack.height - arity + k);
    }
    this.#writer.emit(Operation.br, this.#target(frame, this.#writer.length + 1), 0, 0);
  }

  #branchIf(frame: number): void {
    const condition = this.#condition(true);
    const writer = this.#writer;
    if (!this.#moves(frame)) {
      const target = this.#target(frame, writer.length + 1);
      writer.emit(condition.operation, target, condition.a, condition.b);
      return;
    }
    const { operation, a, b } = this.#negated(condition);
    const skipped = writer.length + 1;
    writer.emit(operation, 0, a, b);
    this.#branch(frame);
    writer.words[skipped] = writer.bind();
  }

  #branchTable(): void {
    const reader = this.#reader;
    const writer = this.#writer;
    const last = reader.u32();
    const index = this.#stack.pop();
    writer.emit(Operation.br_table, 0, index, last);
    /** For each frame, the words that wait for code that moves values and then branches. */
    const stubs = new Map<number, number[]>();
    for (let k = 0; k <= last; k++) {
      const frame = this.#frameAt(reader.u32());
      if (!this.#moves(frame)) {
        writer.word(this.#target(frame, writer.length));
        continue;
      }
      const words = stubs.get(frame);
      if (words === undefined) stubs.set(frame, [writer.length]);
      else words.push(writer.length);
      writer.word(0);
    }
    for (const [frame, words] of stubs) {
      for (const word of words) writer.words[word] = writer.length;
      this.#branch(frame);
    }
    this.#markUnreachable();
  }

  /** Returns the topmost values, which stay on the stack. The results go to the start of the frame. */
  #return(): void {
    const stack = this.#stack;
    const count = this.#frames.results[0].length;
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
  #arguments(type: FuncType): number {
    const stack = this.#stack;
    const count = entriesOf(type.params).length;
    const first = stack.settleTop(count);
    stack.dropTo(stack.height - count);
    return first;
  }

  #results(type: FuncType): void {
    for (const result of type.results) this.#stack.push(result);
  }
}

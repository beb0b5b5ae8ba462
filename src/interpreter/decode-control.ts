import type { CodeReader } from '../wasm/code-reader.js';
import type { WasmModule } from '../wasm/module.js';
import { Opcode } from '../wasm/opcodes.js';
import type { FuncType } from '../wasm/types.js';
import { Branches } from './branches.js';
import type { CodeWriter } from './code-writer.js';
import { type ControlFrames, chainEnd, FrameKind } from './control-frames.js';
import { ExceptionDecoder } from './decode-exceptions.js';
import type { MemoryDecoder } from './decode-memories.js';
import type { OperandStack } from './operand-stack.js';
import {
  branchingComparison,
  branchingConstantComparison,
  constantComparison,
  Operation,
} from './operations.js';
import { entriesOf } from './value-entries.js';

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
  readonly #memories: MemoryDecoder;
  readonly #branches: Branches;
  readonly #exceptions: ExceptionDecoder;
  readonly #frames: ControlFrames;

  constructor(
    module: WasmModule,
    reader: CodeReader,
    writer: CodeWriter,
    stack: OperandStack,
    memories: MemoryDecoder,
  ) {
    this.#module = module;
    this.#reader = reader;
    this.#writer = writer;
    this.#stack = stack;
    this.#memories = memories;
    this.#branches = new Branches(module, reader, writer, stack);
    this.#exceptions = new ExceptionDecoder(module, reader, writer, stack, this.#branches);
    this.#frames = this.#branches.frames;
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
        this.#branches.markUnreachable();
        return true;
      case Opcode.block:
        this.#branches.enter(FrameKind.block);
        return true;
      case Opcode.loop:
        this.#branches.enter(FrameKind.loop);
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
        this.#branches.branch(this.#branches.frameAt(this.#reader.u32()));
        this.#branches.markUnreachable();
        return true;
      case Opcode.br_if:
        this.#branchIf(this.#branches.frameAt(this.#reader.u32()));
        return true;
      case Opcode.br_table:
        this.#branchTable();
        return true;
      case Opcode.return:
        this.#branches.return();
        this.#branches.markUnreachable();
        return true;
      case Opcode.call: {
        const index = this.#reader.u32();
        const type = this.#module.types[this.#module.functionTypes[index]];
        const first = this.#branches.arguments(type);
        this.#writer.mark(at);
        this.#writer.emit(Operation.call, index, first, 0);
        this.#branches.results(type);
        return true;
      }
      case Opcode.call_ref: {
        const type = this.#module.types[this.#reader.u32()];
        const reference = this.#stack.pop();
        const first = this.#branches.arguments(type);
        this.#writer.mark(at);
        this.#writer.emit(Operation.call_ref, 0, reference, 0);
        this.#writer.word(first);
        this.#branches.results(type);
        return true;
      }
      case Opcode.return_call: {
        const index = this.#reader.u32();
        this.#tailCall(Operation.return_call, this.#module.functionTypes[index], index, 0, at);
        return true;
      }
      case Opcode.return_call_indirect: {
        const typeIndex = this.#reader.u32();
        this.#tailCall(Operation.return_call_indirect, typeIndex, 0, this.#reader.u32(), at);
        return true;
      }
      case Opcode.return_call_ref:
        this.#tailCall(Operation.return_call_ref, this.#reader.u32(), 0, 0, at);
        return true;
      case Opcode.br_on_null:
        this.#branchOnNull(this.#branches.frameAt(this.#reader.u32()));
        return true;
      case Opcode.br_on_non_null:
        this.#branchOnNonNull(this.#branches.frameAt(this.#reader.u32()));
        return true;
      case Opcode.call_indirect: {
        const typeIndex = this.#reader.u32();
        const table = this.#reader.u32();
        const type = this.#module.types[typeIndex];
        const index = this.#memories.index(table);
        const first = this.#branches.arguments(type);
        this.#writer.mark(at);
        this.#writer.emit(Operation.call_indirect, 0, index, table);
        this.#writer.word(first);
        this.#writer.word(typeIndex);
        this.#branches.results(type);
        return true;
      }
      default:
        return this.#exceptions.decode(code, at);
    }
  }

  #ifThen(): void {
    const condition = this.#condition(false);
    this.#branches.enter(FrameKind.if);
    this.#frames.atElse[this.#frames.depth - 1] = this.#writer.length + 1;
    this.#writer.emit(condition.operation, chainEnd, condition.a, condition.b);
  }

  #elseArm(): void {
    const frames = this.#frames;
    const frame = frames.depth - 1;
    if (frames.unreachable[frame] === 0) {
      this.#stack.settleTop(frames.results[frame].length);
      this.#writer.emit(Operation.br, this.#branches.target(frame, this.#writer.length + 1), 0, 0);
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
      if (frames.unreachable[frame] === 0) this.#branches.return();
      frames.depth = 0;
      return;
    }
    if (kind === FrameKind.loop) this.#stack.loopDepth--;
    let reachable = frames.unreachable[frame] === 0;
    if (kind === FrameKind.tryTable) {
      reachable = this.#exceptions.endTable();
    } else if (kind === FrameKind.catch) {
      this.#exceptions.endArm();
      reachable = this.#exceptions.endArms();
    } else if (reachable) {
      this.#stack.settleTop(frames.results[frame].length);
    }
    if (kind === FrameKind.if) {
      // Without `else` the parameters are the results, in the same places.
      this.#bindElse(frame);
      reachable = true;
    }
    this.#branches.close(reachable);
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

  #branchIf(frame: number): void {
    const condition = this.#condition(true);
    const writer = this.#writer;
    if (!this.#branches.moves(frame)) {
      const target = this.#branches.target(frame, writer.length + 1);
      writer.emit(condition.operation, target, condition.a, condition.b);
      return;
    }
    const { operation, a, b } = this.#negated(condition);
    const skipped = writer.length + 1;
    writer.emit(operation, 0, a, b);
    this.#branches.branch(frame);
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
      const frame = this.#branches.frameAt(reader.u32());
      if (!this.#branches.moves(frame)) {
        writer.word(this.#branches.target(frame, writer.length));
        continue;
      }
      const words = stubs.get(frame);
      if (words === undefined) stubs.set(frame, [writer.length]);
      else words.push(writer.length);
      writer.word(0);
    }
    for (const [frame, words] of stubs) {
      for (const word of words) writer.words[word] = writer.length;
      this.#branches.branch(frame);
    }
    this.#branches.markUnreachable();
  }

  /** A call in place of the function: of function `index`, or through what is on top of the stack. */
  #tailCall(operation: Operation, typeIndex: number, index: number, table: number, at: number): void {
    const operand =
      operation === Operation.return_call
        ? 0
        : operation === Operation.return_call_ref
          ? this.#stack.pop()
          : this.#memories.index(table);
    const first = this.#branches.arguments(this.#module.types[typeIndex]);
    this.#writer.mark(at);
    this.#writer.emit(operation, index, operand, table);
    this.#writer.word(first);
    this.#writer.word(typeIndex);
    this.#branches.markUnreachable();
  }

  /** Branches if the topmost value is null, without it; else it stays. */
  #branchOnNull(frame: number): void {
    const stack = this.#stack;
    const writer = this.#writer;
    const reference = stack.settleTop(1);
    const type = stack.type(stack.height - 1);
    stack.drop();
    if (this.#branches.moves(frame)) {
      const skipped = writer.length + 1;
      writer.emit(Operation.br_on_non_null, 0, reference, 0);
      this.#branches.branch(frame);
      writer.words[skipped] = writer.bind();
    } else {
      writer.emit(Operation.br_on_null, this.#branches.target(frame, writer.length + 1), reference, 0);
    }
    stack.push(type);
  }

  /** Branches with the topmost value if it is not null; else it is dropped. */
  #branchOnNonNull(frame: number): void {
    const stack = this.#stack;
    const writer = this.#writer;
    const reference = stack.settleTop(1);
    if (this.#branches.moves(frame)) {
      const skipped = writer.length + 1;
      writer.emit(Operation.br_on_null, 0, reference, 0);
      this.#branches.branch(frame);
      writer.words[skipped] = writer.bind();
    } else {
      writer.emit(Operation.br_on_non_null, this.#branches.target(frame, writer.length + 1), reference, 0);
    }
    stack.drop();
  }
}

import { type CompileError, invalid, malformed } from './errors.js';
import { readOpcode } from './instructions.js';
import type { WasmModule } from './module.js';
import {
  mnemonic,
  Opcode,
  operandCount,
  operandType0,
  operandType1,
  operandType2,
  resultType,
} from './opcodes.js';
import { Reader } from './reader.js';
import { areSubtypes, isSubtype } from './type-registry.js';
import { isRefType, nonNull, valTypeName } from './types.js';

/** Below the operands of each frame: popping from an empty frame is then just a type that does not match. */
export const floor = 0xff;
/** A value of unreachable code whose type is unknown ("Bot" in the spec's validation algorithm). */
const bottom = 0x01;
/** A reference in unreachable code that is not null, whose heap type is unknown. */
const bottomReference = 0x02;

/** The block type without parameters and results (spec 3.0, section 5.4.1). */
export const emptyBlockType = 0x40;

/**
 * The operand and control stacks of the validation algorithm (spec 3.0, appendix 7.3), in typed arrays.
 *
 * The caller keeps the stack pointer: methods take it and return the new one. To push a single value, callers
 * write to `types` directly, which has room for as many more values as the body has bytes left. `at` is the
 * offset of the instruction, for messages.
 *
 * Types of blocks are given as *signatures*: a type index, or `typeCount + code` for a block type that is a
 * value type of one byte or empty. References to defined types get signatures behind these (`signatureOf`).
 */
export class TypeStack {
  /**
   * The operands: value types, `floor` and the unknown ones. Replaced when it grows: any push of several
   * values may do so.
   */
  types = new Int32Array(1024);
  /** The last reference that `popRef` has popped, with null taken from its type. */
  reference = 0;
  readonly typeCount: number;
  readonly #bytes: Uint8Array;
  /** Parameters and results by signature. */
  readonly #params: (readonly number[])[];
  readonly #results: (readonly number[])[];
  /** Signatures of references to defined types. */
  readonly #references = new Map<number, number>();
  /** Where the body ends. */
  #end = 0;

  // The frames, outermost first; frame 0 is the function.
  #top = 0;
  #opcodes = new Uint8Array(64);
  #signatures = new Int32Array(64);
  /** Stack position of a frame's first operand, just above its floor. */
  #heights = new Int32Array(64);
  /** 1 once the rest of the frame's instructions cannot be reached. */
  #unreachable = new Uint8Array(64);

  constructor(module: WasmModule) {
    this.#bytes = module.bytes;
    this.typeCount = module.types.length;
    this.#params = module.types.map(({ params }) => params);
    this.#results = module.types.map(({ results }) => results);
    for (let code = 0; code < 0x100; code++) {
      this.#params.push([]);
      this.#results.push(code === emptyBlockType ? [] : [code]);
    }
  }

  /** The signature of blocks with one result. */
  signatureOf(result: number): number {
    if (result < 0x100) return this.typeCount + result;
    let signature = this.#references.get(result);
    if (signature === undefined) {
      signature = this.#params.push([]) - 1;
      this.#results.push([result]);
      this.#references.set(result, signature);
    }
    return signature;
  }

  /** Starts a function whose instructions lie in [at, end); returns the stack pointer. */
  start(signature: number, at: number, end: number): number {
    this.#end = end;
    this.#top = 0;
    this.#opcodes[0] = 0;
    this.#signatures[0] = signature;
    this.#heights[0] = 1;
    this.#unreachable[0] = 0;
    this.#reserve(1, at);
    this.types[0] = floor;
    return 1;
  }

  /** True when the last frame, the function itself, has been left. */
  get empty(): boolean {
    return this.#top < 0;
  }

  /** How many frames there are inside the function's own. */
  get depth(): number {
    return this.#top;
  }

  /** Parameters of a block or function type. */
  params(signature: number): readonly number[] {
    return this.#params[signature];
  }

  /** Results of the function. */
  returnTypes(): readonly number[] {
    return this.#results[this.#signatures[0]];
  }

  // Frames

  /** Pops a block's parameters, starts its frame and pushes them there. */
  enter(opcode: number, signature: number, sp: number, at: number): number {
    const params = this.#params[signature];
    const below = this.popTypes(params, sp, at);
    const top = ++this.#top;
    if (top === this.#opcodes.length) this.#growFrames();
    this.#opcodes[top] = opcode;
    this.#signatures[top] = signature;
    this.#heights[top] = below + 1;
    this.#unreachable[top] = 0;
    this.#reserve(below + 1, at);
    this.types[below] = floor;
    return this.pushTypes(params, below + 1, at);
  }

  #growFrames(): void {
    const grow = <T extends Uint8Array | Int32Array>(old: T, larger: T): T => {
      larger.set(old);
      return larger;
    };
    const length = this.#opcodes.length * 2;
    this.#opcodes = grow(this.#opcodes, new Uint8Array(length));
    this.#signatures = grow(this.#signatures, new Int32Array(length));
    this.#heights = grow(this.#heights, new Int32Array(length));
    this.#unreachable = grow(this.#unreachable, new Uint8Array(length));
  }

  /** Ends the first branch of the `if` on top and starts the second one. */
  else(sp: number, at: number): number {
    const top = this.#top;
    if (this.#opcodes[top] !== Opcode.if) throw malformed('END opcode expected: else without if', at);
    const signature = this.#signatures[top];
    this.#checkBlockEnd(this.#results[signature], sp, at);
    this.#opcodes[top] = Opcode.else;
    this.#unreachable[top] = 0;
    return this.pushTypes(this.#params[signature], this.#heights[top], at);
  }

  /**
   * Ends the body of a `try` or one of its handlers, and starts another handler, on whose stack the caller
   * pushes what was thrown.
   */
  catch(opcode: number, sp: number, at: number): number {
    const top = this.#top;
    if (this.#opcodes[top] !== Opcode.try && this.#opcodes[top] !== Opcode.catch) {
      throw malformed(`END opcode expected: ${mnemonic(opcode)} without try`, at);
    }
    this.#checkBlockEnd(this.#results[this.#signatures[top]], sp, at);
    this.#opcodes[top] = opcode;
    this.#unreachable[top] = 0;
    return this.#heights[top];
  }

  /** Ends a `try` without handlers, from which exceptions go to those of the frame `depth` further up. */
  delegate(depth: number, sp: number, at: number): number {
    const top = this.#top;
    if (this.#opcodes[top] !== Opcode.try) throw malformed('END opcode expected: delegate without try', at);
    if (depth >= top) throw invalid(`unknown label ${depth}`, at);
    return this.leave(sp, at);
  }

  /** Checks that the label `depth` frames up is a handler of a `try`. */
  checkHandler(depth: number, at: number): void {
    const frame = this.#top - depth;
    if (frame < 0) throw invalid(`unknown label ${depth}`, at);
    const opcode = this.#opcodes[frame];
    if (opcode !== Opcode.catch && opcode !== Opcode.catch_all)
      throw invalid(`invalid rethrow label ${depth}`, at);
  }

  /** Ends the top frame and pushes its results on the stack of the one below. */
  leave(sp: number, at: number): number {
    const top = this.#top;
    const signature = this.#signatures[top];
    const results = this.#results[signature];
    this.#checkBlockEnd(results, sp, at);
    if (this.#opcodes[top] === Opcode.if && !areSubtypes(this.#params[signature], results)) {
      throw invalid('type mismatch: if without else has different parameters and results', at);
    }
    this.#top = top - 1;
    return this.pushTypes(results, this.#heights[top] - 1, at);
  }

  #checkBlockEnd(results: readonly number[], sp: number, at: number): void {
    const rest = this.popTypes(results, sp, at) - this.#heights[this.#top];
    if (rest > 0) throw invalid(`type mismatch: ${rest} more values than results at the end of a block`, at);
  }

  /** What a branch to the label `depth` frames up takes. */
  labelTypes(depth: number, at: number): readonly number[] {
    const frame = this.#top - depth;
    if (frame < 0) throw invalid(`unknown label ${depth}`, at);
    const signature = this.#signatures[frame];
    return this.#opcodes[frame] === Opcode.loop ? this.#params[signature] : this.#results[signature];
  }

  /** The rest of the frame cannot be reached: its operands go, and from now on it yields any. */
  setUnreachable(): number {
    this.#unreachable[this.#top] = 1;
    return this.#heights[this.#top];
  }

  // Operands

  /** Makes room for `sp` values and for one more by each byte from `at` to the end of the body. */
  #reserve(sp: number, at: number): void {
    const needed = sp + (this.#end - at) + 1;
    if (needed <= this.types.length) return;
    const larger = new Int32Array(needed * 2);
    larger.set(this.types);
    this.types = larger;
  }

  /** Pops a value that must have type `expected` or a subtype. */
  pop(expected: number, sp: number, at: number): number {
    const actual = this.types[sp - 1];
    if (actual === expected || actual === bottom) return sp - 1;
    if (actual === floor && this.#unreachable[this.#top] === 1) return sp;
    if (isSubtype(actual, expected) || (actual === bottomReference && isRefType(expected))) return sp - 1;
    throw this.#mismatch(valTypeName(expected), actual, at);
  }

  /**
   * Pops values of these types, the last one first. `types` keeps them, so this can also serve as a check.
   */
  popTypes(types: readonly number[], sp: number, at: number): number {
    const stack = this.types;
    let rest = sp;
    for (let k = types.length - 1; k >= 0; k--) {
      if (stack[rest - 1] === types[k]) rest--;
      else rest = this.pop(types[k], rest, at);
    }
    return rest;
  }

  /** Pushes values of these types, the first one first. */
  pushTypes(types: readonly number[], sp: number, at: number): number {
    const count = types.length;
    if (count === 0) return sp;
    this.#reserve(sp + count, at);
    const stack = this.types;
    for (let k = 0; k < count; k++) stack[sp + k] = types[k];
    return sp + count;
  }

  /** Pops a reference of any type; what it is without null is left in `reference`. */
  popRef(sp: number, at: number): number {
    const actual = this.types[sp - 1];
    if (isRefType(actual)) {
      this.reference = nonNull(actual);
      return sp - 1;
    }
    this.reference = bottomReference;
    if (actual === bottom || actual === bottomReference) return sp - 1;
    if (actual === floor && this.#unreachable[this.#top] === 1) return sp;
    throw this.#mismatch('a reference', actual, at);
  }

  /** Throws if the frame, whose operands have all been popped, does not yield any more. */
  checkUnreachable(at: number): void {
    if (this.#unreachable[this.#top] === 0) throw this.#mismatch('a value', floor, at);
  }

  /** `select` without a type, its condition popped: two operands of one number type. */
  select(sp: number, at: number): number {
    const stack = this.types;
    let rest = sp;
    const second = stack[rest - 1] === floor ? bottom : stack[--rest];
    const first = stack[rest - 1] === floor ? bottom : stack[--rest];
    if (sp - rest < 2) this.checkUnreachable(at);
    if (isRefType(first) || first === bottomReference) throw this.#mismatch('a number', first, at);
    if (isRefType(second) || second === bottomReference) throw this.#mismatch('a number', second, at);
    if (first !== second && first !== bottom && second !== bottom) {
      throw this.#mismatch(valTypeName(first), second, at);
    }
    stack[rest] = first === bottom ? second : first;
    return rest + 1;
  }

  /** Pops a function's parameters and pushes its results. */
  call(signature: number, sp: number, at: number): number {
    return this.pushTypes(this.#results[signature], this.popTypes(this.#params[signature], sp, at), at);
  }

  /** Pops and pushes what the opcode table says of an opcode. */
  apply(opcode: number, sp: number, at: number): number {
    const count = operandCount[opcode];
    let rest = sp;
    if (count > 2) rest = this.pop(operandType2[opcode], rest, at);
    if (count > 1) rest = this.pop(operandType1[opcode], rest, at);
    if (count > 0) rest = this.pop(operandType0[opcode], rest, at);
    if (resultType[opcode] !== 0) this.types[rest++] = resultType[opcode];
    return rest;
  }

  #mismatch(expected: string, actual: number, at: number): CompileError {
    const found =
      actual === floor ? 'nothing' : actual === bottomReference ? 'a reference' : valTypeName(actual);
    return invalid(`type mismatch: ${this.mnemonicAt(at)} expected ${expected}, found ${found}`, at);
  }

  /** Name of the instruction at offset `at`. */
  mnemonicAt(at: number): string {
    return mnemonic(readOpcode(new Reader(this.#bytes, at)));
  }
}

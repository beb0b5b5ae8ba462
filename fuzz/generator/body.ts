import { Opcode } from '../../src/wasm/opcodes.js';
import { type AddressType, ValType } from '../../src/wasm/types.js';
import { blockOf, emptyBlock, type Instruction } from '../module/draft.js';
import type { Random } from '../random.js';
import { exact, type FloatLanes, hasFloats, type Shape, type Slot, satisfies, typeIndex } from './shape.js';

/** A block that is being written. */
export interface Frame {
  readonly isLoop: boolean;
  /** What branches to its label carry. */
  readonly carries: readonly Slot[];
  readonly results: readonly Slot[];
  /** Height of the stack below its parameters. */
  readonly base: number;
  /** The local that counts down its turns, if it is a loop that can be branched to. */
  readonly counter: number | undefined;
  readonly wasDead: boolean;
  /** Whether it is the part of a `try` that deals with an exception, which can be thrown again there. */
  readonly isCatching?: boolean;
}

/** A local that random code may read and write. */
export interface LocalSlot extends Slot {
  readonly index: number;
}

/** What bodies are made of. These call each other through the body, since each is made of all of them. */
export interface Makers {
  /** Writes a value that satisfies the slot. */
  readonly value: (body: Body, wanted: Slot) => void;
  /** Writes up to `count` statements, until the block's end cannot be reached. */
  readonly statements: (body: Body, count: number) => void;
}

/** Deeper than any expression. */
const leafDepth = 1000;

/** The state while a function's body is written: the operand stack, the enclosing blocks, the locals. */
export class Body {
  readonly shape: Shape;
  readonly random: Random;
  readonly code: Instruction[] = [];
  readonly stack: Slot[] = [];
  readonly frames: Frame[] = [];
  readonly locals: LocalSlot[] = [];
  /** About how many instructions are still to be written. */
  budget: number;
  /** Whether the code being written is unreachable. */
  dead = false;
  /** Whether accesses out of bounds and other traps should be frequent. */
  readonly wild: boolean;
  /** Whether there are more locals than registers, with most values coming from locals. */
  readonly isCrowded: boolean;
  /** The current nesting depth of expressions. */
  depth = 0;
  /** Height of the stack below the value being made. */
  #floor = 0;
  readonly #paramCount: number;
  readonly #makers: Makers;
  readonly #localTypes: ValType[] = [];
  readonly #scratch = new Map<ValType, number>();

  constructor(
    shape: Shape,
    params: readonly Slot[],
    results: readonly Slot[],
    budget: number,
    makers: Makers,
  ) {
    this.shape = shape;
    this.random = shape.random;
    this.budget = budget;
    this.wild = shape.random.chance(12);
    this.isCrowded = shape.random.chance(35);
    this.#makers = makers;
    this.#paramCount = params.length;
    for (const [index, slot] of params.entries()) this.locals.push({ ...slot, index });
    this.frames.push({
      isLoop: false,
      carries: results,
      results,
      base: 0,
      counter: undefined,
      wasDead: false,
    });
  }

  /** Types of the locals except parameters. */
  get localTypes(): ValType[] {
    return this.#localTypes;
  }

  get frame(): Frame {
    return this.frames[this.frames.length - 1];
  }

  /**
   * How many values may be taken off the stack: those of the innermost block and, within a value, of that
   * value.
   */
  get available(): number {
    return this.stack.length - Math.max(this.frame.base, this.#floor);
  }

  emit(code: number, ...immediates: (number | bigint)[]): void {
    this.code.push([code, ...immediates]);
    this.budget--;
  }

  push(...slots: Slot[]): void {
    this.stack.push(...slots);
  }

  pop(count: number): void {
    this.stack.length -= count;
  }

  i32Const(value: number): void {
    this.emit(Opcode['i32.const'], value | 0);
    this.push({ type: ValType.i32, exact: true });
  }

  /** Pushes a constant address or index. */
  addressConst(value: number | bigint, type: AddressType): void {
    if (type === ValType.i32) this.i32Const(Number(value));
    else {
      this.emit(Opcode['i64.const'], BigInt.asIntN(64, BigInt(value)));
      this.push(exact(ValType.i64));
    }
  }

  /** A local that random code does not use. */
  hiddenLocal(type: ValType): number {
    return this.#paramCount + this.#localTypes.push(type) - 1;
  }

  /** A local that random code may use. */
  addLocal(slot: Slot): LocalSlot {
    const local = { ...slot, index: this.hiddenLocal(slot.type) };
    this.locals.push(local);
    return local;
  }

  /** What was on top of the stack for a branch has the types of its label afterwards. */
  narrow(carries: readonly Slot[]): void {
    const start = this.stack.length - carries.length;
    for (const [k, { type }] of carries.entries()) {
      this.stack[start + k] = { ...this.stack[start + k], type };
    }
  }

  /** Random code does not use this local. */
  hide(index: number): void {
    this.locals.splice(
      this.locals.findIndex((local) => local.index === index),
      1,
    );
  }

  /** Leaves the wanted values on top of the stack; some may be there already. */
  want(slots: readonly Slot[]): void {
    for (let kept = Math.min(slots.length, this.available); kept >= 0; kept--) {
      const start = this.stack.length - kept;
      let fits = true;
      for (let k = 0; k < kept && fits; k++) fits = satisfies(this.stack[start + k], slots[k]);
      if (!fits) continue;
      for (const slot of slots.slice(kept)) this.value(slot);
      return;
    }
  }

  /** Writes up to `count` statements, until the block's end cannot be reached. */
  statements(count: number): void {
    this.#makers.statements(this, count);
  }

  /** Pushes a value that takes few instructions. */
  leaf(wanted: Slot): void {
    this.depth += leafDepth;
    this.value(wanted);
    this.depth -= leafDepth;
  }

  /** Pushes a value. */
  value(wanted: Slot): void {
    const floor = this.#floor;
    this.#floor = this.stack.length;
    this.depth++;
    this.#makers.value(this, wanted);
    this.depth--;
    this.#floor = floor;
    const top = this.stack[this.stack.length - 1];
    if (!satisfies(top, wanted)) this.canonicalize();
  }

  /** Makes the float or vector on top of the stack exact: any NaN becomes the canonical one. */
  canonicalize(): void {
    const top = this.stack[this.stack.length - 1];
    if (top.exact || !hasFloats(top.type)) return;
    if (top.type === ValType.v128) this.#canonicalizeLanes(top.lanes ?? 'f32x4');
    else this.#canonicalizeFloat(top.type);
    this.pop(1);
    this.push(exact(top.type));
  }

  /** A hidden local of a type, always the same. */
  #scratchLocal(type: ValType): number {
    let scratch = this.#scratch.get(type);
    if (scratch === undefined) {
      scratch = this.hiddenLocal(type);
      this.#scratch.set(type, scratch);
    }
    return scratch;
  }

  #canonicalizeFloat(type: ValType): void {
    const scratch = this.#scratchLocal(type);
    const isSingle = type === ValType.f32;
    this.emit(Opcode['local.tee'], scratch);
    if (isSingle) this.emit(Opcode['f32.const'], 0x7fc00000);
    else this.emit(Opcode['f64.const'], 0x7ff8000000000000n);
    this.emit(Opcode['local.get'], scratch);
    if (this.random.chance(50)) {
      this.emit(Opcode['local.get'], scratch);
      this.emit(isSingle ? Opcode['f32.eq'] : Opcode['f64.eq']);
    } else {
      this.#isNoQuietNaN(isSingle);
    }
    this.emit(Opcode.select);
  }

  #canonicalizeLanes(lanes: FloatLanes): void {
    const scratch = this.#scratchLocal(ValType.v128);
    const quiet = lanes === 'f32x4' ? 0x7fc000007fc00000n : 0x7ff8000000000000n;
    const canonical = [Opcode['v128.const'], quiet, quiet] as const;
    this.emit(Opcode['local.tee'], scratch);
    this.emit(...canonical);
    this.emit(Opcode['local.get'], scratch);
    if (this.random.chance(50)) {
      this.emit(Opcode['local.get'], scratch);
      this.emit(Opcode[`${lanes}.eq`]);
    } else {
      this.emit(...canonical);
      this.emit(Opcode['v128.and']);
      this.emit(...canonical);
      this.emit(lanes === 'f32x4' ? Opcode['i32x4.ne'] : Opcode['i64x2.ne']);
    }
    this.emit(Opcode['v128.bitselect']);
  }

  /**
   * Operators never return a signalling NaN (spec section 4.3.3); if one came out, this would let it through.
   */
  #isNoQuietNaN(isSingle: boolean): void {
    if (isSingle) {
      this.emit(Opcode['i32.reinterpret_f32']);
      this.emit(Opcode['i32.const'], 0x7fc00000);
      this.emit(Opcode['i32.and']);
      this.emit(Opcode['i32.const'], 0x7fc00000);
      this.emit(Opcode['i32.ne']);
      return;
    }
    this.emit(Opcode['i64.reinterpret_f64']);
    this.emit(Opcode['i64.const'], 0x7ff8000000000000n);
    this.emit(Opcode['i64.and']);
    this.emit(Opcode['i64.const'], 0x7ff8000000000000n);
    this.emit(Opcode['i64.ne']);
  }

  /** Begins a block whose parameters are on the stack. */
  enter(
    code: number,
    params: readonly Slot[],
    results: readonly Slot[],
    counter: number | undefined = undefined,
    immediates: readonly number[] = [],
  ): void {
    const isLoop = code === Opcode.loop;
    const types = (slots: readonly Slot[]): ValType[] => slots.map(({ type }) => type);
    const short = params.length === 0 && results.length <= 1 && !this.random.chance(10);
    const blockType = short
      ? results.length === 0
        ? emptyBlock
        : blockOf(results[0].type)
      : typeIndex(this.shape.draft, { params: types(params), results: types(results) });
    this.emit(code, blockType, ...immediates);
    this.frames.push({
      isLoop,
      carries: isLoop ? params : results,
      results,
      base: this.stack.length - params.length,
      counter,
      wasDead: this.dead,
    });
    // To a validator the inside of a block is always reachable.
    this.dead = false;
  }

  /** Goes on to the second half of an `if`. */
  turnToElse(params: readonly Slot[]): void {
    this.finish();
    this.emit(Opcode.else);
    this.stack.length = this.frame.base;
    this.push(...params);
    this.dead = false;
  }

  /** Goes on to a part of a `try` that catches exceptions, with what they carry. */
  turnToCatch(payload: readonly Slot[], code: number, ...immediates: number[]): void {
    this.finish();
    this.emit(code, ...immediates);
    this.frames.push({ ...(this.frames.pop() ?? this.frame), isCatching: true });
    this.stack.length = this.frame.base;
    this.push(...payload);
    this.dead = false;
  }

  /** What follows in the innermost block is unreachable: what is on the stack no longer matters. */
  markDead(): void {
    this.dead = true;
    this.stack.length = this.frame.base;
  }

  /** Ends the innermost block, with `end` or `delegate`. */
  leave(code: number = Opcode.end, ...immediates: number[]): void {
    this.finish();
    this.emit(code, ...immediates);
    const { base, results, wasDead } = this.frame;
    this.frames.pop();
    this.stack.length = base;
    this.push(...results);
    this.dead = wasDead;
  }

  /** Leaves exactly the innermost block's results on the stack. */
  finish(): void {
    this.finishWith(this.frame.results);
  }

  /** Leaves exactly these values on the stack, of what is on it in the innermost block. */
  finishWith(results: readonly Slot[]): void {
    const { base } = this.frame;
    let kept = 0;
    if (!this.dead) {
      while (
        kept < results.length &&
        kept < this.available &&
        satisfies(this.stack[base + kept], results[kept])
      )
        kept++;
    }
    while (this.available > kept) this.discard();
    // After a branch any values may be assumed.
    if (this.dead && this.random.chance(60)) return;
    for (const slot of results.slice(kept)) this.value(slot);
  }

  /** Drops the value on top of the stack. */
  discard(): void {
    const top = this.stack[this.stack.length - 1];
    const fitting = this.locals.filter((local) => satisfies(top, local));
    if (fitting.length > 0 && this.random.chance(60))
      this.emit(Opcode['local.set'], this.random.pick(fitting).index);
    else this.emit(Opcode.drop);
    this.pop(1);
  }
}

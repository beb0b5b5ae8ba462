import { Op } from '../../src/wasm/opcodes.js';
import { ValType } from '../../src/wasm/types.js';
import { blockOf, emptyBlock, type Instruction } from '../module/draft.js';
import type { Random } from '../random.js';
import { isFloat, type Shape, type Slot, satisfies, typeIndex } from './shape.js';

/** A block that is being written. */
export interface Frame {
  readonly isLoop: boolean;
  /** What branches to its label carry. */
  readonly carries: readonly Slot[];
  readonly results: readonly Slot[];
  /** Height of the stack below its parameters. */
  readonly base: number;
  /** The local that counts turns down, if it is a loop that can be branched to. */
  readonly counter: number | undefined;
  readonly wasDead: boolean;
}

/** A local that random code may read and write. */
export interface LocalSlot extends Slot {
  readonly index: number;
}

/** Writes a value that satisfies the slot. */
export type MakeValue = (body: Body, wanted: Slot) => void;

/** What is known while a function's body is written: the operand stack, the blocks around, the locals. */
export class Body {
  readonly shape: Shape;
  readonly random: Random;
  readonly code: Instruction[] = [];
  readonly stack: Slot[] = [];
  readonly frames: Frame[] = [];
  readonly locals: LocalSlot[] = [];
  /** Instructions that are still to be written, about. */
  budget: number;
  /** Whether the code that is being written cannot be reached. */
  dead = false;
  /** Whether accesses out of bounds and other traps are to be frequent. */
  readonly wild: boolean;
  /** Whether there are more locals than registers, which most values are to come from. */
  readonly isCrowded: boolean;
  /** How deep expressions are nested just now. */
  depth = 0;
  /** Height of the stack below the value that is being made. */
  #floor = 0;
  readonly #paramCount: number;
  readonly #makeValue: MakeValue;
  readonly #localTypes: ValType[] = [];
  readonly #scratch = new Map<ValType, number>();

  constructor(
    shape: Shape,
    params: readonly Slot[],
    results: readonly Slot[],
    budget: number,
    makeValue: MakeValue,
  ) {
    this.shape = shape;
    this.random = shape.random;
    this.budget = budget;
    this.wild = shape.random.chance(12);
    this.isCrowded = shape.random.chance(35);
    this.#makeValue = makeValue;
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

  /** Types of the locals that are no parameters. */
  get localTypes(): ValType[] {
    return this.#localTypes;
  }

  get frame(): Frame {
    return this.frames[this.frames.length - 1];
  }

  /** Values that may be taken off the stack: those of the innermost block and, within a value, of that value. */
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
    this.emit(Op['i32.const'], value | 0);
    this.push({ type: ValType.i32, exact: true });
  }

  /** A local that random code does not know. */
  hiddenLocal(type: ValType): number {
    return this.#paramCount + this.#localTypes.push(type) - 1;
  }

  /** A local that random code may use. */
  addLocal(slot: Slot): LocalSlot {
    const local = { ...slot, index: this.hiddenLocal(slot.type) };
    this.locals.push(local);
    return local;
  }

  /** Has the values wanted on top of the stack, of which some may be there already. */
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

  /** Pushes a value. */
  value(wanted: Slot): void {
    const floor = this.#floor;
    this.#floor = this.stack.length;
    this.depth++;
    this.#makeValue(this, wanted);
    this.depth--;
    this.#floor = floor;
    const top = this.stack[this.stack.length - 1];
    if (!satisfies(top, wanted)) this.canonicalize();
  }

  /** Makes the float on top of the stack exact: a NaN becomes the canonical one. */
  canonicalize(): void {
    const top = this.stack[this.stack.length - 1];
    if (top.exact || !isFloat(top.type)) return;
    let scratch = this.#scratch.get(top.type);
    if (scratch === undefined) {
      scratch = this.hiddenLocal(top.type);
      this.#scratch.set(top.type, scratch);
    }
    const isSingle = top.type === ValType.f32;
    this.emit(Op['local.tee'], scratch);
    if (isSingle) this.emit(Op['f32.const'], 0x7fc00000);
    else this.emit(Op['f64.const'], 0x7ff8000000000000n);
    this.emit(Op['local.get'], scratch);
    if (this.random.chance(50)) {
      this.emit(Op['local.get'], scratch);
      this.emit(isSingle ? Op['f32.eq'] : Op['f64.eq']);
    } else {
      this.#isNoQuietNaN(isSingle);
    }
    this.emit(Op.select);
    this.pop(1);
    this.push({ type: top.type, exact: true });
  }

  /** What operators compute is never a signalling NaN (spec section 4.3.3): one that came out would be seen as it is. */
  #isNoQuietNaN(isSingle: boolean): void {
    if (isSingle) {
      this.emit(Op['i32.reinterpret_f32']);
      this.emit(Op['i32.const'], 0x7fc00000);
      this.emit(Op['i32.and']);
      this.emit(Op['i32.const'], 0x7fc00000);
      this.emit(Op['i32.ne']);
      return;
    }
    this.emit(Op['i64.reinterpret_f64']);
    this.emit(Op['i64.const'], 0x7ff8000000000000n);
    this.emit(Op['i64.and']);
    this.emit(Op['i64.const'], 0x7ff8000000000000n);
    this.emit(Op['i64.ne']);
  }

  /** Begins a block; its parameters are on the stack. */
  enter(
    code: number,
    params: readonly Slot[],
    results: readonly Slot[],
    counter: number | undefined = undefined,
  ): void {
    const isLoop = code === Op.loop;
    const types = (slots: readonly Slot[]): ValType[] => slots.map(({ type }) => type);
    const short = params.length === 0 && results.length <= 1 && !this.random.chance(10);
    const blockType = short
      ? results.length === 0
        ? emptyBlock
        : blockOf(results[0].type)
      : typeIndex(this.shape.draft, { params: types(params), results: types(results) });
    this.emit(code, blockType);
    this.frames.push({
      isLoop,
      carries: isLoop ? params : results,
      results,
      base: this.stack.length - params.length,
      counter,
      wasDead: this.dead,
    });
    // To a validator the inside of a block can be reached, wherever it stands.
    this.dead = false;
  }

  /** Goes from the first to the second half of an `if`. */
  turnToElse(params: readonly Slot[]): void {
    this.finish();
    this.emit(Op.else);
    this.stack.length = this.frame.base;
    this.push(...params);
    this.dead = false;
  }

  /** Ends the innermost block. */
  leave(): void {
    this.finish();
    this.emit(Op.end);
    const { base, results, wasDead } = this.frame;
    this.frames.pop();
    this.stack.length = base;
    this.push(...results);
    this.dead = wasDead;
  }

  /** Has exactly the innermost block's results on the stack. */
  finish(): void {
    const { base, results } = this.frame;
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
    // What follows a branch may stand for any values.
    if (this.dead && this.random.chance(60)) return;
    for (const slot of results.slice(kept)) this.value(slot);
  }

  /** Takes the value on top off the stack. */
  discard(): void {
    const top = this.stack[this.stack.length - 1];
    const fitting = this.locals.filter((local) => satisfies(top, local));
    if (fitting.length > 0 && this.random.chance(60))
      this.emit(Op['local.set'], this.random.pick(fitting).index);
    else this.emit(Op.drop);
    this.pop(1);
  }
}

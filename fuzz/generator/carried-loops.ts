/**
 * Loops of many turns that carry a value from turn to turn and cut it to fewer bits on the way, or that have
 * several counters, some of them cut. A compiler may mistake these for counters that never wrap. All accesses
 * are within bounds.
 */
import { Opcode } from '../../src/wasm/opcodes.js';
import { ValType } from '../../src/wasm/types.js';
import type { Body } from './body.js';
import { cut, IntegerCode, type IntegerType, operator, type Range } from './cuts.js';
import { exact, i32 } from './shape.js';

/** Locals outside of a loop, each an i32. */
export interface LoopInputs {
  /** Number of turns, at least 1 and below `mostTurns`. */
  readonly turns: number;
  /** The first carried value, or its lowest bits. */
  readonly start: number;
  /** What may be added each turn. */
  readonly step: number;
}

/** The most turns of a loop, and so the length of its arrays. */
export const mostTurns = 1024;

/** Address of element 0 of the arrays indexed by carried values. */
const carriedBase = 0x5000;
/** Addresses of the arrays indexed by the turn. */
const outBases = [0x9000, 0xa000, 0xa004, carriedBase];
/** Where a carried value may be kept in memory. */
const carriedWord = 0x3f00;
/** The end of the memory that these loops use. */
export const loopMemoryEnd = 0xe000;

/** Carried values between these can be indices of an array. */
const lowestIndex = -4200;
const highestIndex = 4200;

/** Writes a loop of any number of turns, which leaves its sum on the stack. */
export function anyCarriedLoop(body: Body): void {
  const input = (write: () => void): number => {
    const local = body.hiddenLocal(ValType.i32);
    body.value(i32);
    body.pop(1);
    write();
    body.emit(Opcode['local.set'], local);
    return local;
  };
  const { type, sum } = carriedLoop(body, {
    turns: input(() => {
      body.emit(Opcode['i32.const'], mostTurns - 1);
      body.emit(Opcode['i32.and']);
      body.emit(Opcode['i32.const'], 1);
      body.emit(Opcode['i32.or']);
    }),
    start: input(() => undefined),
    step: input(() => undefined),
  });
  body.emit(Opcode['local.get'], sum);
  body.push(exact(type));
}

/** Writes a loop. Its result is a sum in a new local of the given type. */
export function carriedLoop(
  body: Body,
  inputs: LoopInputs,
): { readonly type: IntegerType; readonly sum: number } {
  const loop = new CarriedLoop(body, inputs);
  loop.write();
  return { type: loop.code.type, sum: loop.sum };
}

/** Weights of the uses of a carried value: see `CarriedLoop.#use`. */
const uses = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((use) => [1, use] as const);
const plainUses = [
  [10, 0],
  [2, 1],
  [2, 2],
  [3, 3],
  [1, 4],
  [4, 5],
  [1, 7],
  [1, 8],
  [1, 9],
] as const;

class CarriedLoop {
  readonly code: IntegerCode;
  readonly sum: number;
  readonly #body: Body;
  readonly #inputs: LoopInputs;
  /** The carried value, and a second one that it may be swapped with. */
  readonly #carried: number;
  readonly #other: number;
  readonly #scratch: number;
  /** An i32 that counts the turns. */
  readonly #counter: number;
  /**
   * Whether the loop is of the usual kind, which is likely to be vectorized; everything else makes that less
   * likely.
   */
  readonly #isPlain: boolean;
  readonly #isInMemory: boolean;
  readonly #isExchanged: boolean;
  /** Whether the memory at `out` may be anywhere, which makes the loop check addresses. */
  readonly #out: number;
  readonly #outBase: number;
  /** Bytes between elements of an array: 0 to 3, known only at run time. */
  readonly #stride: number;
  #range: Range = { low: 0, high: 0 };

  constructor(body: Body, inputs: LoopInputs) {
    const { random } = body;
    const type = random.chance(65) ? ValType.i32 : ValType.i64;
    this.#body = body;
    this.#inputs = inputs;
    this.code = new IntegerCode(body, type);
    this.sum = body.hiddenLocal(type);
    this.#carried = body.hiddenLocal(type);
    this.#other = body.hiddenLocal(type);
    this.#scratch = body.hiddenLocal(type);
    this.#counter = body.hiddenLocal(ValType.i32);
    this.#out = body.hiddenLocal(ValType.i32);
    this.#stride = body.hiddenLocal(ValType.i32);
    this.#isPlain = random.chance(75);
    const isElsewhere = !this.#isPlain && random.chance(50);
    this.#isInMemory = isElsewhere && random.chance(50);
    this.#isExchanged = isElsewhere && !this.#isInMemory;
    this.#outBase = random.pick(outBases);
  }

  write(): void {
    const { random } = this.#body;
    this.#begin();
    if (this.#isPlain || random.chance(60)) {
      this.#loop();
      return;
    }
    // Inside another loop, which continues with the value or starts over.
    const outer = this.#body.hiddenLocal(ValType.i32);
    this.#body.emit(Opcode['i32.const'], random.between(2, 3));
    this.#body.emit(Opcode['local.set'], outer);
    this.#body.enter(Opcode.loop, [], []);
    if (random.chance(40)) this.#start();
    this.#loop();
    this.#body.emit(Opcode['local.get'], outer);
    this.#body.emit(Opcode['i32.const'], 1);
    this.#body.emit(Opcode['i32.sub']);
    this.#body.emit(Opcode['local.tee'], outer);
    this.#body.emit(Opcode.br_if, 0);
    this.#body.leave();
  }

  #begin(): void {
    const { code } = this;
    const { random } = this.#body;
    code.constant(0);
    code.set(this.sum);
    this.#body.emit(Opcode['i32.const'], this.#outBase);
    if (random.chance(70)) {
      // LLVM does not know the address.
      this.#body.emit(Opcode['local.get'], this.#inputs.start);
      this.#body.emit(Opcode['i32.const'], 4);
      this.#body.emit(Opcode['i32.and']);
      this.#body.emit(Opcode['i32.add']);
    }
    this.#body.emit(Opcode['local.set'], this.#out);
    this.#body.emit(Opcode['local.get'], this.#inputs.step);
    this.#body.emit(Opcode['i32.const'], 3);
    this.#body.emit(Opcode['i32.and']);
    this.#body.emit(Opcode['local.set'], this.#stride);
    this.#start();
  }

  /** Sets the carried values to their first ones, from 0 to 63 or arbitrary. */
  #start(): void {
    const { code } = this;
    const { random } = this.#body;
    for (const local of [this.#carried, this.#other]) {
      if (random.chance(50)) code.constant(random.pick([0, 0, 1, 5]));
      else {
        this.#int(this.#inputs.start);
        code.with('and', 63);
      }
      code.set(local);
    }
    if (this.#isInMemory) this.#storeCarried();
  }

  /** Pushes an i32 local as an integer of the loop's type. */
  #int(local: number): void {
    this.code.get(local);
    if (this.code.type === ValType.i64) {
      this.#body.emit(this.#body.random.chance(70) ? Opcode['i64.extend_i32_u'] : Opcode['i64.extend_i32_s']);
    }
  }

  #storeCarried(): void {
    const { code } = this;
    this.#body.emit(Opcode['i32.const'], carriedWord);
    code.get(this.#carried);
    this.#body.emit(code.type === ValType.i32 ? Opcode['i32.store'] : Opcode['i64.store'], 0, 0, 0);
  }

  #loop(): void {
    const { code } = this;
    const body = this.#body;
    const { random } = body;
    const countsDown = !this.#isPlain && random.chance(30);
    body.emit(Opcode['i32.const'], 0);
    body.emit(Opcode['local.set'], this.#counter);
    body.enter(Opcode.loop, [], []);
    if (this.#isInMemory) {
      body.emit(Opcode['i32.const'], carriedWord);
      body.emit(code.type === ValType.i32 ? Opcode['i32.load'] : Opcode['i64.load'], 0, 0, 0);
      code.set(this.#carried);
    }
    // The uses come first in the code, but what they may do depends on what follows.
    const start = body.code.length;
    this.#change();
    const change = body.code.splice(start);
    const isUsedBehind = random.chance(20);
    if (isUsedBehind) body.code.push(...change);
    for (let uses = random.between(1, this.#isPlain ? 2 : 3); uses > 0; uses--) this.#use();
    if (!isUsedBehind) body.code.push(...change);
    if (this.#isInMemory) this.#storeCarried();
    if (this.#isExchanged) {
      code.get(this.#carried);
      code.get(this.#other);
      code.set(this.#carried);
      code.set(this.#other);
    }
    this.#nextTurn(countsDown);
    body.leave();
  }

  #nextTurn(countsDown: boolean): void {
    const body = this.#body;
    const { turns } = this.#inputs;
    body.emit(Opcode['local.get'], this.#counter);
    body.emit(Opcode['i32.const'], 1);
    body.emit(Opcode['i32.add']);
    body.emit(Opcode['local.tee'], this.#counter);
    body.emit(Opcode['local.get'], turns);
    if (countsDown) {
      body.emit(Opcode['i32.sub']);
      body.emit(Opcode['i32.const'], 0);
    }
    body.emit(
      body.random.pick(
        countsDown ? [Opcode['i32.ne'], Opcode['i32.lt_s']] : [Opcode['i32.lt_u'], Opcode['i32.ne']],
      ),
    );
    body.emit(Opcode.br_if, 0);
  }

  /** Makes the carried value of the next turn. */
  #change(): void {
    const { code } = this;
    const { random } = this.#body;
    const isCounter = random.chance(12);
    if (isCounter) this.#int(this.#counter);
    else code.get(this.#carried);
    switch (random.below(this.#isPlain ? 4 : 6)) {
      case 0:
      case 1:
        this.#range = cut(code, this.#scratch);
        this.#step();
        break;
      case 2:
      case 3: {
        this.#step();
        this.#range = cut(code, this.#scratch);
        break;
      }
      case 4: {
        const { low, high } = cut(code, this.#scratch);
        const factor = random.pick([1, 3, 5]);
        code.with('mul', factor);
        this.#range = { low: factor * Math.min(low, 0), high: factor * high };
        this.#step();
        break;
      }
      default: {
        const { low, high } = cut(code, this.#scratch);
        // A constant minus the value.
        code.set(this.#scratch);
        code.constant(random.pick([0, 1, 7, 100]));
        code.get(this.#scratch);
        code.op('sub');
        this.#range = { low: -high, high: 100 - low };
      }
    }
    if (!this.#isPlain && random.chance(20)) this.#range = cut(code, this.#scratch);
    this.#range = { low: Math.min(this.#range.low, 0), high: Math.max(this.#range.high, 63) };
    code.set(this.#carried);
  }

  /** Adds a step to the value on top of the stack. */
  #step(): void {
    const { code } = this;
    const { random } = this.#body;
    const { low, high } = this.#range;
    if (random.chance(80)) {
      code.with('add', random.pick([1, 1, 1, 2, 3, 4, 7, 16, -1, -1, -2, -5]));
      this.#range = { low: low - 5, high: high + 16 };
      return;
    }
    if (random.chance(70)) {
      this.#int(this.#inputs.step);
      if (random.chance(60)) code.with('and', 15);
    } else this.#int(this.#counter);
    code.op(random.pick(['add', 'add', 'sub']));
    this.#range = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  }

  /**
   * Pushes the address of the element whose index is the carried value, as an i32; returns the offset to add.
   */
  #address(size: number): number {
    const { code } = this;
    const body = this.#body;
    code.get(this.#carried);
    const { low, high } = this.#range;
    const isCut = low < lowestIndex || high > highestIndex || body.random.chance(10);
    if (isCut) code.with('and', body.random.pick([7, 15, 0x1ff, 0xfff]));
    if (code.type === ValType.i64) body.emit(Opcode['i32.wrap_i64']);
    if (size > 1) {
      body.emit(Opcode['i32.const'], Math.log2(size));
      body.emit(Opcode['i32.shl']);
    }
    if ((low >= 0 || isCut) && body.random.chance(50)) return carriedBase;
    // Negative indices must not be extended before the base is added.
    body.emit(Opcode['i32.const'], carriedBase);
    body.emit(Opcode['i32.add']);
    return 0;
  }

  /** Pushes the address of the turn's element, without its base. */
  #turnAddress(size: number): void {
    const body = this.#body;
    const isMasked = body.random.chance(15);
    body.emit(Opcode['local.get'], this.#counter);
    if (isMasked) {
      body.emit(Opcode['i32.const'], body.random.pick([7, 63, 0x1ff]));
      body.emit(Opcode['i32.and']);
    }
    if (size > 1) {
      body.emit(Opcode['i32.const'], Math.log2(size));
      body.emit(Opcode['i32.shl']);
    }
    body.emit(Opcode['local.get'], this.#out);
    body.emit(Opcode['i32.add']);
  }

  #use(): void {
    const { code } = this;
    const body = this.#body;
    const { random } = body;
    switch (random.weighted(this.#isPlain ? plainUses : uses)) {
      case 0:
        this.#turnAddress(code.bits / 8);
        code.get(this.#carried);
        this.#access('store');
        return;
      case 1:
        this.#turnAddress(1);
        code.get(this.#carried);
        this.#access('store8');
        return;
      case 2:
        code.get(this.sum);
        code.get(this.#carried);
        code.op(random.pick(['add', 'add', 'sub', 'xor']));
        code.set(this.sum);
        return;
      case 3: {
        const size = random.pick([1, 2, 4]);
        code.get(this.sum);
        this.#load(size, this.#address(size));
        code.op('add');
        code.set(this.sum);
        return;
      }
      case 4: {
        const size = random.pick([1, 2, 4]);
        const offset = this.#address(size);
        this.#int(this.#counter);
        this.#store(size, offset);
        return;
      }
      case 5: {
        const size = random.pick([1, 4]);
        this.#turnAddress(size);
        this.#load(size, this.#address(size));
        this.#store(size, 0);
        return;
      }
      case 6: {
        const size = random.pick([1, 4]);
        const offset = this.#address(size);
        this.#turnAddress(size);
        this.#load(size, 0);
        this.#store(size, offset);
        return;
      }
      case 7: {
        // The stride may be 1.
        code.get(this.sum);
        body.emit(Opcode['local.get'], this.#counter);
        body.emit(Opcode['local.get'], this.#stride);
        body.emit(Opcode['i32.mul']);
        this.#load(1, carriedBase);
        code.op('add');
        code.set(this.sum);
        return;
      }
      case 8: {
        // Each turn loads what the turn before has stored.
        const size = random.pick([1, 4]);
        const local = body.hiddenLocal(ValType.i32);
        this.#turnAddress(size);
        body.emit(Opcode['local.tee'], local);
        body.emit(Opcode['local.get'], local);
        this.#load(size, 0);
        code.get(this.#carried);
        code.op('add');
        this.#store(size, size);
        return;
      }
      default: {
        const most = random.pick([3, 7, 8, 100]);
        code.get(this.sum);
        if (random.chance(50)) {
          code.get(this.#carried);
          this.#int(this.#counter);
          code.get(this.#carried);
          code.with(random.pick(['lt_u', 'lt_s', 'eq']), most);
          body.emit(Opcode.select);
        } else {
          code.get(this.#carried);
          code.with(random.pick(['lt_u', 'gt_s', 'ne']), most);
          if (code.type === ValType.i64) body.emit(Opcode['i64.extend_i32_u']);
        }
        code.op('add');
        code.set(this.sum);
      }
    }
  }

  #access(name: string, offset = 0): void {
    this.#body.emit(operator(this.code.type, name), 0, offset, 0);
  }

  #load(size: number, offset: number): void {
    const { type } = this.code;
    const sign = this.#body.random.pick(['u', 's']);
    if (size === 4 && type === ValType.i32) this.#access('load', offset);
    else this.#access(`load${8 * size}_${sign}`, offset);
  }

  #store(size: number, offset: number): void {
    const { type } = this.code;
    if (size === 4 && type === ValType.i32) this.#access('store', offset);
    else this.#access(`store${8 * size}`, offset);
  }
}

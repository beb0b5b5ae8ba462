/** Ways to cut a number to fewer bits or fewer values, after which a counter starts over. */
import { Opcode } from '../../src/wasm/opcodes.js';
import { ValType } from '../../src/wasm/types.js';
import type { Body } from './body.js';

/** Bounds of a cut value, both inclusive; wide ranges count as unbounded. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export type IntegerType = typeof ValType.i32 | typeof ValType.i64;

/** An operator of a type; `name` lacks the type. */
export function operator(type: IntegerType, name: string): number {
  return Opcode[`${type === ValType.i32 ? 'i32' : 'i64'}.${name}` as keyof typeof Opcode];
}

/** Emits operators and constants of an integer type. */
export class IntegerCode {
  readonly body: Body;
  readonly type: IntegerType;
  readonly bits: number;

  constructor(body: Body, type: IntegerType) {
    this.body = body;
    this.type = type;
    this.bits = type === ValType.i32 ? 32 : 64;
  }

  op(...names: readonly string[]): void {
    for (const name of names) this.body.emit(operator(this.type, name));
  }

  constant(value: number): void {
    if (this.type === ValType.i32) this.body.emit(Opcode['i32.const'], value | 0);
    else this.body.emit(Opcode['i64.const'], BigInt(value));
  }

  /** An operator whose second operand is a constant. */
  with(name: string, value: number): void {
    this.constant(value);
    this.op(name);
  }

  get(local: number): void {
    this.body.emit(Opcode['local.get'], local);
  }

  set(local: number): void {
    this.body.emit(Opcode['local.set'], local);
  }
}

/** Cuts the number on top of the stack; `x` is a local to keep it in. */
type Cut = (code: IntegerCode, x: number) => Range;

/** Where one or two bytes take a detour through memory. */
const scratchAddress = 0x3f40;

const bits = (count: number): number => 2 ** count - 1;

function fewBits({ body }: IntegerCode): number {
  return body.random.pick([1, 2, 3, 3, 4, 5, 7, 8, 9, 11]);
}

function limit({ body }: IntegerCode): number {
  return body.random.pick([2, 3, 7, 8, 10, 16, 48, 64, 100, 256, 1000, 1024]);
}

/** By name, for messages. */
const cuts: Readonly<Record<string, Cut>> = {
  lowMask: (code) => {
    const mask = bits(fewBits(code));
    code.with('and', mask);
    return { low: 0, high: mask };
  },
  shiftedMask: (code) => {
    const mask = bits(fewBits(code)) * 2 ** code.body.random.between(1, 3);
    code.with('and', Math.min(mask, 0x7f8));
    return { low: 0, high: 0x7f8 };
  },
  maskWithHoles: (code) => {
    code.with('and', code.body.random.pick([0x55, 0x1b7, 0x303, 0x70e]));
    return { low: 0, high: 0x7ff };
  },
  shiftUnsigned: (code) => {
    const count = fewBits(code);
    code.with('shl', code.bits - count);
    code.with('shr_u', code.bits - count);
    return { low: 0, high: bits(count) };
  },
  shiftSigned: (code) => {
    const count = fewBits(code);
    code.with('shl', code.bits - count);
    code.with('shr_s', code.bits - count);
    return { low: -(2 ** count), high: bits(count) };
  },
  shiftBackLess: (code) => {
    const count = fewBits(code);
    code.with('shl', code.bits - count);
    code.with(code.body.random.pick(['shr_u', 'shr_s']), code.bits - count - 1);
    return { low: -(2 ** count) * 2, high: bits(count + 1) };
  },
  remainderOfPower: (code) => {
    const count = fewBits(code);
    code.with(code.body.random.pick(['rem_u', 'rem_u', 'rem_s']), 2 ** count);
    return { low: -bits(count), high: bits(count) };
  },
  remainder: (code) => {
    const divisor = limit(code);
    code.with(code.body.random.pick(['rem_u', 'rem_s']), divisor);
    return { low: -divisor, high: divisor };
  },
  divided: (code, x) => {
    const divisor = limit(code);
    code.set(x);
    code.get(x);
    code.get(x);
    code.with(code.body.random.pick(['div_u', 'div_u', 'div_s']), divisor);
    code.with('mul', divisor);
    code.op('sub');
    return { low: -divisor, high: divisor };
  },
  highBitsAway: (code, x) => {
    const mask = bits(fewBits(code));
    code.set(x);
    code.get(x);
    code.get(x);
    code.with('and', -1 - mask);
    code.op(code.body.random.pick(['xor', 'sub']));
    return { low: 0, high: mask };
  },
  highPartAway: (code, x) => {
    const count = fewBits(code);
    code.set(x);
    code.get(x);
    code.get(x);
    code.with('shr_u', count);
    code.with('shl', count);
    code.op(code.body.random.pick(['xor', 'sub']));
    return { low: 0, high: bits(count) };
  },
  complement: (code) => {
    const mask = bits(fewBits(code));
    code.with('and', mask);
    code.with('xor', mask);
    return { low: 0, high: mask };
  },
  setAndUnset: (code) => {
    const mask = bits(fewBits(code));
    code.with('or', -1 - mask);
    code.with('xor', -1 - mask);
    return { low: 0, high: mask };
  },
  lowBitsAway: (code) => {
    code.with('and', 0x7fc);
    code.with('and', -8);
    return { low: 0, high: 0x7f8 };
  },
  byteWithSign: (code) => {
    code.op('extend8_s');
    return { low: -128, high: 127 };
  },
  halfWithSign: (code) => {
    code.op('extend16_s');
    return { low: -0x8000, high: 0x7fff };
  },
  wrapped: (code, x) => {
    const { body } = code;
    const { random } = body;
    if (code.type === ValType.i64) {
      body.emit(Opcode['i32.wrap_i64']);
      const cut = random.chance(50) ? lowCut(new IntegerCode(body, ValType.i32)) : wide;
      body.emit(random.chance(50) ? Opcode['i64.extend_i32_u'] : Opcode['i64.extend_i32_s']);
      if (random.chance(20)) code.op('extend32_s');
      return cut;
    }
    body.emit(random.chance(50) ? Opcode['i64.extend_i32_u'] : Opcode['i64.extend_i32_s']);
    const cut = lowCut(new IntegerCode(body, ValType.i64));
    body.emit(Opcode['i32.wrap_i64']);
    code.set(x);
    code.get(x);
    return cut;
  },
  selectReset: (code, x) => {
    const most = limit(code);
    const { random } = code.body;
    code.set(x);
    code.constant(0);
    code.get(x);
    code.get(x);
    code.with(random.pick(['ge_u', 'gt_u']), most);
    code.body.emit(Opcode.select);
    return { low: 0, high: most };
  },
  reset: (code, x) => {
    const most = limit(code);
    code.set(x);
    code.get(x);
    code.with('ge_u', most);
    code.body.enter(Opcode.if, [], []);
    code.constant(0);
    code.set(x);
    code.body.leave();
    code.get(x);
    return { low: 0, high: most };
  },
  smaller: (code, x) => {
    const most = limit(code);
    code.set(x);
    code.get(x);
    code.constant(most);
    code.get(x);
    code.with('lt_u', most);
    code.body.emit(Opcode.select);
    return { low: 0, high: most };
  },
  throughMemory: (code, x) => {
    const { body } = code;
    const isByte = body.random.chance(60);
    code.set(x);
    body.emit(Opcode['i32.const'], scratchAddress);
    code.get(x);
    body.emit(operator(code.type, isByte ? 'store8' : 'store16'), 0, 0, 0);
    body.emit(Opcode['i32.const'], scratchAddress);
    const sign = body.random.pick(['s', 'u']);
    body.emit(operator(code.type, `load${isByte ? 8 : 16}_${sign}`), 0, 0, 0);
    return isByte ? { low: -128, high: 255 } : wide;
  },
  bit: (code) => {
    code.with('xor', 1);
    code.with('and', 1);
    return { low: 0, high: 1 };
  },
};

const wide: Range = { low: -(2 ** 40), high: 2 ** 40 };

function lowCut(code: IntegerCode): Range {
  return cuts[code.body.random.pick(['lowMask', 'shiftUnsigned', 'shiftSigned', 'byteWithSign'])](code, -1);
}

const cutNames = Object.keys(cuts);

/** Cuts the number on top of the stack in some way; `x` is a local of its type. */
export function cut(code: IntegerCode, x: number): Range {
  return cuts[code.body.random.pick(cutNames)](code, x);
}

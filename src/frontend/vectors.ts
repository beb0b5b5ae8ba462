/**
 * Vector instructions that have immediates, and those that are a scalar access and a vector operator in one.
 */
import { Op, opResultType, VType } from '../ir/ops.js';
import { vectorSize } from '../layout/widths.js';
import { accessSize, type Mnemonic, operandCount } from '../wasm/opcodes.js';
import { located } from './memories.js';
import { load, locateAccess } from './memory.js';
import type { Translator } from './translator.js';

type Handler = (t: Translator, opcode: number) => void;

/** Bytes of a lane, by splat. */
export const laneSizes: ReadonlyMap<number, number> = new Map([
  [Op['i8x16.splat'], 1],
  [Op['i16x8.splat'], 2],
  [Op['i32x4.splat'], 4],
  [Op['i64x2.splat'], 8],
  [Op['f32x4.splat'], 4],
  [Op['f64x2.splat'], 8],
]);

/** A splat of a constant while it is made. */
const splatted = new Uint8Array(vectorSize);

export function v128Const(t: Translator): void {
  const { ir, reader } = t;
  const index = ir.pushVector(reader.bytes, reader.position);
  reader.position += vectorSize;
  t.push(ir.newConstant(VType.v128, index, 0));
}

/** Two operands; the immediate is the index of the lane numbers in the function's vectors. */
export function shuffle(t: Translator, opcode: number): void {
  const { ir, reader } = t;
  const index = ir.pushVector(reader.bytes, reader.position);
  reader.position += vectorSize;
  const b = t.pop();
  const a = t.pop();
  t.push(t.define(opcode, VType.v128, a, b, -1, index));
}

/** A splat: of a constant it is a constant. */
export function splat(t: Translator, opcode: number): void {
  const { ir } = t;
  const top = t.height - 1;
  const value = t.stack[top];
  if (ir.isConstant[value] === 0) {
    t.stack[top] = t.define(opcode, VType.v128, value, -1, -1, 0);
    return;
  }
  const size = laneSizes.get(opcode) ?? 0;
  for (let k = 0; k < vectorSize; k++) {
    const at = k % size;
    splatted[k] = (at < 4 ? ir.low[value] : ir.high[value]) >> (8 * (at & 3));
  }
  t.stack[top] = ir.newConstant(VType.v128, ir.pushVector(splatted, 0), 0);
}

/** `extract_lane` or `replace_lane`: one operand or two, and a lane. */
export function laneOperator(t: Translator, opcode: number): void {
  const lane = t.reader.u8();
  const b = operandCount[opcode] === 2 ? t.pop() : -1;
  const a = t.pop();
  t.push(t.define(opcode, opResultType[opcode] as VType, a, b, -1, lane));
}

/** A scalar load and a splat. */
function loadSplat(scalar: Mnemonic, splat: Mnemonic): Handler {
  return (t) => {
    load(t, Op[scalar]);
    t.push(t.define(Op[splat], VType.v128, t.pop(), -1, -1, 0));
  };
}

/** A scalar load, and a lane of the vector replaced by it. */
function loadLane(scalar: Mnemonic, replace: Mnemonic): Handler {
  return (t) => {
    const vector = t.pop();
    load(t, Op[scalar]);
    const value = t.pop();
    t.push(t.define(Op[replace], VType.v128, vector, value, -1, t.reader.u8()));
  };
}

/** A lane of the vector, and a scalar store of it: one after the other, so that they can become one. */
function storeLane(scalar: Mnemonic, extract: Mnemonic): Handler {
  return (t) => {
    const { reader } = t;
    const vector = t.pop();
    locateAccess(t, t.pop(), accessSize[Op[scalar]]);
    const lane = reader.u8();
    const value = t.define(Op[extract], opResultType[Op[extract]] as VType, vector, -1, -1, lane);
    t.ir.emit(Op[scalar], -1, located.address, located.base, value, located.offset);
  };
}

/** Handlers of accesses to lanes. Floats are loaded where the value then is in the right kind of register. */
export const laneAccesses: Readonly<Partial<Record<Mnemonic, Handler>>> = {
  'v128.load8_splat': loadSplat('i32.load8_u', 'i8x16.splat'),
  'v128.load16_splat': loadSplat('i32.load16_u', 'i16x8.splat'),
  'v128.load32_splat': loadSplat('f32.load', 'f32x4.splat'),
  'v128.load64_splat': loadSplat('f64.load', 'f64x2.splat'),
  'v128.load8_lane': loadLane('i32.load8_u', 'i8x16.replace_lane'),
  'v128.load16_lane': loadLane('i32.load16_u', 'i16x8.replace_lane'),
  'v128.load32_lane': loadLane('i32.load', 'i32x4.replace_lane'),
  'v128.load64_lane': loadLane('i64.load', 'i64x2.replace_lane'),
  'v128.store8_lane': storeLane('i32.store8', 'i8x16.extract_lane_u'),
  'v128.store16_lane': storeLane('i32.store16', 'i16x8.extract_lane_u'),
  'v128.store32_lane': storeLane('i32.store', 'i32x4.extract_lane'),
  'v128.store64_lane': storeLane('i64.store', 'i64x2.extract_lane'),
};

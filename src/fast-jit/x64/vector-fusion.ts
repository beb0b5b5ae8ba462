import type { IrFunction } from '../../ir/function.js';
import { Op, opCount } from '../../ir/ops.js';
import type { Mnemonic } from '../../wasm/opcodes.js';
import type { CpuFeatures } from '../../x64/cpu-features.js';
import { FirstFromMemory, SecondFromMemory } from './operation-facts.js';
import { isVectorTest, laneBits, testedLanes, twiceExtending } from './vector-facts.js';
import { isRotatingShift, isRotation } from './vector-rotate.js';
import {
  binaryRows,
  lowerHalfRows,
  multiplyAddRows,
  type Order,
  orderedComparisonRows,
  unaryRows,
} from './vector-rows.js';

/** The third operand can come from memory: `FirstFromMemory` and `SecondFromMemory` go on. */
const ThirdFromMemory = 4;

/** What a load brings, by how an instruction can take it from memory: a set of these bits. */
const Loaded = {
  /** 16 bytes. Only AVX takes them from anywhere. */
  vector: 1,
  /** 8 bytes in the lower half, zeros above. */
  lowerHalf: 2,
  i8: 4,
  i16: 8,
  i32: 16,
  i64: 32,
  f32: 64,
  f64: 128,
} as const;

const loaded = new Uint8Array(opCount);
for (const [name, kind] of [
  ['v128.load', Loaded.vector],
  ['field.load_v128', Loaded.vector],
  ['v128.load64_zero', Loaded.lowerHalf],
  ['i32.load8_u', Loaded.i8],
  ['i32.load8_s', Loaded.i8],
  ['i32.load16_u', Loaded.i16],
  ['i32.load16_s', Loaded.i16],
  ['i32.load', Loaded.i32],
  ['i64.load', Loaded.i64],
  ['f32.load', Loaded.f32],
  ['f64.load', Loaded.f64],
] as const) {
  loaded[Op[name]] = kind;
}

/** Loads that an operation can make itself, and for which operands. */
const taken = new Uint8Array(opCount);
const operands = new Uint8Array(opCount);
/** 1 for those that take a broadcast's byte or word: AVX2 only. */
const isBroadcast = new Uint8Array(opCount);

function take(name: Mnemonic, kinds: number, which: number): void {
  taken[Op[name]] = kinds;
  operands[Op[name]] = which;
}

const fromMemory: Readonly<Record<Order, number>> = {
  straight: SecondFromMemory,
  exchanged: FirstFromMemory,
  either: FirstFromMemory | SecondFromMemory,
};

for (const [name, , order = 'straight'] of binaryRows) take(name, Loaded.vector, fromMemory[order]);
for (const [name] of orderedComparisonRows) take(name, Loaded.vector, fromMemory.either);
for (const [name] of unaryRows) take(name, Loaded.vector, FirstFromMemory);
for (const [name] of lowerHalfRows) take(name, Loaded.lowerHalf, FirstFromMemory);
for (const { op } of multiplyAddRows) {
  take(op, Loaded.vector, FirstFromMemory | SecondFromMemory | ThirdFromMemory);
}
for (const [lanes, kind] of [
  ['i8x16', Loaded.i8],
  ['i16x8', Loaded.i16],
  ['i32x4', Loaded.i32],
  ['i64x2', Loaded.i64],
  ['f32x4', Loaded.f32],
  ['f64x2', Loaded.f64],
] as const) {
  take(`${lanes}.splat`, kind, FirstFromMemory);
  take(`${lanes}.replace_lane`, kind, SecondFromMemory);
  if (kind === Loaded.i8 || kind === Loaded.i16) isBroadcast[Op[`${lanes}.splat`]] = 1;
}
// The greater or less of two, and a comparison with it.
for (const lanes of ['i8x16', 'i16x8', 'i32x4'] as const) {
  for (const relation of ['lt_u', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u'] as const) {
    take(`${lanes}.${relation}`, Loaded.vector, SecondFromMemory);
  }
  take(`${lanes}.ne`, Loaded.vector, fromMemory.either);
}
take('i64x2.ne', Loaded.vector, fromMemory.either);

/** The store that takes a lane straight from its vector; 0 for other operations. */
const storedBy = new Uint16Array(opCount);
for (const [extract, store] of [
  ['i8x16.extract_lane_s', 'i32.store8'],
  ['i8x16.extract_lane_u', 'i32.store8'],
  ['i16x8.extract_lane_s', 'i32.store16'],
  ['i16x8.extract_lane_u', 'i32.store16'],
  ['i32x4.extract_lane', 'i32.store'],
  ['i64x2.extract_lane', 'i64.store'],
  ['f32x4.extract_lane', 'f32.store'],
  ['f64x2.extract_lane', 'f64.store'],
] as const) {
  storedBy[Op[extract]] = Op[store];
}

/** The comparison that a mask of sign bits can be made of instead; 0 for other operations. */
const unequalOf = new Uint16Array(opCount);
unequalOf[Op['i8x16.bitmask']] = Op['i8x16.ne'];
unequalOf[Op['i32x4.bitmask']] = Op['i32x4.ne'];
unequalOf[Op['i64x2.bitmask']] = Op['i64x2.ne'];

/**
 * `isFusible` where instruction `at` or the next one works on vectors: the value that `at` makes is read by
 * the next one only.
 */
export function isFusibleVector(ir: IrFunction, at: number, cpu: CpuFeatures): boolean {
  const op = ir.op[at];
  const user = ir.op[at + 1];
  const dst = ir.dst[at];
  if ((loaded[op] & taken[user]) !== 0) {
    if (loaded[op] === Loaded.vector && !cpu.avx) return false;
    // One instruction for the next two would not read, and not fault for, the upper 4 of 8 bytes.
    if (loaded[op] === Loaded.lowerHalf && extendsTwice(ir, at + 1)) return false;
    if (isBroadcast[user] === 1 && !cpu.avx2) return false;
    const which =
      ir.a[at + 1] === dst ? FirstFromMemory : ir.b[at + 1] === dst ? SecondFromMemory : ThirdFromMemory;
    if (which === ThirdFromMemory && !cpu.fma) return false;
    return (operands[user] & which) !== 0;
  }
  if (isRotatingShift(op)) return at > 0 && isRotation(ir, at - 1);
  if (twiceExtending(op, user) !== 0) return true;
  if (op === Op['v128.load32_zero']) {
    // The instruction reads no more than 4 bytes where the next two are one.
    return extendsTwice(ir, at + 1);
  }
  if (storedBy[op] !== 0) return storedBy[op] === user && ir.c[at + 1] === dst;
  if (isVectorTest(op)) {
    if (user === Op.br_if || user === Op.trap_if || user === Op['i32.eqz']) return true;
    return user === Op.select && ir.c[at + 1] === dst;
  }
  if (isVectorTest(user)) return isTestable(op, user);
  return unequalOf[user] !== 0 && unequalOf[user] === op;
}

/** True if an instruction and the next one become one that extends twice. */
function extendsTwice(ir: IrFunction, at: number): boolean {
  const dst = ir.dst[at];
  if (twiceExtending(ir.op[at], ir.op[at + 1]) === 0) return false;
  return ir.lastUse[dst] === at + 1 && ir.uses[dst] === 1 && ir.tracked[dst] < 0;
}

/** True for an operation that a test can make itself. */
function isTestable(op: number, test: number): boolean {
  const isUnequal =
    op === Op['i8x16.ne'] || op === Op['i16x8.ne'] || op === Op['i32x4.ne'] || op === Op['i64x2.ne'];
  if (testedLanes(test) === 0) return isUnequal || op === Op['v128.and'] || op === Op['v128.andnot'];
  const isEqual =
    op === Op['i8x16.eq'] || op === Op['i16x8.eq'] || op === Op['i32x4.eq'] || op === Op['i64x2.eq'];
  return (isEqual || isUnequal) && testedLanes(test) <= laneBits(op);
}

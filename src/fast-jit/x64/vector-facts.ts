import { Op, opCount } from '../../ir/ops.js';
import { opcodes } from '../../wasm/opcodes.js';
import { twiceExtendedRows } from './vector-rows.js';

/*
 * What names of vector operators say: the lanes that comparisons and tests work on.
 */

const comparison = /^[if](\d+)x\d+\.(?:eq|ne|[lg][te])(?:_[su])?$/;
const allTrue = /^i(\d+)x\d+\.all_true$/;

const compared = new Uint8Array(opCount);
const tested = new Uint8Array(opCount);
for (const { code, mnemonic } of opcodes) {
  compared[code] = Number(comparison.exec(mnemonic)?.[1] ?? 0);
  tested[code] = Number(allTrue.exec(mnemonic)?.[1] ?? 0);
}

/** Bits of a lane of a comparison of lanes; 0 for other operations. */
export function laneBits(op: number): number {
  return compared[op];
}

/** Bits of a lane where all lanes are tested, 0 where all bits are. */
export function testedLanes(op: number): number {
  return tested[op];
}

/** The instruction that extends twice, by first and second operation; 0 where there is none. */
const twice = new Map<number, number>();
for (const [first, second, id] of twiceExtendedRows) twice.set(Op[first] * opCount + Op[second], id);

/**
 * The instruction that does two operations in a row, each of which extends the lower lanes; 0 if there is
 * none.
 */
export function twiceExtending(first: number, second: number): number {
  return twice.get(first * opCount + second) ?? 0;
}

/** True for `any_true` and `all_true`. */
export function isVectorTest(op: number): boolean {
  return op === Op['v128.any_true'] || tested[op] !== 0;
}

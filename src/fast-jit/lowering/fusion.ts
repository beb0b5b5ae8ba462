import type { IrFunction } from '../../ir/function.js';
import { Op, opCount, VType } from '../../ir/ops.js';
import { Op as WasmOp } from '../../wasm/opcodes.js';
import { comparesInMemory, isComparison, isZeroTest, yieldsCondition } from './conditions.js';

/** Class of the value that a load brings where instructions can take it straight from memory, else 0xff. */
const memoryOperand = new Uint8Array(opCount).fill(0xff);
memoryOperand[WasmOp['i32.load']] = VType.i32;
memoryOperand[WasmOp['i64.load']] = VType.i64;
memoryOperand[WasmOp['f32.load']] = VType.f32;
memoryOperand[WasmOp['f64.load']] = VType.f64;
memoryOperand[Op['field.load32']] = VType.i32;
memoryOperand[Op['field.load64']] = VType.i64;
memoryOperand[Op['field.load_f32']] = VType.f32;
memoryOperand[Op['field.load_f64']] = VType.f64;

/** How an operation takes an operand from memory: 0 not at all, 1 as its second, 2 as either. */
const takesMemory = new Uint8Array(opCount);
for (const type of ['i32', 'i64'] as const) {
  takesMemory[WasmOp[`${type}.sub`]] = 1;
  for (const name of ['add', 'mul', 'and', 'or', 'xor'] as const) takesMemory[WasmOp[`${type}.${name}`]] = 2;
}
for (const type of ['f32', 'f64'] as const) {
  takesMemory[WasmOp[`${type}.sub`]] = 1;
  takesMemory[WasmOp[`${type}.div`]] = 1;
  takesMemory[WasmOp[`${type}.add`]] = 2;
  takesMemory[WasmOp[`${type}.mul`]] = 2;
}

/** 1 for the operations for which `isFusible` is worth asking. */
export const mayFuse = new Uint8Array(opCount);
for (let op = 0; op < opCount; op++) {
  const isShift = op === WasmOp['i32.shl'] || op === WasmOp['i64.shl'];
  mayFuse[op] = yieldsCondition(op) || memoryOperand[op] !== 0xff || isShift ? 1 : 0;
}

/**
 * True if instruction `at` emits nothing itself because the next one takes its effect over: a comparison goes into the
 * branch, trap or select behind it, a load into the operator, a small shift into the addition. The next instruction
 * must be the value's only reader.
 */
export function isFusible(ir: IrFunction, at: number): boolean {
  const next = at + 1;
  const dst = ir.dst[at];
  if (dst < 0 || ir.lastUse[dst] !== next || ir.uses[dst] !== 1 || ir.tracked[dst] >= 0) return false;
  const op = ir.op[at];
  const user = ir.op[next];
  if (yieldsCondition(op)) {
    if (user === Op.br_if || user === Op.trap_if) return true;
    if (user === Op.select) return ir.c[next] === dst;
    if (isZeroTest(user)) return isFusible(ir, next);
    if (op !== WasmOp['i32.and'] && op !== WasmOp['i64.and']) return false;
  }
  const isSecond = ir.b[next] === dst;
  if (memoryOperand[op] !== 0xff) {
    if (memoryOperand[op] !== ir.vtype[ir.a[next]]) return false;
    if (isComparison(user)) return comparesInMemory(user, isSecond);
    return takesMemory[user] === 2 || (takesMemory[user] === 1 && isSecond);
  }
  if (op === WasmOp['i32.shl'] || op === WasmOp['i64.shl']) {
    const wanted = op === WasmOp['i32.shl'] ? WasmOp['i32.add'] : WasmOp['i64.add'];
    const count = ir.b[at];
    return user === wanted && ir.isConstant[count] === 1 && ir.low[count] >= 1 && ir.low[count] <= 3;
  }
  return false;
}

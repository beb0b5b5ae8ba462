import type { Address } from '../../native/ffi/ffi.js';
import type { ConstExpr, ConstInstr } from '../../wasm/module.js';

/** What constant expressions refer to: the instance they are evaluated for. */
export interface ConstContext {
  /** The bits of a global that already has its value. */
  globalBits(index: number): bigint;
  /** Address of a function's record. */
  record(index: number): Address;
}

/**
 * Evaluates a constant expression (spec 2.0, section 4.4.9, and the extended-const proposal; any globals
 * before it as in spec 3.0).
 *
 * @returns the bits of the value, unsigned: 32 of them for i32 and f32, 128 for v128, else 64
 */
export function evaluateConst(expr: ConstExpr, context: ConstContext): bigint {
  const stack: bigint[] = [];
  for (const instr of expr) {
    const right = isBinary(instr) ? (stack.pop() ?? 0n) : 0n;
    const left = isBinary(instr) ? (stack.pop() ?? 0n) : 0n;
    stack.push(evaluateInstr(instr, left, right, context));
  }
  return stack.pop() ?? 0n;
}

/** Evaluates the offset of a segment: an i32, taken as unsigned. */
export function evaluateOffset(expr: ConstExpr, context: ConstContext): number {
  const [first] = expr;
  if (expr.length === 1 && first.op === 'i32.const') return first.value >>> 0;
  return Number(evaluateConst(expr, context));
}

/** Evaluates the initial value of a table element: a function record's address or an externref's handle. */
export function evaluateReference(expr: ConstExpr, context: ConstContext): Address {
  const [first] = expr;
  if (expr.length === 1 && first.op === 'ref.func') return context.record(first.index);
  return Number(evaluateConst(expr, context));
}

function isBinary({ op }: ConstInstr): boolean {
  return op.endsWith('.add') || op.endsWith('.sub') || op.endsWith('.mul');
}

function evaluateInstr(instr: ConstInstr, left: bigint, right: bigint, context: ConstContext): bigint {
  switch (instr.op) {
    case 'i32.const':
      return BigInt(instr.value >>> 0);
    case 'i64.const':
      return BigInt.asUintN(64, instr.value);
    case 'f32.const':
      return BigInt(instr.bits >>> 0);
    case 'f64.const':
      return BigInt.asUintN(64, instr.bits);
    case 'v128.const':
      return BigInt(`0x${Buffer.from(instr.bytes).reverse().toString('hex')}`);
    case 'global.get':
      return context.globalBits(instr.index);
    case 'ref.null':
      return 0n;
    case 'ref.func':
      return BigInt(context.record(instr.index));
    case 'i32.add':
      return BigInt.asUintN(32, left + right);
    case 'i32.sub':
      return BigInt.asUintN(32, left - right);
    case 'i32.mul':
      return BigInt.asUintN(32, left * right);
    case 'i64.add':
      return BigInt.asUintN(64, left + right);
    case 'i64.sub':
      return BigInt.asUintN(64, left - right);
    case 'i64.mul':
      return BigInt.asUintN(64, left * right);
  }
}

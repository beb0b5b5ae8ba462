import { readHeapType, type TypeIds } from './decode-types.js';
import { type CompileError, invalid, malformed } from './errors.js';
import { skipImmediates } from './instructions.js';
import { type ConstExpr, type ConstInstr, type ConstOperator, constOperators } from './module.js';
import {
  closesBlock,
  isOpcode,
  isPrefix,
  mnemonic,
  Opcode,
  opensBlock,
  Prefix,
  prefixedOpcode,
} from './opcodes.js';
import type { Reader } from './reader.js';
import { illegalOpcode } from './unsupported.js';

const operators: ReadonlyMap<number, ConstOperator> = new Map(
  constOperators.map((name) => [Opcode[name], name]),
);

/** Reads a constant expression and its `end` (spec 3.0, sections 5.4.9 and 3.4.14). */
export function readConstExpr(reader: Reader, ids: TypeIds): ConstExpr {
  const expr: ConstInstr[] = [];
  for (;;) {
    const at = reader.pos;
    const code = reader.u8();
    switch (code) {
      case Opcode.end:
        return expr;
      case Opcode['i32.const']:
        expr.push({ op: 'i32.const', value: reader.s32() });
        break;
      case Opcode['i64.const']:
        expr.push({ op: 'i64.const', value: reader.s64() });
        break;
      case Opcode['f32.const']:
        expr.push({ op: 'f32.const', bits: reader.u32Bits() });
        break;
      case Opcode['f64.const']:
        expr.push({ op: 'f64.const', bits: reader.u64Bits() });
        break;
      case Opcode['global.get']:
        expr.push({ op: 'global.get', index: reader.u32() });
        break;
      case Opcode['ref.null']:
        expr.push({ op: 'ref.null', type: readHeapType(reader, ids) });
        break;
      case Opcode['ref.func']:
        expr.push({ op: 'ref.func', index: reader.u32() });
        break;
      default: {
        const operator = operators.get(code);
        const opcode = isPrefix[code] === 1 ? prefixedOpcode(code, reader.u32()) : code;
        if (operator !== undefined) expr.push({ op: operator });
        else if (opcode === Opcode['v128.const']) expr.push(readVectorConstant(reader));
        else throw notConstant(reader, opcode, at);
      }
    }
  }
}

/** Reads `i32.const` and `end`, as an unsigned number; if it is another expression, reads nothing. */
export function readI32Constant(reader: Reader): number | undefined {
  const start = reader.pos;
  if (reader.u8() === Opcode['i32.const']) {
    const value = reader.s32();
    if (reader.u8() === Opcode.end) return value >>> 0;
  }
  reader.pos = start;
  return undefined;
}

/** Reads `v128.const` after its opcode. */
function readVectorConstant(reader: Reader): ConstInstr {
  const start = reader.pos;
  reader.skip(16);
  return { op: 'v128.const', bytes: reader.bytes.slice(start, reader.pos) };
}

/**
 * The error for an instruction in a constant expression that is not constant; the reader is after its opcode,
 * which is at offset `at`. What is malformed up to the expression's end matters more, and is thrown.
 */
function notConstant(reader: Reader, opcode: number, at: number): CompileError {
  // A missing `end` makes any byte appear here: only prefixes of instructions that can be constant hint at a
  // feature.
  if (opcode === Prefix.aggregate) return illegalOpcode(opcode, undefined, at);
  let next = opcode;
  let nextAt = at;
  for (let depth = 1; ; ) {
    if (isOpcode[next] === 0) return malformed(`illegal opcode 0x${next.toString(16)}`, nextAt);
    skipImmediates(reader, next);
    depth += opensBlock[next] - closesBlock[next];
    if (depth === 0) break;
    nextAt = reader.pos;
    next = reader.u8();
    if (isPrefix[next] === 1) next = prefixedOpcode(next, reader.u32());
  }
  return invalid(`constant expression required, found ${mnemonic(opcode)}`, at);
}

import { readHeapType } from './decode-types.js';
import { type CompileError, invalid, malformed } from './errors.js';
import { type ConstExpr, type ConstInstr, type ConstOperator, constOperators } from './module.js';
import { isOpcode, isPrefix, mnemonic, Opcode, Prefix, prefixedOpcode } from './opcodes.js';
import type { Reader } from './reader.js';
import { illegalOpcode } from './unsupported.js';

const operators: ReadonlyMap<number, ConstOperator> = new Map(
  constOperators.map((name) => [Opcode[name], name]),
);

/** Reads a constant expression and its `end` (spec 2.0, sections 5.4.9 and 3.3.10; extended-const). */
export function readConstExpr(reader: Reader): ConstExpr {
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
        expr.push({ op: 'ref.null', type: readHeapType(reader) });
        break;
      case Opcode['ref.func']:
        expr.push({ op: 'ref.func', index: reader.u32() });
        break;
      default: {
        const operator = operators.get(code);
        if (operator === undefined) throw notConstant(reader, code, at);
        expr.push({ op: operator });
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

function notConstant(reader: Reader, byte: number, at: number): CompileError {
  const opcode = isPrefix[byte] === 1 ? prefixedOpcode(byte, reader.u32()) : byte;
  if (isOpcode[opcode] === 1) {
    return invalid(`constant expression required, found ${mnemonic(opcode)}`, at);
  }
  // A missing `end` makes any byte appear here: only prefixes of instructions that can be constant hint at a
  // feature.
  if (byte === Prefix.vector || byte === Prefix.aggregate) return illegalOpcode(byte, undefined, at);
  return malformed(`illegal opcode 0x${byte.toString(16)}`, at);
}

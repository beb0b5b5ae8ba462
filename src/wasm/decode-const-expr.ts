import { readHeapType, type TypeIds } from './decode-types.js';
import { type CompileError, invalid, malformed } from './errors.js';
import { readSubOpcode } from './instructions.js';
import { type ConstExpr, type ConstInstr, type ConstOperator, constOperators } from './module.js';
import { isOpcode, isPrefix, mnemonic, Opcode, Prefix, prefixedOpcode } from './opcodes.js';
import type { Reader } from './reader.js';
import { illegalOpcode } from './unsupported.js';

const operators: ReadonlyMap<number, ConstOperator> = new Map(
  constOperators.map((name) => [Opcode[name], name]),
);

/** Reads a constant expression and its `end` (spec 2.0, sections 5.4.9 and 3.3.10; extended-const). */
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
      case Prefix.vector:
        expr.push(readVectorConstant(reader, at));
        break;
      default: {
        const operator = operators.get(code);
        if (operator === undefined)
          throw notConstant(isPrefix[code] === 1 ? prefixedOpcode(code, reader.u32()) : code, at);
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

/** Reads `v128.const` from its sub-opcode on; its prefix is at offset `at`. */
function readVectorConstant(reader: Reader, at: number): ConstInstr {
  const opcode = readSubOpcode(reader, Prefix.vector, at);
  if (opcode !== Opcode['v128.const']) throw notConstant(opcode, at);
  const start = reader.pos;
  reader.skip(16);
  return { op: 'v128.const', bytes: reader.bytes.slice(start, reader.pos) };
}

function notConstant(opcode: number, at: number): CompileError {
  if (isOpcode[opcode] === 1) {
    return invalid(`constant expression required, found ${mnemonic(opcode)}`, at);
  }
  // A missing `end` makes any byte appear here: only prefixes of instructions that can be constant hint at a
  // feature.
  if (opcode === Prefix.aggregate) return illegalOpcode(opcode, undefined, at);
  return malformed(`illegal opcode 0x${opcode.toString(16)}`, at);
}

import { readHeapType } from './decode-types.js';
import type { CompileError } from './errors.js';
import { invalid, malformed } from './errors.js';
import type { ConstExpr, ConstInstr } from './module.js';
import { isOpcode, mnemonic, Op, opcodeIndex } from './opcodes.js';
import type { Reader } from './reader.js';
import { illegalOpcode } from './unsupported.js';

/** Reads a constant expression and its `end` (spec 2.0, sections 5.4.9 and 3.3.10; extended-const). */
export function readConstExpr(reader: Reader): ConstExpr {
  const expr: ConstInstr[] = [];
  for (;;) {
    const at = reader.pos;
    const code = reader.u8();
    switch (code) {
      case Op.end:
        return expr;
      case Op['i32.const']:
        expr.push({ op: 'i32.const', value: reader.s32() });
        break;
      case Op['i64.const']:
        expr.push({ op: 'i64.const', value: reader.s64() });
        break;
      case Op['f32.const']:
        expr.push({ op: 'f32.const', bits: reader.u32Bits() });
        break;
      case Op['f64.const']:
        expr.push({ op: 'f64.const', bits: reader.u64Bits() });
        break;
      case Op['global.get']:
        expr.push({ op: 'global.get', index: reader.u32() });
        break;
      case Op['ref.null']:
        expr.push({ op: 'ref.null', type: readHeapType(reader) });
        break;
      case Op['ref.func']:
        expr.push({ op: 'ref.func', index: reader.u32() });
        break;
      case Op['i32.add']:
        expr.push({ op: 'i32.add' });
        break;
      case Op['i32.sub']:
        expr.push({ op: 'i32.sub' });
        break;
      case Op['i32.mul']:
        expr.push({ op: 'i32.mul' });
        break;
      case Op['i64.add']:
        expr.push({ op: 'i64.add' });
        break;
      case Op['i64.sub']:
        expr.push({ op: 'i64.sub' });
        break;
      case Op['i64.mul']:
        expr.push({ op: 'i64.mul' });
        break;
      default:
        throw notConstant(reader, code, at);
    }
  }
}

/** Reads `i32.const` and `end`, as an unsigned number; if it is another expression, reads nothing. */
export function readI32Constant(reader: Reader): number | undefined {
  const start = reader.pos;
  if (reader.u8() === Op['i32.const']) {
    const value = reader.s32();
    if (reader.u8() === Op.end) return value >>> 0;
  }
  reader.pos = start;
  return undefined;
}

const miscPrefix = 0xfc;
const vectorPrefix = 0xfd;
const aggregatePrefix = 0xfb;

function notConstant(reader: Reader, byte: number, at: number): CompileError {
  const code = byte === miscPrefix ? (byte << 8) | (reader.u32() & 0xff) : byte;
  if (isOpcode[opcodeIndex(code)] === 1) {
    return invalid(`constant expression required, found ${mnemonic(code)}`, at);
  }
  // A missing `end` makes any byte appear here: only prefixes of instructions that can be constant hint at a feature.
  if (byte === vectorPrefix || byte === aggregatePrefix) return illegalOpcode(byte, undefined, at);
  return malformed(`illegal opcode 0x${byte.toString(16)}`, at);
}

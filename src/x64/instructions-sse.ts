import { map0F, map0F3A, prefix66, prefixF2, prefixF3, wideBit } from './encoding.js';
import { define, needs, type RegisterClass } from './instruction-forms.js';

/** Prefix and memory width of the four types of operands that SSE opcodes come with. */
const typePrefix = { ss: prefixF3, sd: prefixF2, ps: 0, pd: prefix66 } as const;
const typeBits = { ss: 32, sd: 64, ps: 128, pd: 128 } as const;
type OperandType = keyof typeof typePrefix;

/** xmm, xmm/m: `name` followed by the operand type. */
function float(name: string, type: OperandType, opcode: number): number {
  return define(name + type, 'xmm', 'xmm', { rm: typePrefix[type] | map0F | opcode }, typeBits[type]);
}

/** Between float types: the prefix is that of the source. */
function convertFloat(mnemonic: string, source: OperandType): number {
  return define(mnemonic, 'xmm', 'xmm', { rm: typePrefix[source] | map0F | 0x5a }, typeBits[source]);
}

/** Load, store and copy. */
function move(name: string, type: OperandType, loadOpcode: number, storeOpcode: number): number {
  const encoding = typePrefix[type] | map0F;
  return define(
    name + type,
    'xmm',
    'xmm',
    { rm: encoding | loadOpcode, mr: encoding | storeOpcode },
    typeBits[type],
  );
}

/** xmm, xmm/m, immediate byte. */
function withImmediate(mnemonic: string, encoding: number, memoryBits: number): number {
  return define(mnemonic, 'xmm', 'xmm', { rmi8: encoding }, memoryBits);
}

/** Conversions between register classes; `memoryBits` is the width of the source in memory. */
function convert(
  mnemonic: string,
  to: RegisterClass,
  from: RegisterClass,
  encoding: number,
  memoryBits: number,
): number {
  return define(mnemonic, to, from, { rm: map0F | encoding }, memoryBits);
}

/** Moves of SSE, and its operations on single floats, with rounding from SSE4.1. */
export const sseInstructions = {
  /** Between registers these two keep the upper bits of the destination; loads clear them. */
  movss: move('mov', 'ss', 0x10, 0x11),
  movsd: move('mov', 'sd', 0x10, 0x11),
  movaps: move('mova', 'ps', 0x28, 0x29),
  movapd: move('mova', 'pd', 0x28, 0x29),
  movups: move('movu', 'ps', 0x10, 0x11),
  /** xmm from general register or memory; clears the upper bits. */
  movd_xr: define('movd', 'xmm', 'r32', { rm: prefix66 | map0F | 0x6e }),
  movq_xr: define('movq', 'xmm', 'r64', { rm: prefix66 | wideBit | map0F | 0x6e }),
  /** General register or memory from xmm. */
  movd_rx: define('movd', 'xmm', 'r32', { mr: prefix66 | map0F | 0x7e }),
  movq_rx: define('movq', 'xmm', 'r64', { mr: prefix66 | wideBit | map0F | 0x7e }),

  addss: float('add', 'ss', 0x58),
  addsd: float('add', 'sd', 0x58),
  mulss: float('mul', 'ss', 0x59),
  mulsd: float('mul', 'sd', 0x59),
  subss: float('sub', 'ss', 0x5c),
  subsd: float('sub', 'sd', 0x5c),
  minss: float('min', 'ss', 0x5d),
  minsd: float('min', 'sd', 0x5d),
  divss: float('div', 'ss', 0x5e),
  divsd: float('div', 'sd', 0x5e),
  maxss: float('max', 'ss', 0x5f),
  maxsd: float('max', 'sd', 0x5f),
  sqrtss: float('sqrt', 'ss', 0x51),
  sqrtsd: float('sqrt', 'sd', 0x51),
  /** Writes ZF, PF and CF; see `Condition`. */
  ucomiss: define('ucomiss', 'xmm', 'xmm', { rm: map0F | 0x2e }, 32),
  ucomisd: define('ucomisd', 'xmm', 'xmm', { rm: prefix66 | map0F | 0x2e }, 64),
  /** All ones or zero by predicate: 0 eq, 1 lt, 2 le, 3 unordered, 4 neq, 5 nlt, 6 nle, 7 ordered. */
  cmpss: withImmediate('cmpss', prefixF3 | map0F | 0xc2, 32),
  cmpsd: withImmediate('cmpsd', prefixF2 | map0F | 0xc2, 64),
  /** Rounding mode: 0 nearest even, 1 down, 2 up, 3 toward zero; + 8: no precision exception. */
  roundss: needs('sse41', withImmediate('roundss', prefix66 | map0F3A | 0x0a, 32)),
  roundsd: needs('sse41', withImmediate('roundsd', prefix66 | map0F3A | 0x0b, 64)),

  /** Integers to floats; the upper bits of the destination stay. */
  cvtsi2ss32: convert('cvtsi2ss', 'xmm', 'r32', prefixF3 | 0x2a, 32),
  cvtsi2ss64: convert('cvtsi2ss', 'xmm', 'r64', prefixF3 | wideBit | 0x2a, 64),
  cvtsi2sd32: convert('cvtsi2sd', 'xmm', 'r32', prefixF2 | 0x2a, 32),
  cvtsi2sd64: convert('cvtsi2sd', 'xmm', 'r64', prefixF2 | wideBit | 0x2a, 64),
  /** Floats to signed integers toward zero; out of range: the least integer. */
  cvttss2si32: convert('cvttss2si', 'r32', 'xmm', prefixF3 | 0x2c, 32),
  cvttss2si64: convert('cvttss2si', 'r64', 'xmm', prefixF3 | wideBit | 0x2c, 32),
  cvttsd2si32: convert('cvttsd2si', 'r32', 'xmm', prefixF2 | 0x2c, 64),
  cvttsd2si64: convert('cvttsd2si', 'r64', 'xmm', prefixF2 | wideBit | 0x2c, 64),
  cvtss2sd: convertFloat('cvtss2sd', 'ss'),
  cvtsd2ss: convertFloat('cvtsd2ss', 'sd'),
} as const;

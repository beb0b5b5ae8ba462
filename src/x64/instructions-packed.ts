import { digit, map0F, map0F3A, map0F38, prefix66, prefixF2, prefixF3, wideBit } from './encoding.js';
import { define, needs, packed, type RegisterClass, type Sources } from './instruction-forms.js';

/** Packed integers of SSE2: dst = a op b. */
function integers(mnemonic: string, opcode: number): number {
  return packed(2, define(mnemonic, 'xmm', 'xmm', { rm: prefix66 | map0F | opcode }));
}

/** The same of SSSE3 and SSE4.1. */
function later(mnemonic: string, opcode: number, sources: Sources = 2): number {
  const id = define(mnemonic, 'xmm', 'xmm', { rm: prefix66 | map0F38 | opcode });
  return needs('sse41', packed(sources, id));
}

/** Of SSSE3 and SSE4.1, with an immediate byte. */
function laterWithImmediate(mnemonic: string, opcode: number): number {
  const id = define(mnemonic, 'xmm', 'xmm', { rmi8: prefix66 | map0F3A | opcode });
  return needs('sse41', packed(2, id));
}

/** Shift of all elements: by what the lower half of b holds (`packed`), or by a constant (`packedShift`). */
function shift(mnemonic: string, opcode: number, constantOpcode: number, number: number): number {
  return packed(
    2,
    define(mnemonic, 'xmm', 'xmm', {
      rm: prefix66 | map0F | opcode,
      ri8: prefix66 | map0F | constantOpcode | digit(number),
    }),
  );
}

/** Shift of all 16 bytes by a constant number of bytes. */
function shiftBytes(mnemonic: string, number: number): number {
  return define(mnemonic, 'xmm', 'xmm', { ri8: prefix66 | map0F | 0x73 | digit(number) });
}

/** Extension of as many elements as there is room for; in memory these are all that is read. */
function extend(mnemonic: string, opcode: number, memoryBits: number): number {
  const id = define(mnemonic, 'xmm', 'xmm', { rm: prefix66 | map0F38 | opcode }, memoryBits);
  return needs('sse41', packed(1, id));
}

/** dst = a's elements in another order, by an immediate. */
function permute(mnemonic: string, prefix: number): number {
  return packed(1, define(mnemonic, 'xmm', 'xmm', { rmi8: prefix | map0F | 0x70 }, 128));
}

/** SSE4.1's choice between two operands, by xmm0: dst = xmm0's sign bit is set ? b : dst. */
function blendBySign(mnemonic: string, opcode: number): number {
  return needs('sse41', define(mnemonic, 'xmm', 'xmm', { rm: prefix66 | map0F38 | opcode }));
}

/** dst = a with one element from a general register or memory, at an immediate index. */
function insert(mnemonic: string, from: RegisterClass, encoding: number, memoryBits: number): number {
  return packed(2, define(mnemonic, 'xmm', from, { rmi8: prefix66 | encoding }, memoryBits));
}

/** One element to a general register (upper bits are cleared) or memory, at an immediate index. */
function extract(mnemonic: string, to: RegisterClass, encoding: number, memoryBits: number): number {
  return needs('sse41', define(mnemonic, 'xmm', to, { mri8: prefix66 | map0F3A | encoding }, memoryBits));
}

/**
 * Packed integers of SSE2, SSSE3 and SSE4.1. They are for the assembler's methods `packed…`, which take the
 * form of AVX where the processor has it, unless something else is said.
 */
export const packedInstructions = {
  paddb: integers('paddb', 0xfc),
  paddw: integers('paddw', 0xfd),
  paddd: integers('paddd', 0xfe),
  paddq: integers('paddq', 0xd4),
  psubb: integers('psubb', 0xf8),
  psubw: integers('psubw', 0xf9),
  psubd: integers('psubd', 0xfa),
  psubq: integers('psubq', 0xfb),
  /** Saturating, signed and unsigned. */
  paddsb: integers('paddsb', 0xec),
  paddsw: integers('paddsw', 0xed),
  paddusb: integers('paddusb', 0xdc),
  paddusw: integers('paddusw', 0xdd),
  psubsb: integers('psubsb', 0xe8),
  psubsw: integers('psubsw', 0xe9),
  psubusb: integers('psubusb', 0xd8),
  psubusw: integers('psubusw', 0xd9),
  /** Lower halves of products. */
  pmullw: integers('pmullw', 0xd5),
  pmulld: later('pmulld', 0x40),
  /** Upper halves of products of 16 bits, signed and unsigned. */
  pmulhw: integers('pmulhw', 0xe5),
  pmulhuw: integers('pmulhuw', 0xe4),
  /** Signed product of 16 bits, >> 15, rounded. */
  pmulhrsw: later('pmulhrsw', 0x0b),
  /** Products of the even 32-bit elements, as 64 bits. */
  pmuludq: integers('pmuludq', 0xf4),
  pmuldq: later('pmuldq', 0x28),
  /** Sums of two neighbours' products: signed 16 bits; a's unsigned bytes with b's signed ones, saturated. */
  pmaddwd: integers('pmaddwd', 0xf5),
  pmaddubsw: later('pmaddubsw', 0x04),
  /** Mean, rounded up, unsigned. */
  pavgb: integers('pavgb', 0xe0),
  pavgw: integers('pavgw', 0xe3),
  pminub: integers('pminub', 0xda),
  pmaxub: integers('pmaxub', 0xde),
  pminsw: integers('pminsw', 0xea),
  pmaxsw: integers('pmaxsw', 0xee),
  pminsb: later('pminsb', 0x38),
  pmaxsb: later('pmaxsb', 0x3c),
  pminuw: later('pminuw', 0x3a),
  pmaxuw: later('pmaxuw', 0x3e),
  pminsd: later('pminsd', 0x39),
  pmaxsd: later('pmaxsd', 0x3d),
  pminud: later('pminud', 0x3b),
  pmaxud: later('pmaxud', 0x3f),
  /** One source. */
  pabsb: later('pabsb', 0x1c, 1),
  pabsw: later('pabsw', 0x1d, 1),
  pabsd: later('pabsd', 0x1e, 1),
  /** a with the sign of b: negated where b is negative, 0 where b is 0. */
  psignb: later('psignb', 0x08),
  psignw: later('psignw', 0x09),
  psignd: later('psignd', 0x0a),

  pand: integers('pand', 0xdb),
  /** ~a & b. */
  pandn: integers('pandn', 0xdf),
  por: integers('por', 0xeb),
  pxor: integers('pxor', 0xef),
  /** One source: ZF = all of a & b is 0, CF = all of ~a & b is 0. */
  ptest: later('ptest', 0x17, 1),
  /** All ones or zero. Greater: signed, a > b. */
  pcmpeqb: integers('pcmpeqb', 0x74),
  pcmpeqw: integers('pcmpeqw', 0x75),
  pcmpeqd: integers('pcmpeqd', 0x76),
  pcmpeqq: later('pcmpeqq', 0x29),
  pcmpgtb: integers('pcmpgtb', 0x64),
  pcmpgtw: integers('pcmpgtw', 0x65),
  pcmpgtd: integers('pcmpgtd', 0x66),

  psrlw: shift('psrlw', 0xd1, 0x71, 2),
  psrld: shift('psrld', 0xd2, 0x72, 2),
  psrlq: shift('psrlq', 0xd3, 0x73, 2),
  psraw: shift('psraw', 0xe1, 0x71, 4),
  psrad: shift('psrad', 0xe2, 0x72, 4),
  psllw: shift('psllw', 0xf1, 0x71, 6),
  pslld: shift('pslld', 0xf2, 0x72, 6),
  psllq: shift('psllq', 0xf3, 0x73, 6),
  psrldq: shiftBytes('psrldq', 3),
  pslldq: shiftBytes('pslldq', 7),

  /** a's elements narrowed, then b's: saturated to signed or unsigned ones. */
  packsswb: integers('packsswb', 0x63),
  packssdw: integers('packssdw', 0x6b),
  packuswb: integers('packuswb', 0x67),
  packusdw: later('packusdw', 0x2b),
  /** Elements of a and b in turn, from their lower or upper halves. */
  punpcklbw: integers('punpcklbw', 0x60),
  punpcklwd: integers('punpcklwd', 0x61),
  punpckldq: integers('punpckldq', 0x62),
  punpcklqdq: integers('punpcklqdq', 0x6c),
  punpckhbw: integers('punpckhbw', 0x68),
  punpckhwd: integers('punpckhwd', 0x69),
  punpckhdq: integers('punpckhdq', 0x6a),
  punpckhqdq: integers('punpckhqdq', 0x6d),
  /** a's bytes by b's indices: 0 where an index has bit 7 set, else a[index & 15]. */
  pshufb: later('pshufb', 0x00),
  /** One source and an immediate with two bits an element: of 32 bits; of 16 bits in one half. */
  pshufd: permute('pshufd', prefix66),
  pshuflw: permute('pshuflw', prefixF2),
  pshufhw: permute('pshufhw', prefixF3),
  /** The 16 bytes from byte `immediate` on of b followed by a (a is the upper half). */
  palignr: laterWithImmediate('palignr', 0x0f),
  /** Words from b where the immediate's bit is set, else from a. */
  pblendw: laterWithImmediate('pblendw', 0x0e),
  /** Bytes from rm where the sign bit in xmm0 is set; for `rr`, `rm`, `rl`. AVX: `vpblendvb`. */
  pblendvb: blendBySign('pblendvb', 0x10),
  /** The same for elements of 32 and 64 bits. */
  blendvps: blendBySign('blendvps', 0x14),
  blendvpd: blendBySign('blendvpd', 0x15),

  /** One source. */
  pmovsxbw: extend('pmovsxbw', 0x20, 64),
  pmovsxbd: extend('pmovsxbd', 0x21, 32),
  pmovsxbq: extend('pmovsxbq', 0x22, 16),
  pmovsxwd: extend('pmovsxwd', 0x23, 64),
  pmovsxwq: extend('pmovsxwq', 0x24, 32),
  pmovsxdq: extend('pmovsxdq', 0x25, 64),
  pmovzxbw: extend('pmovzxbw', 0x30, 64),
  pmovzxbd: extend('pmovzxbd', 0x31, 32),
  pmovzxbq: extend('pmovzxbq', 0x32, 16),
  pmovzxwd: extend('pmovzxwd', 0x33, 64),
  pmovzxwq: extend('pmovzxwq', 0x34, 32),
  pmovzxdq: extend('pmovzxdq', 0x35, 64),

  /** b is a general register or memory. */
  pinsrb: needs('sse41', insert('pinsrb', 'r32', map0F3A | 0x20, 8)),
  pinsrw: insert('pinsrw', 'r32', map0F | 0xc4, 16),
  pinsrd: needs('sse41', insert('pinsrd', 'r32', map0F3A | 0x22, 32)),
  pinsrq: needs('sse41', insert('pinsrq', 'r64', wideBit | map0F3A | 0x22, 64)),
  /** For `rri`, `mri` and `mrxi`. */
  pextrb: extract('pextrb', 'r32', 0x14, 8),
  pextrd: extract('pextrd', 'r32', 0x16, 32),
  pextrq: extract('pextrq', 'r64', wideBit | 0x16, 64),
  /** For `rri`; and `pextrw_m` for `mri` and `mrxi`. */
  pextrw: define('pextrw', 'r32', 'xmm', { rri8: prefix66 | map0F | 0xc5 }),
  pextrw_m: extract('pextrw', 'none', 0x15, 16),
  /** Sign bits of the bytes, the first in bit 0; for `rr`. */
  pmovmskb: define('pmovmskb', 'r32', 'xmm', { rr: prefix66 | map0F | 0xd7 }),

  /** Loads, copies and stores for `rm`, `rr`, `mr`. */
  movdqa: define('movdqa', 'xmm', 'xmm', { rm: prefix66 | map0F | 0x6f, mr: prefix66 | map0F | 0x7f }),
  movdqu: define('movdqu', 'xmm', 'xmm', { rm: prefixF3 | map0F | 0x6f, mr: prefixF3 | map0F | 0x7f }),
  /** One source; the upper half of the result is cleared. With `mr` and `mrx` it is a store. */
  movq: packed(
    1,
    define('movq', 'xmm', 'xmm', { rm: prefixF3 | map0F | 0x7e, mr: prefix66 | map0F | 0xd6 }, 64),
  ),
} as const;

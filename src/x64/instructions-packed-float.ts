import { map0F, map0F3A, prefix66, prefixF2, prefixF3 } from './encoding.js';
import { define, needs, packed, type Sources } from './instruction-forms.js';

/** The two types of elements by their suffix. */
const typePrefix = { ps: 0, pd: prefix66 } as const;
type ElementType = keyof typeof typePrefix;

/** `name` followed by the element type. */
function floats(name: string, type: ElementType, opcode: number, sources: Sources = 2): number {
  return packed(sources, define(name + type, 'xmm', 'xmm', { rm: typePrefix[type] | map0F | opcode }));
}

/** The same with an immediate byte. */
function withImmediate(name: string, type: ElementType, opcode: number): number {
  return packed(2, define(name + type, 'xmm', 'xmm', { rmi8: typePrefix[type] | map0F | opcode }));
}

/** Of SSE4.1, with an immediate byte. */
function later(mnemonic: string, opcode: number, sources: Sources, memoryBits = 128): number {
  const id = define(mnemonic, 'xmm', 'xmm', { rmi8: prefix66 | map0F3A | opcode }, memoryBits);
  return needs('sse41', packed(sources, id));
}

/** One source of another type. */
function convert(mnemonic: string, encoding: number, memoryBits = 128): number {
  return packed(1, define(mnemonic, 'xmm', 'xmm', { rm: map0F | encoding }, memoryBits));
}

/** SSE3's copies of elements within one source. */
function duplicate(mnemonic: string, encoding: number, memoryBits = 128): number {
  return needs('sse41', convert(mnemonic, encoding, memoryBits));
}

/**
 * Load of one half of a register, the other half is a's; and its store (`mr`, `mrx`). Between registers these
 * opcodes mean another instruction.
 */
function half(name: string, type: ElementType, opcode: number): number {
  const encoding = typePrefix[type] | map0F | opcode;
  return packed(2, define(name + type, 'xmm', 'none', { rm: encoding, mr: encoding + 1 }, 64));
}

function betweenHalves(mnemonic: string, opcode: number): number {
  return packed(2, define(mnemonic, 'xmm', 'xmm', { rr: map0F | opcode }));
}

/**
 * Packed floats of SSE to SSE4.1, and what moves their elements. They are for the assembler's methods
 * `packed…`, which take the form of AVX where the processor has it, unless something else is said.
 */
export const packedFloatInstructions = {
  addps: floats('add', 'ps', 0x58),
  addpd: floats('add', 'pd', 0x58),
  subps: floats('sub', 'ps', 0x5c),
  subpd: floats('sub', 'pd', 0x5c),
  mulps: floats('mul', 'ps', 0x59),
  mulpd: floats('mul', 'pd', 0x59),
  divps: floats('div', 'ps', 0x5e),
  divpd: floats('div', 'pd', 0x5e),
  /** a < b ? a : b, and a > b ? a : b: b where the two are equal or unordered. */
  minps: floats('min', 'ps', 0x5d),
  minpd: floats('min', 'pd', 0x5d),
  maxps: floats('max', 'ps', 0x5f),
  maxpd: floats('max', 'pd', 0x5f),
  /** One source. */
  sqrtps: floats('sqrt', 'ps', 0x51, 1),
  sqrtpd: floats('sqrt', 'pd', 0x51, 1),
  /** One source; the mode is that of `roundss`. */
  roundps: later('roundps', 0x08, 1),
  roundpd: later('roundpd', 0x09, 1),
  /** The predicate is that of `cmpss`. */
  cmpps: withImmediate('cmp', 'ps', 0xc2),
  cmppd: withImmediate('cmp', 'pd', 0xc2),
  andps: floats('and', 'ps', 0x54),
  andpd: floats('and', 'pd', 0x54),
  /** ~a & b. */
  andnps: floats('andn', 'ps', 0x55),
  andnpd: floats('andn', 'pd', 0x55),
  orps: floats('or', 'ps', 0x56),
  orpd: floats('or', 'pd', 0x56),
  xorps: floats('xor', 'ps', 0x57),
  xorpd: floats('xor', 'pd', 0x57),

  /** One source. To integers: toward zero; out of range and NaN: the least integer. */
  cvtdq2ps: convert('cvtdq2ps', 0x5b),
  cvttps2dq: convert('cvttps2dq', prefixF3 | 0x5b),
  /** From the lower half of the source to all of the destination. */
  cvtdq2pd: convert('cvtdq2pd', prefixF3 | 0xe6, 64),
  cvtps2pd: convert('cvtps2pd', 0x5a, 64),
  /** From all of the source to the lower half; the upper one is cleared. */
  cvttpd2dq: convert('cvttpd2dq', prefix66 | 0xe6),
  cvtpd2ps: convert('cvtpd2ps', prefix66 | 0x5a),

  /** Elements of a and b in turn, from their lower or upper halves. */
  unpcklps: floats('unpckl', 'ps', 0x14),
  unpcklpd: floats('unpckl', 'pd', 0x14),
  unpckhps: floats('unpckh', 'ps', 0x15),
  unpckhpd: floats('unpckh', 'pd', 0x15),
  /** The lower half's elements from a, the upper half's from b, by the immediate. */
  shufps: withImmediate('shuf', 'ps', 0xc6),
  shufpd: withImmediate('shuf', 'pd', 0xc6),
  /** Elements from b where the immediate's bit is set, else from a. */
  blendps: later('blendps', 0x0c, 2),
  blendpd: later('blendpd', 0x0d, 2),
  /** a with one element of b. Immediate: bits 6–7 b's index, 4–5 a's, 0–3 elements of the result to clear. */
  insertps: later('insertps', 0x21, 2, 32),
  /** For `rri`, `mri` and `mrxi`. */
  extractps: needs('sse41', define('extractps', 'xmm', 'r32', { mri8: prefix66 | map0F3A | 0x17 })),
  /** One source: the lower half twice; the odd, the even 32-bit elements twice. */
  movddup: duplicate('movddup', prefixF2 | 0x12, 64),
  movshdup: duplicate('movshdup', prefixF3 | 0x16),
  movsldup: duplicate('movsldup', prefixF3 | 0x12),
  movlps: half('movl', 'ps', 0x12),
  movlpd: half('movl', 'pd', 0x12),
  movhps: half('movh', 'ps', 0x16),
  movhpd: half('movh', 'pd', 0x16),
  /** a's upper half over b's upper half; b's lower half over a's lower half. Registers only. */
  movhlps: betweenHalves('movhlps', 0x12),
  movlhps: betweenHalves('movlhps', 0x16),
  /** Sign bits of the elements, the first in bit 0; for `rr`. */
  movmskps: define('movmskps', 'r32', 'xmm', { rr: map0F | 0x50 }),
  movmskpd: define('movmskpd', 'r32', 'xmm', { rr: prefix66 | map0F | 0x50 }),
} as const;

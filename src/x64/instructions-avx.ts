import { imm8, map0F3A, map0F38, prefix66, wideBit } from './encoding.js';
import { defineVex } from './instruction-forms.js';

/** One element in a register or memory, to all. */
function broadcast(mnemonic: string, opcode: number, bits: number): number {
  const encoding = prefix66 | map0F38 | opcode;
  return defineVex('avx2', mnemonic, 1, { registers: encoding, memory: encoding }, bits);
}

/** dst = the sign bit of a fourth operand's element is set ? b : a. */
function blend(mnemonic: string, opcode: number): number {
  const encoding = prefix66 | map0F3A | opcode | imm8;
  return defineVex('avx', mnemonic, 2, { registers: encoding, memory: encoding }, 128);
}

/** Multiplication and addition of three operands, of which dst is one. */
function multiplyAdd(mnemonic: string, opcode: number, wide: number): number {
  const encoding = prefix66 | map0F38 | opcode | wide;
  return defineVex('fma', mnemonic, 2, { registers: encoding, memory: encoding }, 128);
}

/** Instructions that exist with a VEX prefix only, for the assembler's methods `packed…`. */
export const avxInstructions = {
  /** One source, in memory. */
  vbroadcastss: defineVex('avx', 'vbroadcastss', 1, { memory: prefix66 | map0F38 | 0x18 }, 32),
  /** One source. */
  vpbroadcastb: broadcast('vpbroadcastb', 0x78, 8),
  vpbroadcastw: broadcast('vpbroadcastw', 0x79, 16),
  vpbroadcastd: broadcast('vpbroadcastd', 0x58, 32),
  vpbroadcastq: broadcast('vpbroadcastq', 0x59, 64),
  /** 32-bit elements from b where the immediate's bit is set, else from a. */
  vpblendd: defineVex(
    'avx2',
    'vpblendd',
    2,
    { registers: prefix66 | map0F3A | 0x02 | imm8, memory: prefix66 | map0F3A | 0x02 | imm8 },
    128,
  ),
  /** Signed, a > b. It is of SSE4.2, which is not told apart. */
  vpcmpgtq: defineVex(
    'avx',
    'vpcmpgtq',
    2,
    { registers: prefix66 | map0F38 | 0x37, memory: prefix66 | map0F38 | 0x37 },
    128,
  ),
  /** For `packedBlend`. */
  vpblendvb: blend('vpblendvb', 0x4c),
  vblendvps: blend('vblendvps', 0x4a),
  vblendvpd: blend('vblendvpd', 0x4b),
  /** 132: dst = dst * b + a, 213: dst = a * dst + b, 231: dst = a * b + dst. With n: -(product) + … */
  vfmadd132ps: multiplyAdd('vfmadd132ps', 0x98, 0),
  vfmadd132pd: multiplyAdd('vfmadd132pd', 0x98, wideBit),
  vfmadd213ps: multiplyAdd('vfmadd213ps', 0xa8, 0),
  vfmadd213pd: multiplyAdd('vfmadd213pd', 0xa8, wideBit),
  vfmadd231ps: multiplyAdd('vfmadd231ps', 0xb8, 0),
  vfmadd231pd: multiplyAdd('vfmadd231pd', 0xb8, wideBit),
  vfnmadd132ps: multiplyAdd('vfnmadd132ps', 0x9c, 0),
  vfnmadd132pd: multiplyAdd('vfnmadd132pd', 0x9c, wideBit),
  vfnmadd213ps: multiplyAdd('vfnmadd213ps', 0xac, 0),
  vfnmadd213pd: multiplyAdd('vfnmadd213pd', 0xac, wideBit),
  vfnmadd231ps: multiplyAdd('vfnmadd231ps', 0xbc, 0),
  vfnmadd231pd: multiplyAdd('vfnmadd231pd', 0xbc, wideBit),
} as const;

import { type CpuFeature, type CpuFeatures, cpuFeatures } from './cpu-features.js';

/**
 * How instructions are encoded: each form of an instruction is one word of bit fields. `instructions.ts` has
 * the words of all forms, and the assembler reads them.
 *
 *     bits  0–7   last opcode byte
 *     bits  8–9   opcode map: 0 one byte, 1 `0F`, 2 `0F 38`, 3 `0F 3A`
 *     bits 10–11  prefix as VEX.pp numbers them: 0 none, 1 `66`, 2 `F3`, 3 `F2`
 *     bit  12     W
 *     bits 13–15  what ModRM.reg holds in forms without register operand there (Intel's `/digit`)
 *     bit  16     ModRM.reg is a byte register, bit 17 ModRM.rm is one: numbers 4–7 need a REX prefix
 *     bits 18–19  immediate: 0 none, 1 one byte, 2 two bytes, 3 four bytes
 *     bit  20     ModRM.rm is the destination, so a form of two registers has them exchanged
 *     bit  21     the register is in the low bits of the opcode, there is no ModRM; in a packed form: it has
 *                 one source, in ModRM.rm, so VEX.vvvv is not used
 *     bit  22     VEX; not set in packed forms that exist without VEX as well
 *     bit  23     set in every form that exists
 *     bits 24–31  the CPU feature that the instruction needs: one bit each, in the order of `cpuFeatures`
 */

export const opcodeMapShift = 8;
export const prefixShift = 10;
export const wideBit = 1 << 12;
/** From W to its place in REX. */
export const wideToRexShift = 9;
export const digitShift = 13;
export const regByteShift = 16;
export const rmByteShift = 17;
export const immediateShift = 18;
export const swapBit = 1 << 20;
export const opcodeRegisterBit = 1 << 21;
export const oneSourceBit = 1 << 21;
export const vexBit = 1 << 22;
export const existsBit = 1 << 23;
export const featureShift = 24;

/** Parts of an encoding word, which `|` joins with an opcode byte. */
export const map0F = 1 << opcodeMapShift;
export const map0F38 = 2 << opcodeMapShift;
export const map0F3A = 3 << opcodeMapShift;
export const prefix66 = 1 << prefixShift;
export const prefixF3 = 2 << prefixShift;
export const prefixF2 = 3 << prefixShift;
export const imm8 = 1 << immediateShift;
export const imm16 = 2 << immediateShift;
export const imm32 = 3 << immediateShift;

/** Intel's `/digit`: ModRM.reg of forms with one register or memory operand. */
export function digit(value: number): number {
  return value << digitShift;
}

/** Bits of encoding words that must not be emitted for a processor with these features. */
export function missingFeatures(cpu: CpuFeatures): number {
  return cpuFeatures.reduce(
    (bits, name, index) => (cpu[name] ? bits : bits | (1 << (featureShift + index))),
    0,
  );
}

/** The feature that an encoding word names. */
export function featureOf(encoding: number): CpuFeature | undefined {
  return cpuFeatures[31 - Math.clz32(encoding >>> featureShift)];
}

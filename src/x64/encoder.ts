import { Gpr } from './abi.js';
import { CodeBuffer } from './code-buffer.js';
import type { CpuFeatures } from './cpu-features.js';
import {
  digitShift,
  featureOf,
  immediateShift,
  missingFeatures,
  opcodeMapShift,
  opcodeRegisterBit,
  prefixShift,
  regByteShift,
  rmByteShift,
  wideBit,
  wideToRexShift,
} from './encoding.js';
import { rows } from './instructions.js';

/** Legacy prefixes by VEX.pp, one a byte. */
const prefixBytes = 0xf2f36600 | 0;

/**
 * rsp's number means a SIB byte in ModRM.rm and no index in SIB.index; rbp's means no base where ModRM.mod is
 * 0.
 */
const { rsp, rbp } = Gpr;

/**
 * Bytes between prefixes and opcode by opcode map: nothing, `0F`, `0F 38`, `0F 3A`. One hexadecimal digit
 * each.
 */
const escapeLengths = 0x2210;
/** Bytes of a displacement by ModRM.mod, and of an immediate by its kind. */
const displacementLengths = 0x410;
const immediateLengths = 0x4210;

function unavailable(encoding: number): never {
  throw new Error(
    `internal error: an instruction needs the CPU feature ${featureOf(encoding)}, which is not there`,
  );
}

/** Displacements and 64-bit immediates are sign-extended: a larger number would silently mean another one. */
function checkInt32(value: number): void {
  if (value !== (value | 0)) throw new RangeError(`${value} is not a signed 32-bit number`);
}

/**
 * ModRM.mod in place: 0 no displacement (which rbp and r13 as base cannot have), 0x40 one byte, 0x80 four
 * bytes.
 */
function modOf(base: number, disp: number): number {
  const needed = ((disp | -disp) >>> 31) | ((8 - (base ^ rbp)) >> 3);
  const beyondByte = (disp + 128) >>> 8;
  return (needed + ((beyondByte | -beyondByte) >>> 31)) << 6;
}

/** Throws for a form that an instruction does not have. */
export function missing(id: number, form: string): never {
  throw new Error(`instruction ${rows[id]?.mnemonic ?? id} has no form "${form}"`);
}

/**
 * Writes encoding words with their operands as bytes: what the assembler's methods are made of. Registers are
 * numbers 0–15.
 */
export class Encoder extends CodeBuffer {
  /** Bits of encoding words that must not be emitted. */
  protected forbidden = 0;

  /**
   * Says for which processor the code is. From now on, emitting an instruction that the processor lacks
   * throws. Without this it would fault on that processor, or do something else. At first everything may be
   * emitted.
   */
  allow(cpu: CpuFeatures): void {
    this.forbidden = missingFeatures(cpu);
  }

  // From here on no branch depends on operands. Registers and displacements are as good as random, and a
  // mispredicted branch costs more than all the rest. Bytes are written whether they are needed or not, and
  // the position moves by what was needed: `(x + 2 ** n - 1) >> n` is 0 for 0 and 1 for other x up to 2 ** n.

  /**
   * Writes prefixes and opcode; returns the position after them, which is not stored yet. `registers` are the
   * bits of REX other than W, and 16 where REX must be there without any.
   */
  protected opcode(encoding: number, registers: number): number {
    if ((encoding & this.forbidden) !== 0) unavailable(encoding);
    if (this.position > this.limit) this.grow(0);
    const bytes = this.bytes;
    let position = this.position;
    const prefix = (encoding >> prefixShift) & 3;
    bytes[position] = prefixBytes >> (8 * prefix);
    position += (prefix + 3) >> 2;
    const rex = ((encoding >> wideToRexShift) & 8) | registers;
    bytes[position] = 0x40 | (rex & 15);
    position += (rex + 31) >> 5;
    const map = (encoding >> opcodeMapShift) & 3;
    bytes[position] = 0x0f;
    bytes[position + 1] = 0x34 + 2 * map;
    position += (escapeLengths >> (4 * map)) & 3;
    bytes[position] = encoding;
    return position + 1;
  }

  protected twoRegisters(encoding: number, reg: number, rm: number): void {
    const force = ((encoding >> regByteShift) & (reg >> 2)) | ((encoding >> rmByteShift) & (rm >> 2));
    const position = this.opcode(encoding, ((force & 1) << 4) | ((reg >> 1) & 4) | (rm >> 3));
    this.bytes[position] = 0xc0 | ((reg & 7) << 3) | (rm & 7);
    this.position = position + 1;
  }

  protected oneRegister(encoding: number, rm: number, immediate: number): void {
    const force = (encoding >> rmByteShift) & (rm >> 2);
    let position = this.opcode(encoding, ((force & 1) << 4) | (rm >> 3));
    if ((encoding & opcodeRegisterBit) !== 0) this.bytes[position - 1] = (encoding & 0xff) | (rm & 7);
    else this.bytes[position++] = 0xc0 | ((encoding >> (digitShift - 3)) & 0x38) | (rm & 7);
    this.immediate(encoding, position, immediate);
  }

  /**
   * Writes everything but an immediate, for operands reg and [base + disp]; returns the position after it.
   */
  protected memory(encoding: number, reg: number, base: number, disp: number): number {
    const force = (encoding >> regByteShift) & (reg >> 2);
    const position = this.opcode(encoding, ((force & 1) << 4) | ((reg >> 1) & 4) | (base >> 3));
    return this.basedOperand(position, reg, base, disp);
  }

  /**
   * Writes ModRM, SIB and displacement of operands reg and [base + disp]; returns the position after them.
   */
  protected basedOperand(position: number, reg: number, base: number, disp: number): number {
    const bytes = this.bytes;
    const low = base & 7;
    const mod = modOf(low, disp);
    bytes[position] = mod | ((reg & 7) << 3) | low;
    // rsp as base needs a SIB byte that says "no index".
    bytes[position + 1] = 0x24;
    return this.displacement(position + 1 + ((8 - (low ^ rsp)) >> 3), mod, disp);
  }

  /** The same for [base + index << scale + disp]. */
  protected indexed(
    encoding: number,
    reg: number,
    base: number,
    index: number,
    scale: number,
    disp: number,
  ): number {
    const force = (encoding >> regByteShift) & (reg >> 2);
    const rex = ((reg >> 1) & 4) | ((index >> 2) & 2) | (base >> 3);
    const position = this.opcode(encoding, ((force & 1) << 4) | rex);
    return this.indexedOperand(position, reg, base, index, scale, disp);
  }

  protected indexedOperand(
    position: number,
    reg: number,
    base: number,
    index: number,
    scale: number,
    disp: number,
  ): number {
    if (index === rsp) throw new RangeError('rsp cannot be an index');
    const bytes = this.bytes;
    const low = base & 7;
    const mod = modOf(low, disp);
    bytes[position] = mod | ((reg & 7) << 3) | rsp;
    bytes[position + 1] = (scale << 6) | ((index & 7) << 3) | low;
    return this.displacement(position + 2, mod, disp);
  }

  /** Writes as much of a displacement as ModRM.mod says; returns the position after it. */
  protected displacement(position: number, mod: number, disp: number): number {
    checkInt32(disp);
    this.view.setInt32(position, disp, true);
    return position + ((displacementLengths >> (mod >> 4)) & 7);
  }

  protected ripRelative(encoding: number, reg: number, label: number, immediate: number): void {
    const force = (encoding >> regByteShift) & (reg >> 2);
    const position = this.opcode(encoding, ((force & 1) << 4) | ((reg >> 1) & 4));
    this.labelOperand(encoding, position, reg, label, immediate);
  }

  protected labelOperand(
    encoding: number,
    position: number,
    reg: number,
    label: number,
    immediate: number,
  ): void {
    this.bytes[position] = ((reg & 7) << 3) | rbp;
    this.immediate(encoding, position + 5, immediate);
    this.reference(position + 1, label, this.position);
  }

  /** Writes as much of an immediate as the word says, and stores the position. */
  protected immediate(encoding: number, position: number, value: number): void {
    if ((encoding & wideBit) !== 0) checkInt32(value);
    this.view.setInt32(position, value, true);
    this.position = position + ((immediateLengths >> ((encoding >> (immediateShift - 2)) & 12)) & 7);
  }

  /** VEX prefix, opcode and ModRM of three registers. */
  protected vex(encoding: number, reg: number, vvvv: number, rm: number): void {
    const position = this.vexOpcode(encoding, ((reg >> 1) & 4) | (rm >> 3), vvvv);
    this.bytes[position] = 0xc0 | ((reg & 7) << 3) | (rm & 7);
    this.position = position + 1;
  }

  /**
   * Writes VEX prefix and opcode; returns the position after them, which is not stored yet. `registers` are
   * the bits of REX other than W. The prefix has 3 bytes, or 2 where W, X, B and the map allow it.
   */
  protected vexOpcode(encoding: number, registers: number, vvvv: number): number {
    if ((encoding & this.forbidden) !== 0) unavailable(encoding);
    if (this.position > this.limit) this.grow(0);
    const bytes = this.bytes;
    const position = this.position;
    const second = ((~registers & 7) << 5) | ((encoding >> opcodeMapShift) & 3);
    const third =
      ((encoding >> (wideToRexShift - 4)) & 0x80) | ((~vvvv & 15) << 3) | ((encoding >> prefixShift) & 3);
    const long = ((((second & 0x7f) ^ 0x61) | (third & 0x80)) + 0xff) >> 8;
    bytes[position] = 0xc5 - long;
    bytes[position + 1] = second;
    // In the short form R takes the place of W in what is otherwise the same byte.
    bytes[position + 1 + long] = third | (second & 0x80 & (long - 1));
    bytes[position + 2 + long] = encoding;
    return position + 3 + long;
  }
}

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
  swapBit,
  vexBit,
  wideBit,
  wideToRexShift,
} from './encoding.js';
import {
  iForm,
  iShortForm,
  mForm,
  miForm,
  miShortForm,
  mrForm,
  opForm,
  rForm,
  riForm,
  riShortForm,
  rmForm,
  rmiForm,
  rmiShortForm,
  rows,
  rrForm,
  rriForm,
  rriShortForm,
  rrrForm,
  X,
} from './instructions.js';

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

function missing(id: number, form: string): never {
  throw new Error(`instruction ${rows[id]?.mnemonic ?? id} has no form "${form}"`);
}

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

/**
 * Writes x86-64 machine code. Methods are named after the kinds of their operands, in Intel's order with the
 * destination first: `r` register, `m` memory `[base + disp]`, `mx` memory `[base + index << scale + disp]`,
 * `i` immediate, `l` label (RIP-relative). They take an instruction id of `X` and throw where the instruction
 * has no such form. Registers are numbers 0–15; the instruction tells whether they are general or xmm
 * registers. `disp` is a signed 32-bit number, `scale` is 0–3, `index` any register but rsp.
 */
export class Assembler extends CodeBuffer {
  /** Bits of encoding words that must not be emitted. */
  private forbidden = 0;

  /**
   * Says for which processor the code is. From now on, emitting an instruction that the processor lacks
   * throws. Without this it would fault on that processor, or do something else. At first everything may be
   * emitted.
   */
  allow(cpu: CpuFeatures): void {
    this.forbidden = missingFeatures(cpu);
  }

  /** No operands: `cdq`, `ret`, `ud2`. */
  op(id: number): void {
    let encoding = opForm[id];
    if (encoding === 0) missing(id, 'op');
    if (this.position > this.limit) this.grow(0);
    while (encoding !== 0) {
      this.bytes[this.position++] = encoding;
      encoding >>>= 8;
    }
  }

  /** One register: `neg`, `div`, `push`, `call`, `X.set + cc`, shifts by cl. */
  r(id: number, rm: number): void {
    const encoding = rForm[id];
    if (encoding === 0) missing(id, 'r');
    this.oneRegister(encoding, rm, 0);
  }

  /** One immediate: `push`. */
  i(id: number, immediate: number): void {
    let encoding = iShortForm[id];
    if (encoding === 0 || immediate !== (immediate << 24) >> 24) encoding = iForm[id];
    if (encoding === 0) missing(id, 'i');
    this.immediate(encoding, this.opcode(encoding, 0), immediate);
  }

  /** Two registers. For most instructions `reg` is the destination; with one it is also the first source. */
  rr(id: number, reg: number, rm: number): void {
    const encoding = rrForm[id];
    if ((encoding & (swapBit | vexBit)) !== 0) {
      if ((encoding & vexBit) !== 0) this.vex(encoding, (encoding >> digitShift) & 7, reg, rm);
      else this.twoRegisters(encoding, rm, reg);
      return;
    }
    if (encoding === 0) missing(id, 'rr');
    this.twoRegisters(encoding, reg, rm);
  }

  /** Register and immediate, signed 32 bits: the one-byte form is taken where it will do. */
  ri(id: number, rm: number, immediate: number): void {
    let encoding = riShortForm[id];
    if (encoding === 0 || immediate !== (immediate << 24) >> 24) encoding = riForm[id];
    if (encoding === 0) missing(id, 'ri');
    this.oneRegister(encoding, rm, immediate);
  }

  /** Two registers and an immediate: `imul` (reg = rm * immediate), `roundsd`, `cmpsd`, `shufps`, `rorx`. */
  rri(id: number, reg: number, rm: number, immediate: number): void {
    let encoding = rriShortForm[id];
    if (encoding === 0 || (immediate !== (immediate << 24) >> 24 && rriForm[id] !== 0))
      encoding = rriForm[id];
    if (encoding === 0) missing(id, 'rri');
    if ((encoding & vexBit) !== 0) this.vex(encoding, reg, 0, rm);
    else this.twoRegisters(encoding, reg, rm);
    this.immediate(encoding, this.position, immediate);
  }

  /** Three registers in encoding order: `andn` is reg = ~vvvv & rm, `shlx` reg = rm << vvvv. */
  rrr(id: number, reg: number, vvvv: number, rm: number): void {
    const encoding = rrrForm[id];
    if (encoding === 0) missing(id, 'rrr');
    this.vex(encoding, reg, vvvv, rm);
  }

  /** Register, memory. */
  rm(id: number, reg: number, base: number, disp: number): void {
    const encoding = rmForm[id];
    if (encoding === 0) missing(id, 'rm');
    this.position = this.memory(encoding, reg, base, disp);
  }

  rmx(id: number, reg: number, base: number, index: number, scale: number, disp: number): void {
    const encoding = rmForm[id];
    if (encoding === 0) missing(id, 'rm');
    this.position = this.indexed(encoding, reg, base, index, scale, disp);
  }

  /** Memory, register. */
  mr(id: number, base: number, disp: number, reg: number): void {
    const encoding = mrForm[id];
    if (encoding === 0) missing(id, 'mr');
    this.position = this.memory(encoding, reg, base, disp);
  }

  mrx(id: number, base: number, index: number, scale: number, disp: number, reg: number): void {
    const encoding = mrForm[id];
    if (encoding === 0) missing(id, 'mr');
    this.position = this.indexed(encoding, reg, base, index, scale, disp);
  }

  /** Memory, immediate. */
  mi(id: number, base: number, disp: number, immediate: number): void {
    let encoding = miShortForm[id];
    if (encoding === 0 || immediate !== (immediate << 24) >> 24) encoding = miForm[id];
    if (encoding === 0) missing(id, 'mi');
    this.immediate(encoding, this.memory(encoding, (encoding >> digitShift) & 7, base, disp), immediate);
  }

  mix(id: number, base: number, index: number, scale: number, disp: number, immediate: number): void {
    let encoding = miShortForm[id];
    if (encoding === 0 || immediate !== (immediate << 24) >> 24) encoding = miForm[id];
    if (encoding === 0) missing(id, 'mi');
    const position = this.indexed(encoding, (encoding >> digitShift) & 7, base, index, scale, disp);
    this.immediate(encoding, position, immediate);
  }

  /** One memory operand: `call [m]`, `neg`, `push`, `ldmxcsr`. */
  m(id: number, base: number, disp: number): void {
    const encoding = mForm[id];
    if (encoding === 0) missing(id, 'm');
    this.position = this.memory(encoding, (encoding >> digitShift) & 7, base, disp);
  }

  mx(id: number, base: number, index: number, scale: number, disp: number): void {
    const encoding = mForm[id];
    if (encoding === 0) missing(id, 'm');
    this.position = this.indexed(encoding, (encoding >> digitShift) & 7, base, index, scale, disp);
  }

  /** Register, memory, immediate: `imul`, `roundsd`. */
  rmi(id: number, reg: number, base: number, disp: number, immediate: number): void {
    const encoding = this.rmiEncoding(id, immediate);
    this.immediate(encoding, this.memory(encoding, reg, base, disp), immediate);
  }

  rmxi(
    id: number,
    reg: number,
    base: number,
    index: number,
    scale: number,
    disp: number,
    immediate: number,
  ): void {
    const encoding = this.rmiEncoding(id, immediate);
    this.immediate(encoding, this.indexed(encoding, reg, base, index, scale, disp), immediate);
  }

  /** Register, memory at a label; `lea64` gives the label's address. */
  rl(id: number, reg: number, label: number): void {
    const encoding = rmForm[id];
    if (encoding === 0) missing(id, 'rm');
    this.ripRelative(encoding, reg, label, 0);
  }

  /** Register, memory at a label, immediate. */
  rli(id: number, reg: number, label: number, immediate: number): void {
    const encoding = this.rmiEncoding(id, immediate);
    this.ripRelative(encoding, reg, label, immediate);
  }

  /** Memory at a label: `call`, `jmp`. */
  l(id: number, label: number): void {
    const encoding = mForm[id];
    if (encoding === 0) missing(id, 'm');
    this.ripRelative(encoding, (encoding >> digitShift) & 7, label, 0);
  }

  /** Sets a byte register to 0 or 1. */
  setcc(cc: number, rm: number): void {
    this.r(X.set + cc, rm);
  }

  cmovcc32(cc: number, reg: number, rm: number): void {
    this.rr(X.cmov32 + cc, reg, rm);
  }

  cmovcc64(cc: number, reg: number, rm: number): void {
    this.rr(X.cmov64 + cc, reg, rm);
  }

  /** Jumps to a label: 2 bytes where it is bound and near, else 5. */
  jmp(label: number): void {
    if (this.position > this.limit) this.grow(0);
    const bytes = this.bytes;
    const position = this.position;
    const target = this.labelPosition(label);
    const short = target - (position + 2);
    if (target >= 0 && short >= -128) {
      bytes[position] = 0xeb;
      bytes[position + 1] = short;
      this.position = position + 2;
      return;
    }
    bytes[position] = 0xe9;
    this.position = position + 5;
    this.reference(position + 1, label, position + 5);
  }

  /** Jumps to a label on a condition: 2 bytes where it is bound and near, else 6. */
  jcc(cc: number, label: number): void {
    if (this.position > this.limit) this.grow(0);
    const bytes = this.bytes;
    const position = this.position;
    const target = this.labelPosition(label);
    const short = target - (position + 2);
    if (target >= 0 && short >= -128) {
      bytes[position] = 0x70 | cc;
      bytes[position + 1] = short;
      this.position = position + 2;
      return;
    }
    bytes[position] = 0x0f;
    bytes[position + 1] = 0x80 | cc;
    this.position = position + 6;
    this.reference(position + 2, label, position + 6);
  }

  callLabel(label: number): void {
    if (this.position > this.limit) this.grow(0);
    const position = this.position;
    this.bytes[position] = 0xe8;
    this.position = position + 5;
    this.reference(position + 1, label, position + 5);
  }

  /**
   * Sets a 64-bit register to `hi:lo`, two 32-bit halves of either sign, in the shortest way that keeps the
   * flags.
   */
  movImm(reg: number, lo: number, hi: number): void {
    lo |= 0;
    hi |= 0;
    if (hi === 0) {
      this.oneRegister(riForm[X.mov32], reg, lo);
    } else if (hi === lo >> 31) {
      this.oneRegister(riForm[X.mov64], reg, lo);
    } else {
      if (this.position > this.limit) this.grow(0);
      const position = this.position;
      this.bytes[position] = 0x48 | (reg >> 3);
      this.bytes[position + 1] = 0xb8 | (reg & 7);
      this.patchInt32(position + 2, lo);
      this.patchInt32(position + 6, hi);
      this.position = position + 10;
    }
  }

  private rmiEncoding(id: number, immediate: number): number {
    let encoding = rmiShortForm[id];
    if (encoding === 0 || (immediate !== (immediate << 24) >> 24 && rmiForm[id] !== 0))
      encoding = rmiForm[id];
    if (encoding === 0) missing(id, 'rmi');
    return encoding;
  }

  // From here on no branch depends on operands. Registers and displacements are as good as random, and a
  // mispredicted branch costs more than all the rest. Bytes are written whether they are needed or not, and
  // the position moves by what was needed: `(x + 2 ** n - 1) >> n` is 0 for 0 and 1 for other x up to 2 ** n.

  /**
   * Writes prefixes and opcode; returns the position after them, which is not stored yet. `registers` are the
   * bits of REX other than W, and 16 where REX must be there without any.
   */
  private opcode(encoding: number, registers: number): number {
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

  private twoRegisters(encoding: number, reg: number, rm: number): void {
    const force = ((encoding >> regByteShift) & (reg >> 2)) | ((encoding >> rmByteShift) & (rm >> 2));
    const position = this.opcode(encoding, ((force & 1) << 4) | ((reg >> 1) & 4) | (rm >> 3));
    this.bytes[position] = 0xc0 | ((reg & 7) << 3) | (rm & 7);
    this.position = position + 1;
  }

  private oneRegister(encoding: number, rm: number, immediate: number): void {
    const force = (encoding >> rmByteShift) & (rm >> 2);
    let position = this.opcode(encoding, ((force & 1) << 4) | (rm >> 3));
    if ((encoding & opcodeRegisterBit) !== 0) this.bytes[position - 1] = (encoding & 0xff) | (rm & 7);
    else this.bytes[position++] = 0xc0 | ((encoding >> (digitShift - 3)) & 0x38) | (rm & 7);
    this.immediate(encoding, position, immediate);
  }

  /**
   * Writes everything but an immediate, for operands reg and [base + disp]; returns the position after it.
   */
  private memory(encoding: number, reg: number, base: number, disp: number): number {
    const force = (encoding >> regByteShift) & (reg >> 2);
    const position = this.opcode(encoding, ((force & 1) << 4) | ((reg >> 1) & 4) | (base >> 3));
    const bytes = this.bytes;
    const low = base & 7;
    const mod = modOf(low, disp);
    bytes[position] = mod | ((reg & 7) << 3) | low;
    // rsp as base needs a SIB byte that says "no index".
    bytes[position + 1] = 0x24;
    return this.displacement(position + 1 + ((8 - (low ^ rsp)) >> 3), mod, disp);
  }

  /** The same for [base + index << scale + disp]. */
  private indexed(
    encoding: number,
    reg: number,
    base: number,
    index: number,
    scale: number,
    disp: number,
  ): number {
    if (index === rsp) throw new RangeError('rsp cannot be an index');
    const force = (encoding >> regByteShift) & (reg >> 2);
    const rex = ((reg >> 1) & 4) | ((index >> 2) & 2) | (base >> 3);
    const position = this.opcode(encoding, ((force & 1) << 4) | rex);
    const bytes = this.bytes;
    const low = base & 7;
    const mod = modOf(low, disp);
    bytes[position] = mod | ((reg & 7) << 3) | rsp;
    bytes[position + 1] = (scale << 6) | ((index & 7) << 3) | low;
    return this.displacement(position + 2, mod, disp);
  }

  /** Writes as much of a displacement as ModRM.mod says; returns the position after it. */
  private displacement(position: number, mod: number, disp: number): number {
    checkInt32(disp);
    this.view.setInt32(position, disp, true);
    return position + ((displacementLengths >> (mod >> 4)) & 7);
  }

  private ripRelative(encoding: number, reg: number, label: number, immediate: number): void {
    const force = (encoding >> regByteShift) & (reg >> 2);
    const position = this.opcode(encoding, ((force & 1) << 4) | ((reg >> 1) & 4));
    this.bytes[position] = ((reg & 7) << 3) | rbp;
    this.immediate(encoding, position + 5, immediate);
    this.reference(position + 1, label, this.position);
  }

  /** Writes as much of an immediate as the word says, and stores the position. */
  private immediate(encoding: number, position: number, value: number): void {
    if ((encoding & wideBit) !== 0) checkInt32(value);
    this.view.setInt32(position, value, true);
    this.position = position + ((immediateLengths >> ((encoding >> (immediateShift - 2)) & 12)) & 7);
  }

  /** VEX prefix (of 3 bytes, as all opcodes beyond map 0F have), opcode and ModRM of three registers. */
  private vex(encoding: number, reg: number, vvvv: number, rm: number): void {
    if ((encoding & this.forbidden) !== 0) unavailable(encoding);
    if (this.position > this.limit) this.grow(0);
    const bytes = this.bytes;
    const position = this.position;
    const wide = (encoding >> (wideToRexShift - 4)) & 0x80;
    bytes[position] = 0xc4;
    bytes[position + 1] = ((~reg & 8) << 4) | 0x40 | ((~rm & 8) << 2) | ((encoding >> opcodeMapShift) & 3);
    bytes[position + 2] = wide | ((~vvvv & 15) << 3) | ((encoding >> prefixShift) & 3);
    bytes[position + 3] = encoding;
    bytes[position + 4] = 0xc0 | ((reg & 7) << 3) | (rm & 7);
    this.position = position + 5;
  }
}

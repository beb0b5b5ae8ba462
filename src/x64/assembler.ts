import { missing } from './encoder.js';
import { digitShift, swapBit, vexBit } from './encoding.js';
import {
  iForm,
  iShortForm,
  mForm,
  miForm,
  miShortForm,
  mrForm,
  mriForm,
  opForm,
  rForm,
  riForm,
  riShortForm,
  rmForm,
  rmiForm,
  rmiShortForm,
  rrForm,
  rriForm,
  rriShortForm,
  rrrForm,
  X,
} from './instructions.js';
import { PackedAssembler } from './packed-assembler.js';

/**
 * Writes x86-64 machine code. Methods are named after the kinds of their operands, in Intel's order with the
 * destination first: `r` register, `m` memory `[base + disp]`, `mx` memory `[base + index << scale + disp]`,
 * `i` immediate, `l` label (RIP-relative). They take an instruction id of `X` and throw where the instruction
 * has no such form. Registers are numbers 0–15; the instruction tells whether they are general or xmm
 * registers. `disp` is a signed 32-bit number, `scale` is 0–3, `index` any register but rsp.
 */
export class Assembler extends PackedAssembler {
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

  /**
   * Two registers, the destination first, and an immediate: `imul` (reg = rm * immediate), `roundsd`,
   * `cmpsd`, `shufps`, `rorx`, `pextrd`.
   */
  rri(id: number, reg: number, rm: number, immediate: number): void {
    let encoding = rriShortForm[id];
    if (encoding === 0 || (immediate !== (immediate << 24) >> 24 && rriForm[id] !== 0))
      encoding = rriForm[id];
    if (encoding === 0) missing(id, 'rri');
    if ((encoding & (swapBit | vexBit)) === 0) this.twoRegisters(encoding, reg, rm);
    else if ((encoding & vexBit) !== 0) this.vex(encoding, reg, 0, rm);
    else this.twoRegisters(encoding, rm, reg);
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

  /** Memory, xmm register, immediate: `pextrd`. */
  mri(id: number, base: number, disp: number, reg: number, immediate: number): void {
    const encoding = mriForm[id];
    if (encoding === 0) missing(id, 'mri');
    this.immediate(encoding, this.memory(encoding, reg, base, disp), immediate);
  }

  mrxi(
    id: number,
    base: number,
    index: number,
    scale: number,
    disp: number,
    reg: number,
    immediate: number,
  ): void {
    const encoding = mriForm[id];
    if (encoding === 0) missing(id, 'mri');
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
}

/**
 * How instructions are encoded: each form of an instruction is one word of bit fields, kept in one typed array a form,
 * indexed by the instruction's id. The rows in `instructions-*.ts` fill these arrays; the assembler reads them.
 *
 *     bits  0–7   last opcode byte
 *     bits  8–9   opcode map: 0 one byte, 1 `0F`, 2 `0F 38`, 3 `0F 3A`
 *     bits 10–11  prefix as VEX.pp numbers them: 0 none, 1 `66`, 2 `F3`, 3 `F2`
 *     bit  12     W
 *     bits 13–15  what ModRM.reg holds in forms without register operand there (Intel's `/digit`)
 *     bit  16     ModRM.reg is a byte register, bit 17 ModRM.rm is one: numbers 4–7 need a REX prefix
 *     bits 18–19  immediate: 0 none, 1 one byte, 2 two bytes, 3 four bytes
 *     bit  20     ModRM.rm is the destination, so a register-register form has its operands the other way round
 *     bit  21     the register is in the low bits of the opcode, there is no ModRM
 *     bit  22     VEX
 *     bit  23     set in every form that exists
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
export const vexBit = 1 << 22;
export const existsBit = 1 << 23;

/** Parts of an encoding word, to be joined by `|` with an opcode byte. */
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

/** What a register operand can be. */
export type RegisterClass = 'r8' | 'r16' | 'r32' | 'r64' | 'xmm' | 'none';

/** Encoding words of an instruction's forms. A missing form is not encodable. */
export interface Forms {
  /** Without operands: the bytes, in order, as a little-endian number. */
  readonly op?: number;
  /** One operand, a register or memory (`r` and `m` where these differ or only one exists). */
  readonly one?: number;
  readonly r?: number;
  readonly m?: number;
  /** One immediate: sign-extended from a byte, or in full. */
  readonly i8?: number;
  readonly i?: number;
  /** reg, r/m */
  readonly rm?: number;
  /** r/m, reg */
  readonly mr?: number;
  /** reg, reg only; derived from `rm`, else from `mr`, where it is not given. */
  readonly rr?: number;
  /** r/m, immediate: sign-extended from a byte, or in full. */
  readonly ri8?: number;
  readonly ri?: number;
  /** Memory, immediate, where it differs from `ri`. */
  readonly mi?: number;
  /** reg, r/m, immediate: sign-extended from a byte, or in full. */
  readonly rmi8?: number;
  readonly rmi?: number;
  /** reg, reg, immediate byte; registers only. */
  readonly rri8?: number;
  /** VEX: reg, vvvv, r/m */
  readonly rvm?: number;
}

/** What a row says beside the encodings: names and operands for the disassembly that tests compare with. */
export interface Row {
  readonly mnemonic: string;
  /** Class of the operand in ModRM.reg. */
  readonly reg: RegisterClass;
  /** Class of the operand in ModRM.rm where that is a register. */
  readonly rm: RegisterClass;
  /** Width in bits of the operand in ModRM.rm where that is memory. 0: memory is addressed, not accessed. */
  readonly memoryBits: number;
}

const capacity = 512;

/** Rows by instruction id. */
export const rows: Row[] = [];

function table(): Int32Array {
  return new Int32Array(capacity);
}

/** Encoding words by instruction id, 0 where the form does not exist. A `Short` form has a sign-extended byte. */
export const opForm = table();
export const rForm = table();
export const mForm = table();
export const iShortForm = table();
export const iForm = table();
export const rrForm = table();
export const rmForm = table();
export const mrForm = table();
export const riShortForm = table();
export const riForm = table();
export const miShortForm = table();
export const miForm = table();
export const rriShortForm = table();
export const rriForm = table();
export const rmiShortForm = table();
export const rmiForm = table();
export const rrrForm = table();

const widths: Readonly<Record<RegisterClass, number>> = {
  r8: 8,
  r16: 16,
  r32: 32,
  r64: 64,
  xmm: 128,
  none: 0,
};

/** Adds a row, and returns the id of its instruction: ids count up from 0. */
export function define(
  mnemonic: string,
  reg: RegisterClass,
  rm: RegisterClass,
  forms: Forms,
  memoryBits: number = widths[rm],
): number {
  const id = rows.length;
  if (id === capacity) throw new Error('too many instructions for the encoding tables');
  rows.push({ mnemonic, reg, rm, memoryBits });
  // What is in ModRM.rm alone, and what uses ModRM.reg for a register as well.
  const single = existsBit | (rm === 'r8' ? 1 << rmByteShift : 0);
  const double = single | (reg === 'r8' ? 1 << regByteShift : 0);
  const word = (form: number | undefined, more: number): number => (form === undefined ? 0 : form | more);
  opForm[id] = forms.op ?? 0;
  rForm[id] = word(forms.r ?? forms.one, single);
  mForm[id] = word(forms.m ?? forms.one, single);
  iShortForm[id] = word(forms.i8, single | imm8);
  iForm[id] = word(forms.i, single);
  rmForm[id] = word(forms.rm, double);
  mrForm[id] = word(forms.mr, double);
  if (rm !== 'none') rrForm[id] = word(forms.rr ?? forms.rm, double) || word(forms.mr, double | swapBit);
  riShortForm[id] = word(forms.ri8, single | imm8);
  riForm[id] = word(forms.ri, single);
  if (rm !== 'xmm') {
    // The immediate forms of vector instructions take no memory operand.
    miShortForm[id] = riShortForm[id];
    miForm[id] = word(forms.mi ?? forms.ri, single);
  }
  rriShortForm[id] = word(forms.rri8 ?? forms.rmi8, double | imm8);
  rmiShortForm[id] = word(forms.rmi8, double | imm8);
  rmiForm[id] = word(forms.rmi, double);
  rriForm[id] = rmiForm[id];
  rrrForm[id] = word(forms.rvm, double | vexBit);
  return id;
}

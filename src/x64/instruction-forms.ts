import { type CpuFeature, cpuFeatures } from './cpu-features.js';
import {
  existsBit,
  featureShift,
  imm8,
  oneSourceBit,
  regByteShift,
  rmByteShift,
  swapBit,
  vexBit,
} from './encoding.js';

/*
 * What the rows in `instructions-*.ts` fill: the words of each form in a typed array, indexed by the
 * instruction's id.
 */

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
  /** r/m, reg, immediate byte. */
  readonly mri8?: number;
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
  /** The CPU feature that the instruction needs; undefined where every processor has it. */
  readonly feature: CpuFeature | undefined;
}

const capacity = 1024;

/** Rows by instruction id. */
export const rows: Row[] = [];

function table(): Int32Array {
  return new Int32Array(capacity);
}

/**
 * Encoding words by instruction id, 0 where the form does not exist. A short form has a sign-extended byte.
 */
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
export const mriForm = table();
/**
 * Packed instructions: those of SSE, which AVX has too with a destination of its own, and those that only
 * AVX has. The assembler chooses between SSE and AVX, whose encodings differ in the prefix only. The first
 * table is for registers, the second for memory as last source.
 */
export const packedForm = table();
export const packedMemoryForm = table();

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
  rows.push({ mnemonic, reg, rm, memoryBits, feature: undefined });
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
  if (rm !== 'none') rriShortForm[id] ||= word(forms.mri8, double | imm8 | swapBit);
  rmiShortForm[id] = word(forms.rmi8, double | imm8);
  rmiForm[id] = word(forms.rmi, double);
  rriForm[id] = rmiForm[id];
  rrrForm[id] = word(forms.rvm, double | vexBit);
  mriForm[id] = word(forms.mri8, double | imm8);
  return id;
}

/** Whether a packed instruction computes dst = a op b, or dst = op a. */
export type Sources = 1 | 2;

/**
 * Says of an instruction of SSE, whose first operand is the destination, that AVX has it too. Returns its id.
 */
export function packed(sources: Sources, id: number): number {
  const kind = sources === 1 ? oneSourceBit : 0;
  const registers = rrForm[id] || rriShortForm[id];
  const memory = rmForm[id] || rmiShortForm[id];
  if (registers !== 0) packedForm[id] = registers | kind;
  if (memory !== 0) packedMemoryForm[id] = memory | kind;
  return id;
}

/** Adds a row of a packed instruction that only exists with VEX. Returns its id. */
export function defineVex(
  feature: CpuFeature,
  mnemonic: string,
  sources: Sources,
  forms: { readonly registers?: number; readonly memory?: number },
  memoryBits: number,
): number {
  const id = define(mnemonic, 'xmm', 'xmm', {}, memoryBits);
  const bits = existsBit | vexBit | (sources === 1 ? oneSourceBit : 0);
  if (forms.registers !== undefined) packedForm[id] = forms.registers | bits;
  if (forms.memory !== undefined) packedMemoryForm[id] = forms.memory | bits;
  return needs(feature, id);
}

/** All forms but `opForm`, whose words are bytes and have no room for a feature. */
const encodings: readonly Int32Array[] = [
  rForm,
  mForm,
  iShortForm,
  iForm,
  rrForm,
  rmForm,
  mrForm,
  riShortForm,
  riForm,
  miShortForm,
  miForm,
  rriShortForm,
  rriForm,
  rmiShortForm,
  rmiForm,
  rrrForm,
  mriForm,
  packedForm,
  packedMemoryForm,
];

/** Says of an instruction that it needs a CPU feature. Returns its id. */
export function needs(feature: CpuFeature, id: number): number {
  if (opForm[id] !== 0)
    throw new Error(`${rows[id].mnemonic}: forms without operands cannot name a CPU feature`);
  rows[id] = { ...rows[id], feature };
  const bit = 1 << (featureShift + cpuFeatures.indexOf(feature));
  for (const words of encodings) if (words[id] !== 0) words[id] |= bit;
  return id;
}

/** What the tests of the assembler share: what instructions must read as, in a disassembler's words. */
import assert from 'node:assert/strict';
import { Assembler } from './assembler.js';
import { disassemble } from './disassemble.js';
import * as forms from './instruction-forms.js';
import { X } from './instructions.js';

/** Register names by class and number. */
const low = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const high = [8, 9, 10, 11, 12, 13, 14, 15];
export const numbers = [...low.keys(), ...high];
export const registerNames = {
  r8: ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil', ...high.map((n) => `r${n}b`)],
  r16: [...low, ...high.map((n) => `r${n}w`)],
  r32: [...low.map((name) => `e${name}`), ...high.map((n) => `r${n}d`)],
  r64: [...low.map((name) => `r${name}`), ...high.map((n) => `r${n}`)],
  xmm: numbers.map((n) => `xmm${n}`),
  none: numbers.map(() => ''),
};
const gprNames = registerNames.r64;
export const rsp = 4;

/** How an access of so many bits is written. */
export const keywords: Readonly<Record<number, string>> = {
  0: '',
  8: 'byte ptr ',
  16: 'word ptr ',
  32: 'dword ptr ',
  64: 'qword ptr ',
  128: 'xmmword ptr ',
};

export function hex(value: number): string {
  return value < 10 ? `${value}` : `0x${value.toString(16)}`;
}

function displacement(value: number): string {
  return value === 0 ? '' : ` ${value < 0 ? '-' : '+'} ${hex(Math.abs(value))}`;
}

/** A memory operand: how to write it, and what it reads as. No index where `index` is -1. */
export interface Address {
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly disp: number;
  readonly text: string;
}

function address(base: number, index: number, scale: number, disp: number): Address {
  const scaled = index < 0 ? '' : ` + ${gprNames[index]}${scale === 0 ? '' : `*${1 << scale}`}`;
  return { base, index, scale, disp, text: `[${gprNames[base]}${scaled}${displacement(disp)}]` };
}

/** The edges of: no displacement, one byte, four bytes. */
const displacements = [0, 1, 127, -128, 128, -129, 0x7fffffff, -0x80000000];
const indices = numbers.filter((n) => n !== rsp);

/**
 * Every base with every displacement; every index with every scale, with changing bases and displacements.
 */
export const addresses: readonly Address[] = [
  ...numbers.flatMap((base) => displacements.map((disp) => address(base, -1, 0, disp))),
  ...indices.flatMap((index) =>
    [0, 1, 2, 3].map((scale) =>
      address((index * 5 + scale) & 15, index, scale, displacements[(index + scale) & 7]),
    ),
  ),
];

/** Every base with every index, scale and kind of displacement. */
export const everyAddress: readonly Address[] = numbers.flatMap((base) =>
  [0, 0x12, 0x12345].flatMap((disp) => [
    address(base, -1, 0, disp),
    ...indices.flatMap((index) => [0, 1, 2, 3].map((scale) => address(base, index, scale, disp))),
  ]),
);

export function load(asm: Assembler, id: number, reg: number, { base, index, scale, disp }: Address): void {
  if (index < 0) asm.rm(id, reg, base, disp);
  else asm.rmx(id, reg, base, index, scale, disp);
}

export function store(asm: Assembler, id: number, { base, index, scale, disp }: Address, reg: number): void {
  if (index < 0) asm.mr(id, base, disp, reg);
  else asm.mrx(id, base, index, scale, disp, reg);
}

/** Values of an immediate by its width: the edges of the one-byte form and of the full one. */
export const immediates: Readonly<Record<number, readonly number[]>> = {
  8: [0, 1, 127, -128, -1],
  16: [0, -1, 127, -128, 128, -129, 0x7fff, -0x8000],
  32: [0, -1, 127, -128, 128, -129, 0x7fffffff, -0x80000000],
  64: [0, -1, 127, -128, 128, -129, 0x7fffffff, -0x80000000],
};
const unsignedBytes = [0, 1, 8, 63];

/**
 * Reads a number as last operand modulo its width: disassemblers write the same immediate with or without a
 * sign.
 */
function unsigned(text: string, width: number): string {
  return text.replace(/([ ,])(-?)(0x[0-9a-f]+|\d+)$/, (_, before: string, minus: string, digits: string) => {
    const value = BigInt.asUintN(width, minus === '' ? BigInt(digits) : -BigInt(digits));
    return `${before}${value}`;
  });
}

/** Assembles, and remembers what each instruction must read as. */
export class Listing {
  readonly asm = new Assembler();
  private readonly offsets: number[] = [];
  private readonly texts: string[] = [];
  private readonly widths: number[] = [];
  /** Where the last instruction that was expected ends. */
  protected end = this.asm.position;

  /**
   * To be called after each instruction. `width` is that of the immediate, where that is the last operand;
   * `end` is where the instruction ends, if others follow it.
   */
  expect(text: string, width = 64, end = this.asm.position): void {
    this.offsets.push(this.end);
    this.texts.push(unsigned(text, width));
    this.widths.push(width);
    this.end = end;
  }

  /** Compares with the disassembler's reading. */
  async verify(): Promise<void> {
    const code = this.asm.finish();
    const actual = await disassemble(code, 0, code.length);
    for (const [k, offset] of this.offsets.entries()) {
      const bytes = code.subarray(offset, this.offsets[k + 1]);
      const shown = `${Buffer.from(bytes).toString('hex')} for "${this.texts[k]}"`;
      assert.equal(actual[k] && unsigned(actual[k].text, this.widths[k]), this.texts[k], shown);
      assert.equal(actual[k].offset, offset, shown);
      // The long VEX prefix only where the short one has no room for what it says.
      if (bytes[0] === 0xc4) assert.ok((bytes[1] & 0x7f) !== 0x61 || bytes[2] >= 0x80, shown);
      // A REX prefix without bits only where a byte register needs it.
      if (bytes[0] === 0x40) assert.match(this.texts[k], /\b(spl|bpl|sil|dil)\b/, shown);
    }
    assert.equal(actual.length, this.offsets.length);
  }
}

export interface Instruction extends forms.Row {
  readonly id: number;
}

const instructions: readonly Instruction[] = forms.rows.map((row, id) => ({ ...row, id }));

export function having(...tables: readonly Int32Array[]): readonly Instruction[] {
  return instructions.filter(({ id }) => tables.some((table) => table[id] !== 0));
}

/** Rows whose operands are alike: the one in ModRM.rm is written first. */
export function isSymmetric(row: Instruction): boolean {
  return row.mnemonic === 'test' || row.mnemonic === 'xchg';
}

const byCl = new Set<number>(Object.entries(X).flatMap(([name, id]) => (name.endsWith('_cl') ? [id] : [])));
const byXmm0 = new Set<number>([X.pblendvb, X.blendvps, X.blendvpd]);

/** What an instruction is written with beside its operands. */
export function implicitOperands({ id }: Instruction): readonly string[] {
  return byCl.has(id) ? ['cl'] : byXmm0.has(id) ? ['xmm0'] : [];
}

const predicates = ['eq', 'lt', 'le', 'unord', 'neq', 'nlt', 'nle', 'ord'];

/** Comparisons of floats, whose predicate is written in the mnemonic. */
function comparesFloats(row: Instruction): boolean {
  return /^v?cmp(ss|sd|ps|pd)$/.test(row.mnemonic);
}

/** Mnemonic and operands joined, with the forms that are written in a way of their own. */
export function written(row: Instruction, operands: readonly string[], immediate?: number): string {
  if (comparesFloats(row)) {
    const mnemonic = row.mnemonic.replace('cmp', `cmp${predicates[immediate ?? 0]}`);
    return `${mnemonic} ${operands.join(', ')}`;
  }
  const last = immediate === undefined ? [] : [`${immediate}`];
  return `${row.mnemonic} ${[...operands, ...implicitOperands(row), ...last].join(', ')}`;
}

/** Values for the immediate of a row, and the width at which they are compared. */
export function immediatesOf(
  row: Instruction,
  full: Int32Array,
): { readonly values: readonly number[]; readonly width: number } {
  if (comparesFloats(row)) return { values: [...predicates.keys()], width: 8 };
  if (full[row.id] === 0) return { values: unsignedBytes, width: 8 };
  const width = registerWidths[row.rm];
  return { values: immediates[width], width };
}

const registerWidths: Readonly<Record<forms.RegisterClass, number>> = {
  r8: 8,
  r16: 16,
  r32: 32,
  r64: 64,
  xmm: 128,
  none: 64,
};

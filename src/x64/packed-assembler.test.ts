import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Assembler } from './assembler.js';
import { fullCpu } from './cpu-features.fixture.js';
import { baselineCpu, type CpuFeatures } from './cpu-features.js';
import { imm32, oneSourceBit, vexBit } from './encoding.js';
import * as forms from './instruction-forms.js';
import { X } from './instructions.js';
import {
  type Address,
  addresses,
  everyAddress,
  having,
  hex,
  type Instruction,
  immediatesOf,
  keywords,
  Listing,
  numbers,
  registerNames,
  rsp,
  written,
} from './listing.fixture.js';

const xmm = registerNames.xmm;

const sse: CpuFeatures = { ...baselineCpu, sse41: true };

/** Choices between two operands by a third one, whose number is in the upper half of the immediate. */
const blends = new Set<number>([X.vpblendvb, X.vblendvps, X.vblendvpd]);

/** Rows with one source, or two. */
function packed(table: Int32Array, sources: forms.Sources): readonly Instruction[] {
  return having(table).filter(({ id }) => ((table[id] & oneSourceBit) !== 0) === (sources === 1));
}

/** Immediates of a row; one of them is undefined where it has none. */
function immediates(row: Instruction): readonly (number | undefined)[] {
  const encoding = forms.packedForm[row.id] | forms.packedMemoryForm[row.id];
  if ((encoding & imm32) === 0) return [undefined];
  const { values } = immediatesOf(row, forms.rriForm);
  return row.mnemonic.startsWith('cmp') ? values : [...values, 0x1b, 0xff];
}

function inMemory(row: Instruction, { text }: Address): string {
  return keywords[row.memoryBits] + text;
}

/** Emits for one kind of processor, and knows how that is written. */
class PackedListing extends Listing {
  readonly #cpu: CpuFeatures;

  constructor(cpu: CpuFeatures) {
    super();
    this.#cpu = cpu;
    this.asm.allow(cpu);
  }

  rows(table: Int32Array, sources: forms.Sources): readonly Instruction[] {
    const { avx } = this.#cpu;
    return packed(table, sources).filter(({ id }) => !blends.has(id) && (avx || (table[id] & vexBit) === 0));
  }

  /** What has been emitted is dst = a op `last`. */
  two(row: Instruction, dst: number, a: number, last: string, immediate: number | undefined): void {
    if (!this.#cpu.avx) {
      // SSE copies the first source, with a REX prefix for the upper registers.
      if (dst !== a) this.expect(`movaps ${xmm[dst]}, ${xmm[a]}`, 64, this.end + 3 + ((dst | a) >> 3));
      this.expect(written(row, [xmm[dst], last], immediate), 8);
    } else {
      this.expect(written(this.#withAvx(row), [xmm[dst], xmm[a], last], immediate), 8);
    }
  }

  /** What has been emitted is dst = op `last`. */
  one(row: Instruction, dst: number, last: string, immediate: number | undefined): void {
    this.expect(written(this.#cpu.avx ? this.#withAvx(row) : row, [xmm[dst], last], immediate), 8);
  }

  #withAvx(row: Instruction): Instruction {
    return row.mnemonic.startsWith('v') ? row : { ...row, mnemonic: `v${row.mnemonic}` };
  }
}

for (const [name, cpu] of [
  ['AVX', fullCpu],
  ['SSE', sse],
] as const) {
  describe(`packed instructions read as they should, with ${name}`, () => {
    it('of two sources, in registers', async () => {
      const listing = new PackedListing(cpu);
      for (const row of listing.rows(forms.packedForm, 2)) {
        for (const [k, immediate] of immediates(row).entries()) {
          for (const dst of numbers) {
            for (const a of numbers) {
              const b = (dst * 3 + a * 5 + k) & 15;
              if (!cpu.avx && row.rm === 'xmm' && dst === b && dst !== a) continue;
              listing.asm.packed(row.id, dst, a, b, immediate);
              listing.two(row, dst, a, registerNames[row.rm][b], immediate);
            }
          }
        }
      }
      await listing.verify();
    });

    it('of one source, in a register', async () => {
      const listing = new PackedListing(cpu);
      for (const row of listing.rows(forms.packedForm, 1)) {
        for (const immediate of immediates(row)) {
          for (const dst of numbers) {
            for (const a of numbers) {
              listing.asm.packedUnary(row.id, dst, a, immediate);
              listing.one(row, dst, xmm[a], immediate);
            }
          }
        }
      }
      await listing.verify();
    });

    it('with the last source in memory', async () => {
      const listing = new PackedListing(cpu);
      const { asm } = listing;
      for (const row of listing.rows(forms.packedMemoryForm, 2)) {
        const values = immediates(row);
        for (const [k, at] of addresses.entries()) {
          const { base, index, scale, disp } = at;
          const dst = k & 15;
          const a = (k & 3) === 0 ? dst : (k * 7) & 15;
          const immediate = values[k % values.length];
          if (index < 0) asm.packedMemory(row.id, dst, a, base, disp, immediate);
          else asm.packedIndexed(row.id, dst, a, base, index, scale, disp, immediate);
          listing.two(row, dst, a, inMemory(row, at), immediate);
        }
      }
      await listing.verify();
    });

    it('with the only source in memory', async () => {
      const listing = new PackedListing(cpu);
      const { asm } = listing;
      for (const row of listing.rows(forms.packedMemoryForm, 1)) {
        const values = immediates(row);
        for (const [k, at] of addresses.entries()) {
          const { base, index, scale, disp } = at;
          const dst = k & 15;
          const immediate = values[k % values.length];
          if (index < 0) asm.packedUnaryMemory(row.id, dst, base, disp, immediate);
          else asm.packedUnaryIndexed(row.id, dst, base, index, scale, disp, immediate);
          listing.one(row, dst, inMemory(row, at), immediate);
        }
      }
      await listing.verify();
    });

    it('with the last or only source at a label', async () => {
      const listing = new PackedListing(cpu);
      const { asm } = listing;
      const label = asm.newLabel();
      asm.bind(label);
      const target = (row: Instruction): string => `${keywords[row.memoryBits]}[rip - ${hex(asm.position)}]`;
      for (const row of listing.rows(forms.packedMemoryForm, 2)) {
        for (const immediate of immediates(row)) {
          for (const dst of numbers) {
            asm.packedLabel(row.id, dst, 9, label, immediate);
            listing.two(row, dst, 9, target(row), immediate);
          }
        }
      }
      for (const row of listing.rows(forms.packedMemoryForm, 1)) {
        for (const immediate of immediates(row)) {
          for (const dst of numbers) {
            asm.packedUnaryLabel(row.id, dst, label, immediate);
            listing.one(row, dst, target(row), immediate);
          }
        }
      }
      await listing.verify();
    });

    it('of shifts by a constant', async () => {
      const listing = new PackedListing(cpu);
      const shifts = having(forms.riShortForm).filter(({ rm }) => rm === 'xmm');
      assert.equal(shifts.length, 10);
      for (const row of shifts) {
        for (const dst of numbers) {
          for (const a of numbers) {
            listing.asm.packedShift(row.id, dst, a, dst + a);
            if (cpu.avx) listing.expect(`v${row.mnemonic} ${xmm[dst]}, ${xmm[a]}, ${dst + a}`, 8);
            else listing.two(row, dst, a, `${dst + a}`, undefined);
          }
        }
      }
      await listing.verify();
    });

    it('with every base, index, scale and kind of displacement', async () => {
      const listing = new PackedListing(cpu);
      const { asm } = listing;
      for (const [k, at] of everyAddress.entries()) {
        // One whose prefix can be short, and one whose map needs the long one.
        for (const row of having(forms.packedMemoryForm).filter(
          ({ id }) => id === X.paddd || id === X.pshufb,
        )) {
          const { base, index, scale, disp } = at;
          const dst = (k + (k >> 4)) & 15;
          if (index < 0) asm.packedMemory(row.id, dst, dst, base, disp);
          else asm.packedIndexed(row.id, dst, dst, base, index, scale, disp);
          listing.two(row, dst, dst, inMemory(row, at), undefined);
        }
      }
      await listing.verify();
    });
  });
}

describe('packed instructions', () => {
  it('that choose by a fourth operand read as they should', async () => {
    const listing = new PackedListing(fullCpu);
    const { asm } = listing;
    for (const row of having(forms.packedForm).filter(({ id }) => blends.has(id))) {
      for (const [k, at] of addresses.entries()) {
        const [dst, a, b, mask] = [k, k * 3, k * 7 + 1, k * 5 + 2].map((n) => n & 15);
        asm.packedBlend(row.id, dst, a, b, mask);
        listing.expect(`${row.mnemonic} ${xmm[dst]}, ${xmm[a]}, ${xmm[b]}, ${xmm[mask]}`);
        const { base, index, scale, disp } = at;
        if (index < 0) asm.packedMemory(row.id, dst, a, base, disp, mask << 4);
        else asm.packedIndexed(row.id, dst, a, base, index, scale, disp, mask << 4);
        listing.expect(`${row.mnemonic} ${xmm[dst]}, ${xmm[a]}, ${inMemory(row, at)}, ${xmm[mask]}`);
      }
    }
    await listing.verify();
  });

  it('have the form of AVX until the processor is known', () => {
    const asm = new Assembler();
    assert.equal(asm.avx, true);
    asm.packed(X.paddd, 1, 2, 3);
    asm.packed(X.vfmadd231ps, 1, 2, 3);
    for (const [cpu, avx] of [
      [baselineCpu, false],
      [fullCpu, true],
      [{ ...fullCpu, avx: false }, false],
    ] as const) {
      asm.allow(cpu);
      assert.equal(asm.avx, avx);
    }
  });

  it('refuse what cannot be encoded', () => {
    const asm = new Assembler();
    const refused: readonly (readonly [emit: () => void, error: RegExp | RangeErrorConstructor])[] = [
      [() => asm.packed(X.pabsb, 1, 2, 3), /pabsb has no form "packed"/],
      [() => asm.packed(X.movaps, 1, 2, 3), /movaps has no form "packed"/],
      [() => asm.packed(X.movlps, 1, 2, 3), /movlps has no form "packed"/],
      [() => asm.packed(X.add32, 1, 2, 3), /add has no form "packed"/],
      [() => asm.packedUnary(X.paddb, 1, 2), /paddb has no form "packedUnary"/],
      [() => asm.packedUnary(X.vbroadcastss, 1, 2), /vbroadcastss has no form "packedUnary"/],
      [() => asm.packedUnary(X.neg32, 1, 2), /neg has no form "packedUnary"/],
      [() => asm.packedMemory(X.movhlps, 1, 2, 3, 0), /movhlps has no form "packedMemory"/],
      [() => asm.packedIndexed(X.pabsb, 1, 2, 3, 5, 0, 0), /pabsb has no form "packedIndexed"/],
      [() => asm.packedLabel(X.pmovsxbw, 1, 2, asm.newLabel()), /pmovsxbw has no form "packedLabel"/],
      [() => asm.packedUnaryMemory(X.paddb, 1, 2, 0), /paddb has no form "packedUnaryMemory"/],
      [() => asm.packedUnaryIndexed(X.paddb, 1, 2, 3, 0, 0), /paddb has no form "packedUnaryIndexed"/],
      [() => asm.packedUnaryLabel(X.paddb, 1, asm.newLabel()), /paddb has no form "packedUnaryLabel"/],
      [() => asm.packedShift(X.shl32, 1, 2, 3), /shl has no form "packedShift"/],
      [() => asm.packedShift(X.paddb, 1, 2, 3), /paddb has no form "packedShift"/],
      [() => asm.packedIndexed(X.paddb, 1, 2, 3, rsp, 0, 0), /rsp cannot be an index/],
      [() => asm.packedMemory(X.paddb, 1, 2, 3, 0x80000000), RangeError],
    ];
    for (const [emit, message] of refused) assert.throws(emit, message);
    asm.allow(sse);
    assert.throws(() => asm.packed(X.psubd, 1, 2, 1), /psubd would overwrite its second source/);
    for (const id of [X.vpbroadcastb, X.vpbroadcastq]) {
      assert.throws(() => asm.packedUnary(id, 1, 2), /CPU feature avx2,/);
    }
    assert.throws(() => asm.packed(X.vfmadd231ps, 1, 2, 3), /CPU feature fma,/);
    assert.throws(() => asm.packedBlend(X.vpblendvb, 1, 2, 3, 4), /CPU feature avx,/);
  });
});

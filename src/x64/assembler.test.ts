import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Assembler } from './assembler.js';
import { conditionNames } from './conditions.js';
import { imm16, imm32, swapBit } from './encoding.js';
import * as forms from './instruction-forms.js';
import { X } from './instructions.js';
import {
  addresses,
  everyAddress,
  having,
  hex,
  type Instruction,
  immediates,
  immediatesOf,
  isSymmetric,
  keywords,
  Listing,
  load,
  numbers,
  registerNames,
  rsp,
  store,
  written,
} from './listing.fixture.js';

describe('every instruction reads as it should, in every form', () => {
  it('is named after its mnemonic and operand sizes', () => {
    for (const [name, id] of Object.entries(X)) {
      const { mnemonic, reg, rm } = forms.rows[id];
      if (name === mnemonic.replace(' ', '_')) continue;
      const [, stem, sizes] =
        /^(.*?)(?:1_)?((?:8|16|32|64)(?:_8|_16)?)?(?:_cl|_xr|_rx|_m)?$/.exec(name) ?? [];
      assert.ok(mnemonic.startsWith(stem), name);
      const [first, second] = sizes?.split('_') ?? [];
      if (second !== undefined) assert.deepEqual([reg, rm], [`r${first}`, `r${second}`], name);
      else if (first !== undefined) assert.ok([reg, rm].includes(`r${first}` as forms.RegisterClass), name);
    }
  });

  it('op', async () => {
    const strings: Readonly<Record<string, string>> = {
      'rep movsb': ' byte ptr [rdi], byte ptr [rsi]',
      'rep movsq': ' qword ptr [rdi], qword ptr [rsi]',
      'rep stosb': ' byte ptr [rdi], al',
      'rep stosq': ' qword ptr [rdi], rax',
    };
    const listing = new Listing();
    for (const { id, mnemonic } of having(forms.opForm)) {
      listing.asm.op(id);
      listing.expect(mnemonic + (strings[mnemonic] ?? ''));
    }
    await listing.verify();
  });

  it('r', async () => {
    const listing = new Listing();
    for (const row of having(forms.rForm)) {
      for (const rm of numbers) {
        listing.asm.r(row.id, rm);
        listing.expect(written(row, [registerNames[row.rm][rm]]));
      }
    }
    await listing.verify();
  });

  it('i', async () => {
    const listing = new Listing();
    for (const row of having(forms.iForm)) {
      const width = (forms.iForm[row.id] & imm32) === imm16 ? 16 : 64;
      for (const immediate of immediates[width]) {
        listing.asm.i(row.id, immediate);
        listing.expect(written(row, [], immediate), width);
      }
    }
    await listing.verify();
  });

  it('rr', async () => {
    const listing = new Listing();
    for (const row of having(forms.rrForm)) {
      // Without a form `reg, r/m` the operand in ModRM.rm is the destination.
      const swapped = (forms.rrForm[row.id] & swapBit) !== 0;
      const [first, second] = swapped ? [row.rm, row.reg] : [row.reg, row.rm];
      for (const a of numbers) {
        for (const b of numbers) {
          listing.asm.rr(row.id, a, b);
          const operands = [registerNames[first][a], registerNames[second][b]];
          listing.expect(written(row, isSymmetric(row) ? operands.reverse() : operands));
        }
      }
    }
    await listing.verify();
  });

  it('ri', async () => {
    const listing = new Listing();
    for (const row of having(forms.riShortForm, forms.riForm)) {
      const { values, width } = immediatesOf(row, forms.riForm);
      for (const rm of numbers) {
        for (const immediate of values) {
          listing.asm.ri(row.id, rm, immediate);
          listing.expect(written(row, [registerNames[row.rm][rm]], immediate), width);
        }
      }
    }
    await listing.verify();
  });

  it('rri', async () => {
    const listing = new Listing();
    for (const row of having(forms.rriShortForm, forms.rriForm)) {
      const { values, width } = immediatesOf(row, forms.rriForm);
      const swapped = (forms.rriShortForm[row.id] & swapBit) !== 0;
      const [first, second] = swapped ? [row.rm, row.reg] : [row.reg, row.rm];
      for (const reg of numbers) {
        for (const rm of numbers) {
          for (const immediate of values) {
            listing.asm.rri(row.id, reg, rm, immediate);
            const operands = [registerNames[first][reg], registerNames[second][rm]];
            listing.expect(written(row, operands, immediate), width);
          }
        }
      }
    }
    await listing.verify();
  });

  it('rrr', async () => {
    const listing = new Listing();
    for (const row of having(forms.rrrForm)) {
      const shift = row.mnemonic !== 'andn';
      for (const reg of numbers) {
        for (const vvvv of numbers) {
          const rm = (reg * 3 + vvvv * 5) & 15;
          listing.asm.rrr(row.id, reg, vvvv, rm);
          const names = registerNames[row.reg];
          const sources = [names[vvvv], names[rm]];
          listing.expect(written(row, [names[reg], ...(shift ? sources.reverse() : sources)]));
        }
      }
    }
    await listing.verify();
  });

  it('rm, rmx', async () => {
    const listing = new Listing();
    for (const row of having(forms.rmForm)) {
      for (const [k, at] of addresses.entries()) {
        const reg = k & 15;
        load(listing.asm, row.id, reg, at);
        const operands = [registerNames[row.reg][reg], keywords[row.memoryBits] + at.text];
        listing.expect(written(row, isSymmetric(row) ? operands.reverse() : operands));
      }
    }
    await listing.verify();
  });

  it('mr, mrx', async () => {
    const listing = new Listing();
    for (const row of having(forms.mrForm)) {
      for (const [k, at] of addresses.entries()) {
        const reg = k & 15;
        store(listing.asm, row.id, at, reg);
        listing.expect(written(row, [keywords[row.memoryBits] + at.text, registerNames[row.reg][reg]]));
      }
    }
    await listing.verify();
  });

  it('mi, mix', async () => {
    const listing = new Listing();
    for (const row of having(forms.miShortForm, forms.miForm)) {
      const { values, width } = immediatesOf(row, forms.miForm);
      for (const [k, at] of addresses.entries()) {
        const immediate = values[k % values.length];
        if (at.index < 0) listing.asm.mi(row.id, at.base, at.disp, immediate);
        else listing.asm.mix(row.id, at.base, at.index, at.scale, at.disp, immediate);
        listing.expect(written(row, [keywords[row.memoryBits] + at.text], immediate), width);
      }
    }
    await listing.verify();
  });

  it('m, mx', async () => {
    const listing = new Listing();
    for (const row of having(forms.mForm)) {
      for (const at of addresses) {
        if (at.index < 0) listing.asm.m(row.id, at.base, at.disp);
        else listing.asm.mx(row.id, at.base, at.index, at.scale, at.disp);
        listing.expect(written(row, [keywords[row.memoryBits] + at.text]));
      }
    }
    await listing.verify();
  });

  it('rmi, rmxi', async () => {
    const listing = new Listing();
    for (const row of having(forms.rmiShortForm, forms.rmiForm)) {
      const { values, width } = immediatesOf(row, forms.rmiForm);
      for (const [k, at] of addresses.entries()) {
        const reg = k & 15;
        const immediate = values[k % values.length];
        if (at.index < 0) listing.asm.rmi(row.id, reg, at.base, at.disp, immediate);
        else listing.asm.rmxi(row.id, reg, at.base, at.index, at.scale, at.disp, immediate);
        const operands = [registerNames[row.reg][reg], keywords[row.memoryBits] + at.text];
        listing.expect(written(row, operands, immediate), width);
      }
    }
    await listing.verify();
  });

  it('mri, mrxi', async () => {
    const listing = new Listing();
    for (const row of having(forms.mriForm)) {
      const { values, width } = immediatesOf(row, forms.rriForm);
      for (const [k, at] of addresses.entries()) {
        const reg = k & 15;
        const immediate = values[k % values.length];
        if (at.index < 0) listing.asm.mri(row.id, at.base, at.disp, reg, immediate);
        else listing.asm.mrxi(row.id, at.base, at.index, at.scale, at.disp, reg, immediate);
        const operands = [keywords[row.memoryBits] + at.text, registerNames[row.reg][reg]];
        listing.expect(written(row, operands, immediate), width);
      }
    }
    await listing.verify();
  });

  it('rl, rli, l', async () => {
    const listing = new Listing();
    const { asm } = listing;
    const label = asm.newLabel();
    asm.bind(label);
    const target = (row: Instruction): string => `${keywords[row.memoryBits]}[rip - ${hex(asm.position)}]`;
    for (const row of having(forms.rmForm)) {
      for (const reg of numbers) {
        asm.rl(row.id, reg, label);
        const operands = [registerNames[row.reg][reg], target(row)];
        listing.expect(written(row, isSymmetric(row) ? operands.reverse() : operands));
      }
    }
    for (const row of having(forms.rmiShortForm, forms.rmiForm)) {
      const { values, width } = immediatesOf(row, forms.rmiForm);
      for (const immediate of values) {
        asm.rli(row.id, 9, label, immediate);
        listing.expect(written(row, [registerNames[row.reg][9], target(row)], immediate), width);
      }
    }
    for (const row of having(forms.mForm)) {
      asm.l(row.id, label);
      listing.expect(written(row, [target(row)]));
    }
    await listing.verify();
  });

  it('conditions', async () => {
    const listing = new Listing();
    const { asm } = listing;
    for (const [cc, name] of conditionNames.entries()) {
      asm.setcc(cc, 6);
      listing.expect(`set${name} sil`);
      asm.cmovcc32(cc, 1, 10);
      listing.expect(`cmov${name} ecx, r10d`);
      asm.cmovcc64(cc, 9, 2);
      listing.expect(`cmov${name} r9, rdx`);
    }
    await listing.verify();
  });
});

describe('addressing modes', () => {
  for (const [name, id, access] of [
    ['every register, base, index and scale, to a byte register', X.mov8, 'byte ptr '],
    ['every register, base, index and scale, to an xmm register', X.movss, 'dword ptr '],
  ] as const) {
    it(name, async () => {
      const listing = new Listing();
      const row = forms.rows[id];
      for (const at of everyAddress) {
        for (const reg of numbers) {
          store(listing.asm, id, at, reg);
          listing.expect(`${row.mnemonic} ${access}${at.text}, ${registerNames[row.reg][reg]}`);
        }
      }
      await listing.verify();
    });
  }

  it('refuses what cannot be encoded', () => {
    const asm = new Assembler();
    assert.throws(() => asm.rmx(X.mov32, 0, 0, rsp, 0, 0), /rsp cannot be an index/);
    assert.throws(() => asm.rm(X.mov32, 0, 0, 0x80000000), RangeError);
    assert.throws(() => asm.mrx(X.mov32, 0, 1, 0, -0x80000001, 0), RangeError);
    assert.throws(() => asm.ri(X.add64, 0, 0xffffffff), RangeError);
    assert.throws(() => asm.mi(X.movsd, 0, 0, 1), /mov.* has no form "mi"/);
    assert.throws(() => asm.rr(X.ldmxcsr, 0, 0), /ldmxcsr has no form "rr"/);
  });

  it('moves 64-bit constants in the shortest way', async () => {
    const listing = new Listing();
    const { asm } = listing;
    const cases: readonly (readonly [lo: number, hi: number, length: number, text: string])[] = [
      [0, 0, 5, 'mov ebx, 0'],
      [0x7fffffff, 0, 5, 'mov ebx, 0x7fffffff'],
      [0xffffffff, 0, 5, 'mov ebx, 0xffffffff'],
      [-1, 0, 5, 'mov ebx, 0xffffffff'],
      [-1, -1, 7, 'mov rbx, 0xffffffffffffffff'],
      [0x80000000, 0xffffffff, 7, 'mov rbx, 0xffffffff80000000'],
      [0x7fffffff, -1, 10, 'movabs rbx, 0xffffffff7fffffff'],
      [0x89abcdef, 0x01234567, 10, 'movabs rbx, 0x123456789abcdef'],
    ];
    for (const [lo, hi, length, text] of cases) {
      for (const more of [0, 1]) {
        const start = asm.position;
        asm.movImm(more === 0 ? 3 : 11, lo, hi);
        assert.equal(asm.position - start, length === 5 ? 5 + more : length);
        listing.expect(more === 0 ? text : text.replace('ebx', 'r11d').replace('rbx', 'r11'));
      }
    }
    await listing.verify();
  });
});

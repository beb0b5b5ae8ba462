import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Assembler } from './assembler.js';
import { baselineCpu, type CpuFeature, cpuFeatures } from './cpu-features.js';
import * as encoding from './instruction-forms.js';

/** Mnemonics by the CPUID flag that Intel's manual (volume 2) names for them. */
const manual: Readonly<Record<CpuFeature, readonly string[]>> = {
  sse41: ['roundss', 'roundsd'],
  popcnt: ['popcnt'],
  lzcnt: ['lzcnt'],
  bmi1: ['andn', 'blsi', 'blsmsk', 'blsr', 'tzcnt'],
  bmi2: ['rorx', 'sarx', 'shlx', 'shrx'],
  avx: [],
  avx2: [],
  fma: [],
};

/** Everything that an instruction can be emitted as. */
const forms: readonly (readonly [words: Int32Array, emit: (a: Assembler, id: number) => void])[] = [
  [encoding.opForm, (a, id) => a.op(id)],
  [encoding.rForm, (a, id) => a.r(id, 1)],
  [encoding.mForm, (a, id) => a.m(id, 1, 8)],
  [encoding.mForm, (a, id) => a.mx(id, 1, 2, 3, 8)],
  [encoding.iForm, (a, id) => a.i(id, 1000)],
  [encoding.iShortForm, (a, id) => a.i(id, 1)],
  [encoding.rrForm, (a, id) => a.rr(id, 1, 2)],
  [encoding.riShortForm, (a, id) => a.ri(id, 1, 2)],
  [encoding.riForm, (a, id) => a.ri(id, 1, 1000)],
  [encoding.rriShortForm, (a, id) => a.rri(id, 1, 2, 3)],
  [encoding.rriForm, (a, id) => a.rri(id, 1, 2, 1000)],
  [encoding.rrrForm, (a, id) => a.rrr(id, 1, 2, 3)],
  [encoding.rmForm, (a, id) => a.rm(id, 1, 2, 8)],
  [encoding.rmForm, (a, id) => a.rmx(id, 1, 2, 3, 0, 8)],
  [encoding.rmForm, (a, id) => a.rl(id, 1, a.newLabel())],
  [encoding.mrForm, (a, id) => a.mr(id, 1, 8, 2)],
  [encoding.mrForm, (a, id) => a.mrx(id, 1, 2, 0, 8, 3)],
  [encoding.miShortForm, (a, id) => a.mi(id, 1, 8, 2)],
  [encoding.miForm, (a, id) => a.mix(id, 1, 2, 0, 8, 1000)],
  [encoding.rmiShortForm, (a, id) => a.rmi(id, 1, 2, 8, 3)],
  [encoding.rmiForm, (a, id) => a.rmxi(id, 1, 2, 3, 0, 8, 1000)],
  [encoding.rmiShortForm, (a, id) => a.rli(id, 1, a.newLabel(), 3)],
];

describe('CPU features', () => {
  test('each instruction names the feature that the manual says it needs', () => {
    for (const { mnemonic, feature } of encoding.rows) {
      const expected = cpuFeatures.find((name) => manual[name].includes(mnemonic));
      assert.equal(feature, expected, mnemonic);
    }
    for (const mnemonic of Object.values(manual).flat()) {
      assert.ok(
        encoding.rows.some((row) => row.mnemonic === mnemonic),
        mnemonic,
      );
    }
  });

  for (const missing of cpuFeatures) {
    test(`without ${missing} its instructions are refused in all their forms, and no others`, () => {
      const asm = new Assembler();
      asm.allow({
        sse41: true,
        popcnt: true,
        lzcnt: true,
        bmi1: true,
        bmi2: true,
        avx: true,
        avx2: true,
        fma: true,
        [missing]: false,
      });
      let refused = 0;
      for (const [id, { mnemonic, feature }] of encoding.rows.entries()) {
        for (const [words, emit] of forms) {
          if (words[id] === 0) continue;
          asm.reset();
          if (feature === missing) {
            refused++;
            assert.throws(() => emit(asm, id), { message: new RegExp(`CPU feature ${missing},`) }, mnemonic);
          } else {
            emit(asm, id);
          }
        }
      }
      assert.ok(refused > 0);
    });
  }

  test('an assembler that was told nothing emits everything', () => {
    const asm = new Assembler();
    for (const [id] of encoding.rows.entries()) {
      for (const [words, emit] of forms) if (words[id] !== 0) emit(asm, id);
    }
    asm.allow(baselineCpu);
    assert.throws(() =>
      asm.rr(
        encoding.rows.findIndex(({ mnemonic }) => mnemonic === 'popcnt'),
        0,
        1,
      ),
    );
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Assembler } from './assembler.js';
import { fullCpu } from './cpu-features.fixture.js';
import { baselineCpu, type CpuFeature, cpuFeatures } from './cpu-features.js';
import { oneSourceBit } from './encoding.js';
import * as encoding from './instruction-forms.js';
import { X } from './instructions.js';

/**
 * Mnemonics by the CPUID flag that Intel's manual (volume 2) names for them. `sse41` has those of SSE3 and
 * SSSE3 too, and `avx` one of SSE4.2.
 */
const manual: Readonly<Record<CpuFeature, readonly string[]>> = {
  sse41: [
    ...[
      'roundss',
      'roundsd',
      'roundps',
      'roundpd',
      'movddup',
      'movshdup',
      'movsldup',
      'insertps',
      'extractps',
    ],
    ...['blendps', 'blendpd', 'blendvps', 'blendvpd', 'pblendw', 'pblendvb', 'palignr', 'pshufb', 'ptest'],
    ...['pabsb', 'pabsw', 'pabsd', 'psignb', 'psignw', 'psignd', 'pmulhrsw', 'pmaddubsw', 'pmulld', 'pmuldq'],
    ...[
      'pminsb',
      'pmaxsb',
      'pminuw',
      'pmaxuw',
      'pminsd',
      'pmaxsd',
      'pminud',
      'pmaxud',
      'pcmpeqq',
      'packusdw',
    ],
    ...['pmovsxbw', 'pmovsxbd', 'pmovsxbq', 'pmovsxwd', 'pmovsxwq', 'pmovsxdq'],
    ...['pmovzxbw', 'pmovzxbd', 'pmovzxbq', 'pmovzxwd', 'pmovzxwq', 'pmovzxdq'],
    ...['pinsrb', 'pinsrd', 'pinsrq', 'pextrb', 'pextrd', 'pextrq', 'pextrw m16'],
  ],
  popcnt: ['popcnt'],
  lzcnt: ['lzcnt'],
  bmi1: ['andn', 'blsi', 'blsmsk', 'blsr', 'tzcnt'],
  bmi2: ['rorx', 'sarx', 'shlx', 'shrx'],
  avx: ['vbroadcastss', 'vblendvps', 'vblendvpd', 'vpblendvb', 'vpcmpgtq'],
  avx2: ['vpbroadcastb', 'vpbroadcastw', 'vpbroadcastd', 'vpbroadcastq', 'vpblendd'],
  fma: ['132', '213', '231'].flatMap((order) =>
    ['ps', 'pd'].flatMap((type) => [`vfmadd${order}${type}`, `vfnmadd${order}${type}`]),
  ),
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
  [encoding.mriForm, (a, id) => a.mri(id, 1, 8, 2, 3)],
  [encoding.mriForm, (a, id) => a.mrxi(id, 1, 2, 0, 8, 3, 4)],
];

/** The same of packed instructions, with two sources and with one. */
const packedForms: typeof forms = [
  [encoding.packedForm, (a, id) => a.packed(id, 1, 2, 3, 4)],
  [encoding.packedMemoryForm, (a, id) => a.packedMemory(id, 1, 2, 3, 8, 4)],
  [encoding.packedMemoryForm, (a, id) => a.packedIndexed(id, 1, 2, 3, 5, 0, 8, 4)],
  [encoding.packedMemoryForm, (a, id) => a.packedLabel(id, 1, 2, a.newLabel(), 4)],
];
const unaryForms: typeof forms = [
  [encoding.packedForm, (a, id) => a.packedUnary(id, 1, 2, 3)],
  [encoding.packedMemoryForm, (a, id) => a.packedUnaryMemory(id, 1, 2, 8, 3)],
  [encoding.packedMemoryForm, (a, id) => a.packedUnaryIndexed(id, 1, 2, 3, 0, 8, 4)],
  [encoding.packedMemoryForm, (a, id) => a.packedUnaryLabel(id, 1, a.newLabel(), 3)],
];

/** All that a row can be emitted as. */
function emitters(id: number): ((asm: Assembler) => void)[] {
  const isUnary = ((encoding.packedForm[id] | encoding.packedMemoryForm[id]) & oneSourceBit) !== 0;
  return [...forms, ...(isUnary ? unaryForms : packedForms)].flatMap(([words, emit]) =>
    words[id] === 0 ? [] : [(asm: Assembler) => emit(asm, id)],
  );
}

describe('CPU features', () => {
  test('each instruction names the feature that the manual says it needs', () => {
    for (const [id, { mnemonic, feature }] of encoding.rows.entries()) {
      const listed = id === X.pextrw_m ? 'pextrw m16' : mnemonic;
      const expected = cpuFeatures.find((name) => manual[name].includes(listed));
      assert.equal(feature, expected, mnemonic);
    }
    for (const [mnemonic] of Object.values(manual).flatMap((list) => list.map((entry) => entry.split(' ')))) {
      assert.ok(
        encoding.rows.some((row) => row.mnemonic === mnemonic),
        mnemonic,
      );
    }
  });

  for (const missing of cpuFeatures) {
    test(`without ${missing} its instructions are refused in all their forms, and no others`, () => {
      const asm = new Assembler();
      asm.allow({ ...fullCpu, [missing]: false });
      let refused = 0;
      for (const [id, { mnemonic, feature }] of encoding.rows.entries()) {
        for (const emit of emitters(id)) {
          asm.reset();
          if (feature === missing) {
            refused++;
            assert.throws(() => emit(asm), { message: new RegExp(`CPU feature ${missing},`) }, mnemonic);
          } else {
            emit(asm);
          }
        }
      }
      assert.ok(refused > 0);
    });
  }

  test('an assembler that was told nothing emits everything', () => {
    const asm = new Assembler();
    for (const [id] of encoding.rows.entries()) {
      for (const emit of emitters(id)) emit(asm);
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

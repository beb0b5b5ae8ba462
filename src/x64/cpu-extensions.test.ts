import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CpuidAnswers,
  cpuidLeaves,
  extensionNames,
  featuresOf,
  knownExtensions,
  llvmNames,
  namesInFeatureString,
  namesOf,
  neededNames,
} from './cpu-extensions.js';
import { baselineCpu, cpuFeatures } from './cpu-features.js';

/** Answers of a processor that has the leaves up to these. */
function answers(
  bits: number,
  keptRegisters: number,
  last = 0xffff,
  lastExtended = 0x8000_ffff,
): CpuidAnswers {
  const words = new Uint32Array(4 * cpuidLeaves.length).fill(bits);
  for (const [position, { leaf }] of cpuidLeaves.entries()) {
    if (leaf === 0) words[4 * position] = last;
    if (leaf === 0x8000_0000) words[4 * position] = lastExtended;
  }
  return { words, keptRegisters };
}

test('a processor with everything has all extensions, one with nothing none', () => {
  assert.deepEqual(extensionNames(answers(0xffff_ffff, 0xffff_ffff)), knownExtensions());
  assert.deepEqual(extensionNames(answers(0, 0xffff_ffff)), []);
  assert.ok(knownExtensions().length > 100);
  for (const name of Object.values(llvmNames)) assert.ok(knownExtensions().includes(name), name);
});

test('what the operating system does not keep cannot be used', () => {
  const none = extensionNames(answers(0xffff_ffff, 0));
  for (const name of ['sse4.2', 'bmi2', 'lzcnt', 'gfni', 'sha']) assert.ok(none.includes(name), name);
  for (const name of none) assert.doesNotMatch(name, /^(avx|amx|fma|f16c|v|xsave|egpr|sm[34]|sha512)/);
  // XMM alone, and upper halves alone, are not enough.
  for (const part of [2, 4, 0xe0]) assert.deepEqual(extensionNames(answers(0xffff_ffff, part)), none);
  const ymm = extensionNames(answers(0xffff_ffff, 6));
  assert.ok(ymm.includes('avx2') && ymm.includes('avxvnni'));
  assert.ok(!ymm.some((name) => /^(avx512|avx10|amx|egpr)/.test(name)));
  const zmm = extensionNames(answers(0xffff_ffff, 0xe6));
  assert.ok(zmm.includes('avx512f') && !zmm.includes('amx-tile') && !zmm.includes('egpr'));
});

test('code needs none of what every processor has, or what nothing asks for', () => {
  const needed = neededNames(knownExtensions());
  for (const name of ['sse3', 'avx2', 'bmi', 'gfni', 'avx512f']) assert.ok(needed.includes(name), name);
  for (const name of ['sse2', '64bit', 'shstk', 'xsaves', 'clwb']) assert.ok(!needed.includes(name), name);
  // All that are left out are in the table.
  assert.equal(knownExtensions().length - needed.length, 45);
});

test('leaves that a processor does not have are not read', () => {
  const old = extensionNames(answers(0xffff_ffff, 0xffff_ffff, 1, 0x8000_0000));
  assert.ok(old.includes('sse4.2') && old.includes('avx'));
  for (const name of ['bmi', 'avx2', 'lzcnt', 'clzero', 'ptwrite']) assert.ok(!old.includes(name), name);
});

test('what our compilers distinguish comes from the same names', () => {
  for (const feature of cpuFeatures) {
    const cpu = { ...baselineCpu, [feature]: true };
    assert.deepEqual(namesOf(cpu), [llvmNames[feature]]);
    assert.deepEqual(featuresOf(namesOf(cpu)), cpu);
  }
  assert.deepEqual(namesOf(baselineCpu), []);
  assert.deepEqual(namesInFeatureString('+sse2,-avx,+bmi,+adx'), ['adx', 'bmi', 'sse2']);
  assert.deepEqual(namesInFeatureString(''), []);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { edgeModules } from './edge-modules.js';
import { generateModule } from './generator/module.js';
import { mutateBytes, mutateCode } from './mutate.js';
import { Random } from './random.js';
import { difference, disagreement, validateInputs } from './validate.js';

test('we agree with V8 on the modules at the edges of the format', () => {
  const { problems, verdicts } = validateInputs(edgeModules, () => {});
  const texts = problems.map(
    ({ input, difference }) => `${input}: ${difference.found}, V8 ${difference.expected}`,
  );
  assert.deepEqual(texts, []);
  for (const kind of ['accepted', 'refused', 'unsupported', 'limit']) assert.ok(verdicts[kind] > 0, kind);
});

test('we agree with V8 on mutated modules, some of which are valid', () => {
  const random = new Random(5);
  const inputs = Array.from({ length: 400 }, (_, k) => {
    const bytes = generateModule(k % 20);
    return k % 2 === 0 ? mutateBytes(bytes, random) : mutateCode(bytes, random);
  });
  const { problems, verdicts } = validateInputs(inputs, () => {});
  assert.deepEqual(problems, []);
  assert.ok(verdicts['accepted'] > 20 && verdicts['refused'] > 100, JSON.stringify(verdicts));
});

describe('a disagreement is noticed', () => {
  test('where we accept what V8 refuses, but for its limits', () => {
    assert.notEqual(disagreement({ kind: 'accepted' }, 'type mismatch'), undefined);
    assert.equal(disagreement({ kind: 'accepted' }, 'size 9 > maximum of 8'), undefined);
    assert.equal(disagreement({ kind: 'accepted' }, undefined), undefined);
  });
  test('where we refuse what V8 accepts, but by name', () => {
    assert.notEqual(disagreement({ kind: 'refused', message: 'type mismatch' }, undefined), undefined);
    assert.equal(disagreement({ kind: 'unsupported', message: 'SIMD' }, undefined), undefined);
    assert.equal(disagreement({ kind: 'limit', message: 'too many locals' }, undefined), undefined);
    assert.equal(disagreement({ kind: 'refused', message: 'type mismatch' }, 'type mismatch'), undefined);
  });
  test('where V8 is asked first, even in the words', () => {
    const refused = { kind: 'refused', message: 'type mismatch' } as const;
    assert.equal(difference(refused, { ...refused }), undefined);
    assert.notEqual(difference(refused, { kind: 'accepted' }), undefined);
    assert.notEqual(difference(refused, { kind: 'refused', message: 'unknown local' }), undefined);
  });
  test('where we fail, whatever V8 says', () => {
    assert.notEqual(disagreement({ kind: 'failed', message: 'TypeError' }, undefined), undefined);
    assert.notEqual(disagreement({ kind: 'failed', message: 'TypeError' }, 'type mismatch'), undefined);
  });
});

test('the same seed gives the same mutations', () => {
  const bytes = generateModule(3);
  for (const mutate of [mutateBytes, mutateCode]) {
    assert.deepEqual(mutate(bytes, new Random(9)), mutate(bytes, new Random(9)));
    assert.notDeepEqual(mutate(bytes, new Random(9)), mutate(bytes, new Random(10)));
  }
});

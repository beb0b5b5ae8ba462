import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hintsOf, withHintSection } from './branch-hints.fixture.js';
import { branchHints } from './branch-hints.js';
import { decodeModule } from './decode.js';
import { body, moduleBytes, section, typeSection, vector } from './module.fixture.js';

/** (import "" "" (func)) (func) (func) */
const plain = moduleBytes(
  typeSection([[], []]),
  section(2, 1, 0, 0, 0, 0),
  section(3, ...vector([0], [0])),
  section(10, ...vector(body([]), body([]))),
);

/** The hints of functions 0 to 3, with offsets in the bodies. */
function hints(content: readonly number[]): (number[] | undefined)[] {
  const wasm = decodeModule(withHintSection(plain, content));
  return [0, 1, 2, 3].map((index) => {
    const found = branchHints(wasm, index);
    return found && [...found].map((value, k) => (k % 2 === 0 ? value - wasm.bodyStarts[index - 1] : value));
  });
}

const none = [undefined, undefined, undefined, undefined];

test('hints are found by function', () => {
  assert.deepEqual(hints(vector()), none);
  assert.deepEqual(hints(vector(hintsOf(2, [[5, 1]]))), [undefined, undefined, [5, 1], undefined]);
  const two = vector(
    hintsOf(1, [
      [3, 0],
      [300, 1],
    ]),
    hintsOf(2, []),
  );
  assert.deepEqual(hints(two), [undefined, [3, 0, 300, 1], [], undefined]);
  const wasm = decodeModule(plain);
  assert.equal(branchHints(wasm, 1), undefined);
});

for (const [name, content] of [
  ['nothing', []],
  ['bytes at the end', [...vector(hintsOf(1, [[3, 0]])), 0]],
  ['fewer functions than it says', [2, ...hintsOf(1, [[3, 0]])]],
  ['fewer hints than it says', [1, 1, 2, 3, 1, 0]],
  ['very many hints', [1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ['an imported function', vector(hintsOf(0, [[3, 0]]))],
  ['a function that is not there', vector(hintsOf(3, [[3, 0]]))],
  ['functions in the wrong order', vector(hintsOf(2, [[3, 0]]), hintsOf(1, [[3, 0]]))],
  ['a function twice', vector(hintsOf(1, [[3, 0]]), hintsOf(1, [[4, 0]]))],
  [
    'offsets in the wrong order',
    vector(
      hintsOf(1, [
        [3, 0],
        [3, 1],
      ]),
    ),
  ],
  ['another value', vector(hintsOf(1, [[3, 2]]))],
  ['another size', [1, 1, 1, 3, 2, 0, 0]],
] as const) {
  test(`a section with ${name} says nothing`, () => {
    assert.deepEqual(hints(content), none);
  });
}

test('two sections say nothing', () => {
  const content = vector(hintsOf(1, [[3, 0]]));
  const wasm = decodeModule(withHintSection(withHintSection(plain, content), content));
  assert.equal(branchHints(wasm, 1), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryMode } from '../code/code-object.js';
import { Runtime } from '../runtime/runtime.js';
import type { CompileEvent } from '../runtime/store.js';
import { wat } from '../runtime/test-modules.js';
import { KeptCode } from './kept-code.js';

// What the build sets.
Reflect.set(globalThis, 'UPSHIFT_BUNDLE_ID', 'test');
/** Of a module as large as this no file is looked for. */
const large = new Uint8Array(5 * 2 ** 20);

const uses: readonly (readonly [MemoryMode, boolean])[] = [
  ['guarded', false],
  ['guarded', true],
  ['checked', false],
  ['checked', true],
];

for (const counting of [false, true]) {
  const what = counting ? 'that counts heat' : 'that does not count heat';
  test(`only code for guarded memories ${what} is kept and found`, () => {
    const events: CompileEvent[] = [];
    const runtime = new Runtime({ onCompile: (event) => events.push(event) });
    const module = runtime.compile(wat('(module (func (export "f")) (start 0))'));
    runtime.instantiate(module);
    const [event] = events;
    for (const [memoryMode, countHeat] of uses) {
      const kept = new KeptCode(large, counting);
      kept.add({ ...event, memoryMode, countHeat });
      const found = uses.map(([mode, counts]) => kept.find(module, 0, mode, counts));
      const isKept = memoryMode === 'guarded' && countHeat === counting;
      const expected = uses.map(([mode, counts]) =>
        isKept && mode === memoryMode && counts === countHeat ? event.code : undefined,
      );
      assert.deepEqual(found, expected);
    }
    runtime.dispose();
  });
}

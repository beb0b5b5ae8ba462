import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wat } from '../../src/runtime/modules.fixture.js';
import { decodeModule } from '../../src/wasm/decode.js';
import { Opcode } from '../../src/wasm/opcodes.js';
import { validateModule } from '../../src/wasm/validate.js';
import { Random } from '../random.js';
import { decodeDraft } from './decode.js';
import { encodeModule } from './encode.js';
import { spreadMemories } from './spread-memories.js';

const text = `(module (memory 2 3) (data (i32.const 65540) "abc") (data "abc")
  (func (param i32) (result i32)
    (i32.store offset=4 (i32.const 0) (i32.load8_u offset=7 (local.get 0)))
    (memory.copy (i32.const 0) (i32.const 1) (i32.const 2))
    (memory.init 1 (i32.const 0) (i32.const 1) (i32.const 2))
    (memory.grow (i32.const 1))))`;

test('instructions access any of the memories, and nothing else about them is changed', () => {
  const original = decodeDraft(wat(text)).functions[0].code;
  const seen = new Set<number | bigint>();
  for (let seed = 1; seed <= 20; seed++) {
    const draft = decodeDraft(wat(text));
    spreadMemories(draft, new Random(seed));
    validateModule(decodeModule(encodeModule(draft)));
    const { code } = draft.functions[0];
    assert.deepEqual(
      code.map(([opcode]) => opcode),
      original.map(([opcode]) => opcode),
    );
    for (const [opcode, ...immediates] of code) {
      if (opcode === Opcode['i32.store']) assert.deepEqual(immediates.slice(0, 2), [2, 4]);
      if (opcode === Opcode['memory.init']) assert.equal(immediates[0], 1);
      if (opcode === Opcode['memory.copy']) for (const memory of immediates) seen.add(memory);
    }
  }
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3]);
});

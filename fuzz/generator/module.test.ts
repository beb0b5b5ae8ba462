import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModule } from '../../src/wasm/decode.js';
import { Opcode, opcodes, opensBlock } from '../../src/wasm/opcodes.js';
import { validateModule } from '../../src/wasm/validate.js';
import { webAssembly } from '../machine-v8.js';
import { generateDraft, generateModule } from './module.js';

const seeds = Array.from({ length: 200 }, (_, k) => 1000 + k);

test('modules are valid, to V8 and to us', () => {
  for (const seed of seeds) {
    const bytes = generateModule(seed);
    assert.ok(webAssembly.validate(bytes), `seed ${seed}`);
    validateModule(decodeModule(bytes));
  }
});

test('the same seed gives the same module', () => {
  for (const seed of seeds.slice(0, 40)) assert.deepEqual(generateModule(seed), generateModule(seed));
  assert.notDeepEqual(generateModule(1), generateModule(2));
});

/** Features that drafts do not have. */
const notYet: ReadonlySet<string | undefined> = new Set([
  'exception-handling',
  'tail-call',
  'function-references',
]);

test('every opcode comes up', () => {
  const seen = new Set<number>();
  for (const seed of seeds) {
    for (const { code } of generateDraft(seed).functions) for (const [opcode] of code) seen.add(opcode);
  }
  const missing = opcodes
    .filter(({ code, feature }) => !seen.has(code) && !notYet.has(feature))
    .map(({ mnemonic }) => mnemonic);
  assert.deepEqual(missing, []);
});

test('there are many parameters, deep blocks, long tables of labels', () => {
  let [params, depth, labels] = [0, 0, 0];
  for (const seed of seeds) {
    const draft = generateDraft(seed);
    for (const type of draft.types) params = Math.max(params, type.params.length);
    for (const { code } of draft.functions) {
      let inner = 0;
      for (const [opcode, ...immediates] of code) {
        if (opensBlock[opcode] === 1) depth = Math.max(depth, ++inner);
        if (opcode === Opcode.end) inner--;
        if (opcode === Opcode.br_table) labels = Math.max(labels, immediates.length);
      }
    }
  }
  assert.ok(params > 20, `${params} parameters`);
  assert.ok(depth > 8, `${depth} blocks in each other`);
  assert.ok(labels > 50, `${labels} labels`);
});

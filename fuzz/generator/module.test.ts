import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModule } from '../../src/wasm/decode.js';
import type { Feature as ModuleFeature } from '../../src/wasm/feature-names.js';
import { ExternKind } from '../../src/wasm/module.js';
import { closesBlock, Opcode, opcodes, opensBlock } from '../../src/wasm/opcodes.js';
import { validateModule } from '../../src/wasm/validate.js';
import { webAssembly } from '../machine-v8.js';
import type { FunctionDraft, ModuleDraft } from '../module/draft.js';
import { lackingInV8 } from '../v8-features.js';
import { type Feature, features } from './features.js';
import { generateDraft, generateModule } from './module.js';

/** What the features are called elsewhere. V8 has had the older exceptions for longer than the others. */
const featureNames: Readonly<Record<Feature, ModuleFeature>> = {
  exceptions: 'exception-handling',
  'legacy-exceptions': 'simd',
  'tail-calls': 'tail-call',
  references: 'function-references',
  memories: 'multimemory',
  memory64: 'memory64',
  table64: 'memory64',
};

const lateFeatures: ReadonlySet<string | undefined> = new Set([
  'exception-handling',
  'tail-call',
  'function-references',
]);

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

test('modules with more features are valid to V8, as far as it has them', () => {
  for (const feature of features) {
    if (lackingInV8.has(featureNames[feature])) continue;
    for (const seed of seeds.slice(0, 60)) {
      assert.ok(webAssembly.validate(generateModule(seed, [feature])), `seed ${seed} with ${feature}`);
    }
  }
});

test('every opcode comes up', () => {
  const seen = new Set<number>();
  for (const seed of seeds) {
    for (const { code } of generateDraft(seed, features).functions)
      for (const [opcode] of code) seen.add(opcode);
  }
  const missing = opcodes.filter(({ code }) => !seen.has(code)).map(({ mnemonic }) => mnemonic);
  assert.deepEqual(missing, []);
});

test('modules without more features have no opcodes of them', () => {
  const newer = new Set(opcodes.filter(({ feature }) => lateFeatures.has(feature)).map(({ code }) => code));
  for (const seed of seeds) {
    for (const { code } of generateDraft(seed, []).functions)
      for (const [opcode] of code) assert.ok(!newer.has(opcode), `seed ${seed}`);
  }
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

test('functions of rings do not go on after their last turn', () => {
  let count = 0;
  for (const seed of seeds) {
    for (const { code } of ringsOf(generateDraft(seed, ['tail-calls']))) {
      // What branches out of the first half of the `if` must end the function.
      const opcodesOf = code.map(([opcode]) => opcode);
      assert.equal(opcodesOf[2], Opcode.if);
      let depth = 0;
      const end = opcodesOf.findIndex((opcode, k) => {
        depth += opensBlock[opcode] - closesBlock[opcode];
        return k > 2 && depth === 0;
      });
      assert.equal(end, opcodesOf.length - 2, `seed ${seed}`);
      count++;
    }
  }
  assert.ok(count > 20, `${count}`);
});

/** The functions that call each other in a ring. */
function ringsOf({ imports, functions, exports }: ModuleDraft): FunctionDraft[] {
  const entry = exports.find(({ name }) => name === 'ring');
  if (entry === undefined) return [];
  const imported = imports.filter(({ kind }) => kind === ExternKind.func).length;
  const first = functions[entry.index - imported].code.findLast(([opcode]) => opcode === Opcode.call);
  return functions.slice(Number(first?.[1]) - imported, entry.index - imported);
}

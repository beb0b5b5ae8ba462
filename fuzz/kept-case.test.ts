import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Opcode } from '../src/wasm/opcodes.js';
import { callText, parseCall } from './case.js';
import { features } from './generator/features.js';
import { caseText, parseCase, readCase, writeCase } from './kept-case.js';
import { decodeDraft } from './module/decode.js';
import { generatedCase } from './subjects.js';

/** The opcodes of all functions except `else`, which wabt omits if nothing follows it. */
function opcodesOf(bytes: Uint8Array): number[][] {
  return decodeDraft(bytes).functions.map(({ code }) =>
    code.map(([opcode]) => opcode).filter((opcode) => opcode !== Opcode.else),
  );
}

test('a case is read as it was written', () => {
  let count = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const subject = { ...generatedCase(seed), toleratesExhaustion: seed % 2 === 0 };
    // wabt cannot read its own output for extended constant expressions.
    if (decodeDraft(subject.bytes).globals.some(({ init }) => init.length > 1)) continue;
    const text = caseText(subject, ['a remark', 'on two\nlines']);
    assert.ok(text.startsWith(';; a remark\n;; on two\n;; lines\n'));
    const { subject: read, knownFailure } = parseCase('case.wat', text);
    assert.deepEqual(read.calls, subject.calls);
    assert.equal(read.toleratesExhaustion, subject.toleratesExhaustion);
    assert.equal(knownFailure, undefined);
    assert.deepEqual(opcodesOf(read.bytes), opcodesOf(subject.bytes));
    count++;
  }
  assert.ok(count > 5);
});

test('calls are read as they were written, strange names included', () => {
  for (const text of ['"f"', '"a \\"b\\" c" i32:0x5 externref:-1 f64:0x7ff0000000000000']) {
    assert.equal(callText(parseCall(text)), text);
  }
  assert.throws(() => parseCall('f i32:1'), /not a call/);
  assert.throws(() => parseCall('"f" i33:1'), /not an argument/);
});

test('a known failure is told', () => {
  const { knownFailure } = parseCase('case.wat', ';; known failure: for a reason\n(module)');
  assert.equal(knownFailure, 'for a reason');
});

test('cases with features of 3.0 are kept as text, or in the binary format with a listing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'upshift-kept-test-'));
  const kept = { wat: 0, wasm: 0 };
  try {
    for (let seed = 1; seed <= 30; seed++) {
      const subject = generatedCase(seed, features);
      const file = writeCase(join(folder, `case-${seed}`), subject, ['a remark']);
      const { subject: read } = readCase(file);
      assert.deepEqual(read.calls, subject.calls);
      assert.deepEqual(opcodesOf(read.bytes), opcodesOf(subject.bytes));
      kept[file.endsWith('.wat') ? 'wat' : 'wasm']++;
      if (file.endsWith('.wat')) continue;
      const text = readFileSync(file.replace('.wasm', '.txt'), 'utf8');
      assert.ok(text.startsWith(';; a remark\n') && /^func defined 0: type \d+/m.test(text), text);
    }
    assert.ok(kept.wat > 4 && kept.wasm > 4, JSON.stringify(kept));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { wat } from '../runtime/modules.fixture.js';
import { bodyScanCode } from './body-scan-code.js';
import { listSections } from './sections.js';

test('it is what the text says', () => {
  const text = readFileSync(new URL('../../../src/wasm/body-scan.wat', import.meta.url), 'utf8');
  const bytes = wat(text);
  const names = listSections(bytes).find(({ kind }) => kind === 'custom');
  assert.ok(names !== undefined && names.byteLength >= 64 && names.byteLength < 8192);
  // Its id and size take three bytes.
  const withoutNames = bytes.subarray(0, names.offset - 3);
  assert.equal(bodyScanCode, Buffer.from(withoutNames).toString('base64'));
});

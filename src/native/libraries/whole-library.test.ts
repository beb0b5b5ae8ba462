import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { truncation } from './whole-library.js';

const folder = mkdtempSync(join(tmpdir(), 'upshift-library-'));
after(() => rmSync(folder, { recursive: true }));

const require = createRequire(import.meta.url);
const library = join(
  dirname(require.resolve('@koromix/koffi-linux-x64/package.json')),
  'linux_x64/koffi.node',
);

test('shared libraries that end too early are found out', () => {
  assert.equal(truncation(library), undefined);
  const bytes = readFileSync(library);
  const cut = join(folder, 'cut.so');
  for (const length of [bytes.length - 1, bytes.length >> 1, 4096, 64]) {
    writeFileSync(cut, bytes.subarray(0, length));
    assert.match(truncation(cut) ?? '', new RegExp(`^it is truncated: it has ${length} of [0-9]+ bytes$`));
  }
});

test('what is no library is left to the loader', () => {
  const file = join(folder, 'text.so');
  writeFileSync(file, 'INPUT ( libc.so.6 ) '.repeat(10));
  for (const path of [file, folder, join(folder, 'none.so'), '/dev/null'])
    assert.equal(truncation(path), undefined);
  writeFileSync(file, readFileSync(library).subarray(0, 63));
  assert.equal(truncation(file), undefined);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { testContainer, testFile } from './container.fixture.js';
import { textOffset } from './elf-layout.js';

const folder = mkdtempSync(join(tmpdir(), 'upshift-elf-'));
const path = join(folder, 'test.aot');
writeFileSync(path, testFile());
after(() => rmSync(folder, { recursive: true }));

/** What a tool prints about the file. Complaints are failures. */
function tool(name: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(name, [...args, path], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout;
}

function without(name: string): string | false {
  return spawnSync(name, ['--version']).error === undefined ? false : `${name} is not installed`;
}

describe('readelf', { skip: without('readelf') }, () => {
  test('understands all of a file', () => {
    const output = tool('readelf', '-a', '-W');
    assert.match(output, /Type: +DYN/);
    assert.match(output, /LOAD +0x001000 0x0+1000 .* R E 0x1000/);
    assert.match(output, /Upshift\s+0x00000028/);
    assert.doesNotMatch(output, /warning|error|corrupt|<unknown>/i);
  });

  test('shows what the code depends on', () => {
    const output = tool('readelf', '-p', '.upshift.settings');
    assert.match(
      output,
      /compiler=1\.2\.3 abc\n.*memory=guarded\n.*counts-heat=yes\n.*relaxed=fused\n.*cpu=avx,avx2,bmi,bmi2,fma.*\n.*fast-cpu=avx,avx2,bmi,bmi2,fma/,
    );
  });

  test('shows a symbol for each function, as long as its code', () => {
    const output = tool('readelf', '-s', '-W');
    const { fast } = testContainer();
    for (const [k, name] of ['fast[1]:pick', 'fast[2]:scale', 'fast[3]:divide'].entries()) {
      const address = (textOffset + fast.starts[k]).toString(16).padStart(16, '0');
      assert.ok(output.includes(`${address} ${`${fast.codeEnds[k]}`.padStart(5)} FUNC `), name);
      assert.ok(output.includes(name), name);
    }
    assert.match(output, / 16 FUNC .* llvm\[3\]:divide\n/);
    assert.match(output, / 16 FUNC .* llvm\[1\]@46:pick\n/);
    assert.match(output, / 12 OBJECT .* fast\[2\]\.constants\n/);
  });
});

describe('objdump', { skip: without('objdump') }, () => {
  test('shows machine code as instructions and constants as data', () => {
    const output = tool('objdump', '-d', '-M', 'intel');
    const [, code] = output.split('<fast[3]:divide>:\n');
    assert.match(code, /^(?:.*\n)*?.*\tdiv +r11d\n(?:.*\n)*?.*\tud2/);
    const [, constants] = output.split('<fast[2].constants>:\n');
    // 1234.5, in a line without an instruction.
    assert.match(constants, /^ +[0-9a-f]+:\t[0-9a-f ]* 00 4a 93 40 +[!-~]+\n/);
  });
});

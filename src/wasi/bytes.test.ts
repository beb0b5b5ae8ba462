import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, test } from 'node:test';
import type { Tier } from '../runtime/tiers/tier.js';
import { dirent, OpenFlags } from './abi.js';
import { type Program, TestTier } from './program.fixture.js';
import { Wasi, type WasiOptions } from './wasi.js';

/* Bytes that are not UTF-8. */

const folder = mkdtempSync(join(tmpdir(), 'upshift-bytes-'));
after(() => rmSync(folder, { recursive: true }));

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

function bytesAt(program: Program, at: number, length: number): string {
  return Buffer.from(program.bytes.subarray(at, at + length)).toString('latin1');
}

const tiers: Tier[] = ['interp', 'fast', 'multi'];

for (const tier of tiers) {
  describe(`bytes that are not UTF-8, in tier ${tier}`, () => {
    const testTier = new TestTier(tier);
    after(() => testTier.runtime.dispose());

    it('arguments and environment have them', () => {
      const program = testTier.program({
        args: ['program', latin1('\xff'), new Uint8Array(0), latin1('a\xc3')],
        env: new Map<string | Uint8Array, string | Uint8Array>([
          ['NAME', latin1('\xfe')],
          [latin1('\xfd'), 'größe'],
        ]),
      });
      assert.equal(program.call('args_sizes_get', 0, 4), 0);
      assert.deepEqual([program.u32(0), program.u32(4)], [4, 8 + 2 + 1 + 3]);
      assert.equal(program.call('args_get', 0, 100), 0);
      assert.equal(bytesAt(program, 100, 14), 'program\0\xff\0\0a\xc3\0');
      assert.equal(program.call('environ_sizes_get', 0, 4), 0);
      assert.deepEqual([program.u32(0), program.u32(4)], [2, 7 + 10]);
      assert.equal(program.call('environ_get', 0, 100), 0);
      assert.equal(bytesAt(program, 100, 17), 'NAME=\xfe\0\xfd=gr\xc3\xb6\xc3\x9fe\0');
    });

    it('values of an object have them', () => {
      const program = testTier.program({ env: { A: latin1('\xfe'), B: '' } });
      assert.equal(program.call('environ_get', 0, 100), 0);
      assert.equal(bytesAt(program, 100, 7), 'A=\xfe\0B=\0');
    });

    it('files and directories are named by them', () => {
      const root = Buffer.concat([Buffer.from(`${folder}/${tier}-`), latin1('\xfe')]);
      mkdirSync(root);
      const inRoot = (name: string): Buffer => Buffer.concat([root, latin1(`/${name}`)]);
      writeFileSync(inRoot('file\xff'), 'content');
      const guestName = latin1('/\xfd');
      const program = testTier.program({ preopens: [[guestName, { path: root }]] });
      assert.equal(program.call('fd_prestat_get', 3, 0), 0);
      assert.equal(program.u32(4), 2);
      assert.equal(program.call('fd_prestat_dir_name', 3, 0, 2), 0);
      assert.equal(bytesAt(program, 0, 2), '/\xfd');

      assert.equal(program.call('fd_readdir', 3, 0x4000, 4096, 0n, 0), 0);
      const names: string[] = [];
      for (let at = 0x4000; at < 0x4000 + program.u32(0); ) {
        const length = program.u32(at + dirent.nameLength);
        names.push(bytesAt(program, at + dirent.size, length));
        at += dirent.size + length;
      }
      assert.deepEqual(names.sort(), ['.', '..', 'file\xff']);

      const put = (at: number, name: string): [at: number, length: number] => {
        program.bytes.set(latin1(name), at);
        return [at, name.length];
      };
      const open = (name: string, oflags = 0): number => {
        const [, all] = program.rights(3);
        const rights = BigInt(all);
        assert.equal(program.call('path_open', 3, 1, ...put(100, name), oflags, rights, rights, 0, 0), 0);
        return program.u32(0);
      };
      assert.equal(program.read(open('file\xff'), 99), 'content');
      program.write(open('made\x80', OpenFlags.create), 'made');
      assert.equal(readFileSync(inRoot('made\x80'), 'utf8'), 'made');
      assert.equal(program.call('path_rename', 3, ...put(100, 'made\x80'), 3, ...put(200, 'to\xc3')), 0);
      assert.equal(program.call('path_symlink', ...put(100, 'to\xc3'), 3, ...put(200, 'link\xf5')), 0);
      assert.equal(program.call('path_readlink', 3, ...put(100, 'link\xf5'), 300, 99, 0), 0);
      assert.equal(bytesAt(program, 300, program.u32(0)), 'to\xc3');
      assert.equal(program.read(open('link\xf5'), 99), 'made');
      assert.equal(program.call('path_create_directory', 3, ...put(100, 'dir\x81')), 0);
      const listed = readdirSync(root, { encoding: 'buffer' }).map((name) => name.toString('latin1'));
      assert.deepEqual(listed.sort(), ['dir\x81', 'file\xff', 'link\xf5', 'to\xc3']);
    });
  });
}

test('options that are no bytes are refused, by name', () => {
  const cases: [options: unknown, message: string][] = [
    [{ args: 'program' }, 'args: expected an array, not "program"'],
    [{ args: ['p', 5] }, 'args[1]: expected a string or a Uint8Array, not 5'],
    [{ args: [null] }, 'args[0]: expected a string or a Uint8Array, not null'],
    [{ args: [Uint8Array.of(65, 0)] }, 'args[0]: a NUL character in a Uint8Array'],
    [{ args: ['a\0b'] }, 'args[0]: a NUL character in "a\\u0000b"'],
    [{ env: 'A=1' }, 'env: expected an object, or pairs of names and values, not "A=1"'],
    [{ env: ['A=1'] }, 'env: expected pairs of a name and a value, not "A=1"'],
    [{ env: { A: 1 } }, 'env: the value of A: expected a string or a Uint8Array, not 1'],
    [{ env: { 'A\0': '1' } }, 'env: a NUL character in "A\\u0000"'],
    [{ env: [[1, 'x']] }, 'env: expected a string or a Uint8Array, not 1'],
    [{ preopens: { '/': 5 } }, 'preopens: the path of /: expected a string or a Uint8Array, not 5'],
    [{ preopens: { '/': {} } }, 'preopens: the path of /: expected a string or a Uint8Array, not undefined'],
    [
      { preopens: { '/': { path: '.', readonly: true } } },
      'Wasi: options.preopens: there is no option readonly, did you mean readOnly?',
    ],
    [
      { preopens: { '/': { path: '.', readOnly: 'no' } } },
      'Wasi: options.preopens.readOnly must be true or false, not "no"',
    ],
    [{ stdOut: 1 }, 'Wasi: options: there is no option stdOut, did you mean stdout?'],
    [{ listen: [8080] }, 'Wasi: options.listen[0] must be a string, not 8080'],
    ['program', 'Wasi: options must be an object, not "program"'],
    [{ preopens: { '/': 'a\0' } }, 'preopens: the path of /: a NUL character in "a\\u0000"'],
  ];
  for (const [options, message] of cases) {
    assert.throws(
      () => new Wasi(options as WasiOptions),
      { name: 'TypeError', code: 'ERR_UPSHIFT_ARGUMENT_TYPE', message },
      message,
    );
  }
});

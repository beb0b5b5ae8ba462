import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cli, env, example, folder } from './command.fixture.js';

/** A run that prints what it should and nothing else, whatever the state of the cache. */
function run(cache: string, ...options: string[]): void {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [cli, 'run', ...options, example('hello.wasm')],
    { env: { ...env, XDG_CACHE_HOME: cache }, encoding: 'utf8', timeout: 60_000 },
  );
  assert.deepEqual(
    { status, signal, stdout, stderr },
    { status: 0, signal: null, stdout: 'hello, world\n', stderr: '' },
  );
}

/** Runs until nothing new is kept. */
function runOften(cache: string): void {
  for (let times = 0; times < 3; times++) run(cache);
}

/** The program's code, and the bytecode of each of our files that has run. */
function keptFiles(cache: string): string[] {
  const [bytecode, code] = ['bytecode', 'code'].map((name) =>
    readdirSync(join(cache, 'upshift', name)).map((file) => join(cache, 'upshift', name, file)),
  );
  assert.equal(code.length, 1, code.join(' '));
  assert(bytecode.length > 1 && bytecode.every((path) => path.endsWith('.bytecode')), bytecode.join(' '));
  return [...bytecode, ...code];
}

/** What may be in place of a file. */
const replacements: readonly [what: string, make: (path: string, whole: Buffer) => void][] = [
  [
    'a page of zeros in it',
    (path, whole) => writeFileSync(path, whole.fill(0, whole.length >> 1, (whole.length >> 1) + 4096)),
  ],
  [
    'a changed byte in its last part',
    (path, whole) => {
      whole[whole.length - 100] ^= 4;
      writeFileSync(path, whole);
    },
  ],
  ['half of it', (path, whole) => writeFileSync(path, whole.subarray(0, whole.length >> 1))],
  ['a pipe that nobody writes to', (path) => assert.equal(spawnSync('mkfifo', [path]).status, 0)],
  ['a link that leads nowhere', (path) => symlinkSync('/no/such/file', path)],
  ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
];

describe('a file of the cache', () => {
  const cache = join(folder, 'damaged cache');

  for (const [what, make] of replacements) {
    it(`is written anew where there is ${what}`, () => {
      runOften(cache);
      const files = keptFiles(cache);
      const sizes = files.map((path) => lstatSync(path).size);
      for (const path of files) {
        const whole = readFileSync(path);
        rmSync(path);
        make(path, whole);
      }
      runOften(cache);
      assert.deepEqual(keptFiles(cache), files);
      for (const [k, path] of files.entries()) {
        const { size } = lstatSync(path);
        assert(lstatSync(path).isFile());
        // How much V8 has compiled by the end may differ by a little.
        assert(Math.abs(size - sizes[k]) < sizes[k] / 10, `${size} instead of ${sizes[k]} bytes`);
      }
    });
  }

  it('may be a folder', () => {
    for (const path of keptFiles(cache)) {
      rmSync(path);
      mkdirSync(path);
    }
    run(cache);
    run(cache);
    for (const path of keptFiles(cache)) assert(lstatSync(path).isDirectory());
  });
});

describe('the folder of the cache', () => {
  it('is written to by 32 processes at once', async () => {
    const cache = join(folder, 'shared cache');
    const children = Array.from({ length: 32 }, () =>
      spawn(process.execPath, [cli, 'run', example('hello.wasm')], {
        env: { ...env, XDG_CACHE_HOME: cache },
      }),
    );
    for (const [status] of await Promise.all(children.map((child) => once(child, 'exit'))))
      assert.equal(status, 0);
    keptFiles(cache);
    run(cache);
  });

  it('may be none', () => {
    const nowhere = join(folder, 'link to nowhere');
    symlinkSync('/no/such/folder', nowhere);
    for (const cache of ['/dev/null', nowhere, cli, `/${'long'.repeat(2000)}`, 'relative']) run(cache);
  });
});

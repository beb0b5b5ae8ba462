import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { withoutLlvm } from '../llvm-jit/library.fixture.js';
import type { CacheListing } from './cache-listing.js';
import { assertOneLine, cli, env, example, folder, upshift } from './command.fixture.js';
import { commands } from './options.js';

const hello = example('hello.wasm');

function listed(...options: string[]): CacheListing {
  const { status, stdout, stderr } = upshift(['cache', '--json', ...options]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return JSON.parse(stdout) as CacheListing;
}

function kindsOf(entries: CacheListing['entries']): string[] {
  return [...new Set(entries.map(({ kind }) => kind))].sort();
}

function helloIn(cache: string): void {
  assert.deepEqual(upshift(['run', '--cache', cache, hello]), {
    status: 0,
    stdout: 'hello, world\n',
    stderr: '',
  });
}

describe('upshift cache', () => {
  const standard = join(folder, 'cache', 'upshift');

  it('prints what is kept', () => {
    assert.deepEqual(listed(), { folder: standard, byteLength: 0, maxBytes: 2 ** 30, entries: [] });
    assert(!existsSync(standard));
    upshift(['run', hello]);
    const { byteLength, entries } = listed();
    assert.deepEqual(kindsOf(entries), ['bytecode', 'code']);
    assert.equal(
      byteLength,
      entries.reduce((sum, entry) => sum + entry.byteLength, 0),
    );
    for (const { lastUsed } of entries) assert(Math.abs(Date.now() - Date.parse(lastUsed)) < 1e8);
    const { stdout } = upshift(['cache']);
    assert(stdout.startsWith(`${standard}: `), stdout);
    assert.match(
      stdout,
      /^Machine code of modules \(1\):\n.*what\n +[\d.]+ KiB {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}\S/m,
    );
    assert.match(stdout, /^V8's bytecode of Upshift \(\d+\):\n.*what\n +[\d.]+ .*upshift\S*\.js, Node v/m);
  });

  it('removes what has not been used for longest', () => {
    for (const { kind, name } of listed().entries) {
      const time = kind === 'code' ? 1e9 : 2e9;
      utimesSync(join(standard, kind, name), time, time);
    }
    const { entries } = listed();
    const bytecode = entries.slice(0, -1);
    assert.deepEqual(kindsOf(bytecode), ['bytecode']);
    assert.equal(entries.at(-1)?.kind, 'code');
    assert.equal(upshift(['cache', 'clean']).stdout.split(',')[0], 'removed 0 entries');
    const size = bytecode.reduce((sum, { byteLength }) => sum + Math.ceil(byteLength / 4096) * 4096, 0);
    const { stdout } = upshift(['cache', 'clean', '--max-size', `${size}`]);
    assert.match(stdout, /^removed 1 entry, [\d.]+ KiB; \d+ entr(y|ies), [\d.]+ [KM]iB left\n$/);
    assert.deepEqual(kindsOf(listed().entries), ['bytecode']);
    const cleared = upshift(['cache', 'clear']).stdout;
    assert.match(cleared, /^removed \d+ entr(y|ies), [\d.]+ [KM]iB; 0 entries, 0 bytes left\n$/);
    assert.deepEqual(listed().entries, []);
  });

  it('is about another folder where one is named', () => {
    const other = join(folder, 'other');
    helloIn(other);
    assert.deepEqual(kindsOf(listed('--cache', other).entries), ['code']);
    assert.equal(listed('--cache', other).folder, other);
    const variables = { UPSHIFT_CACHE: other, UPSHIFT_CACHE_SIZE: '7' };
    const { stdout } = upshift(['cache', '--json'], '', variables);
    assert.equal(JSON.parse(stdout).maxBytes, 7 * 2 ** 20);
    assert.equal(JSON.parse(stdout).entries.length, 1);
    upshift(['run', hello], '', variables);
    assert.deepEqual(kindsOf(listed('--cache', other).entries), ['bytecode', 'code']);
  });

  it('says why there is none', () => {
    const none = /^upshift: there is no cache: /;
    assertOneLine(upshift(['cache', '--cache=none']), 1, /there is no cache: --cache=none\n$/);
    assertOneLine(upshift(['cache', 'clear'], '', { UPSHIFT_CACHE: 'none' }), 1, none);
    const homeless = { XDG_CACHE_HOME: '', HOME: '' };
    assertOneLine(upshift(['cache'], '', homeless), 1, /neither XDG_CACHE_HOME nor HOME/);
    assertOneLine(upshift(['cache'], '', { UPSHIFT_CACHE_SIZE: '1G' }), 1, /expected a number of MiB/);
    assertOneLine(upshift(['cache', `--cache=${hello}`]), 1, /hello\.wasm is no directory\n$/);
    const open = join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    assertOneLine(upshift(['cache'], '', { UPSHIFT_CACHE: open }), 1, /others may write to .*open, /);
  });

  it('is used as its help says', () => {
    const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
      [['clena'], /did you mean clean/],
      [['clear', 'all'], /unexpected argument all/],
      [['clear', '--json'], /--json is for what is shown/],
      [['clear', '--max-size=1M'], /--max-size is for clean/],
      [['clean', '--max-size=much'], /--max-size much: expected a size/],
      [['warm'], /a file is missing/],
      [['warm', '--tier=interp', hello], /--tier interp makes no code/],
      [['--tier=fast'], /--tier is for warm/],
      [['clear', '--opt-level=1'], /--opt-level is for warm/],
      [['clear', '--llvm-threads=1'], /--llvm-threads is for warm/],
      [['--cache='], /--cache: expected a folder, or none/],
    ];
    for (const [args, message] of wrong) assertOneLine(upshift(['cache', ...args]), 2, message);
    assert(upshift(['cache', '--help']).stdout.includes(commands.cache.usage));
  });
});

describe('upshift run --cache', () => {
  const place = join(folder, 'places');
  before(() => mkdirSync(place));

  it('keeps code in the folder that is named, which is made', () => {
    const deep = join(place, 'a', 'b');
    helloIn(deep);
    const [code, ...others] = readdirSync(join(deep, 'code'));
    assert.deepEqual(others, []);
    helloIn(deep);
    assert.deepEqual(readdirSync(join(deep, 'code')), [code]);
  });

  it('runs where the working directory is gone', () => {
    const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"';
    for (const [args, status, output] of [
      [['run', hello], 0, 'hello, world\n'],
      [['cache'], 1, 'upshift: there is no cache: the working directory is gone\n'],
    ] as const) {
      const outcome = spawnSync('bash', ['-c', script, process.execPath, cli, ...args], {
        env: { ...env, UPSHIFT_CACHE: 'kept' },
        cwd: place,
        encoding: 'utf8',
      });
      assert.deepEqual([outcome.status, outcome.stdout + outcome.stderr], [status, output]);
    }
  });

  it('keeps nothing where it is none', () => {
    const variables = { XDG_CACHE_HOME: join(place, 'xdg') };
    assert.equal(upshift(['run', '--cache=none', hello], '', variables).status, 0);
    assert(!existsSync(variables.XDG_CACHE_HOME));
  });

  it('says why a folder cannot be used', () => {
    const taken = join(place, 'file');
    writeFileSync(taken, '');
    for (const [cache, message] of [
      [taken, /^upshift: .*file is no directory\n$/],
      [`${taken}/below`, /^upshift: the folder .*file\/below cannot be made: ENOTDIR\n$/],
      ['/proc/none', /^upshift: the folder \/proc\/none cannot be made: ENOENT\n$/],
    ] as const) {
      assertOneLine(upshift(['run', '--cache', cache, hello]), 1, message);
    }
  });
});

describe('upshift cache warm', () => {
  const place = join(folder, 'warm');
  const names = ['hello.wasm', 'arithmetic.wat'];

  /** How a run got its functions. */
  function compilersOf(...options: string[]): readonly string[] {
    const path = join(folder, 'report.json');
    const args = ['run', '--cache', place, `--tier-report=${path}`, ...options, hello];
    assert.equal(upshift(args).stdout, 'hello, world\n');
    const { functions } = JSON.parse(readFileSync(path, 'utf8')) as {
      functions: { events: { kind: string; from?: string; compiler?: string }[] }[];
    };
    const texts = functions.flatMap(({ events }) =>
      events.map(({ kind, from, compiler }) => [kind, from, compiler].join(' ').trim()),
    );
    return [...new Set(texts)].sort();
  }

  it('keeps all functions of modules for the first run', () => {
    const { status, stdout, stderr } = upshift(['cache', 'warm', '--cache', place, ...names.map(example)]);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.match(stdout, /^\S+hello\.wasm: \d\d+ functions\n\S+arithmetic\.wat: 3 functions\n$/);
    const titles = listed('--cache', place).entries.map(({ title }) => title);
    assert.equal(titles.length, 2);
    for (const title of titles)
      assert.match(title, /, SHA-256 [0-9a-f]{16}…, (\d+) of \1 functions by the Fast JIT, 0 by LLVM$/);
    assert.deepEqual(compilersOf(), ['aot cache fast']);
    // That is other code.
    assert(compilersOf('--tier=fast').includes('fast'));
    // There is nothing to add.
    const inodes = (): number[] =>
      readdirSync(join(place, 'code')).map((name) => statSync(join(place, 'code', name)).ino);
    const before = inodes();
    assert.equal(upshift(['cache', 'warm', '--cache', place, ...names.map(example)]).stdout, stdout);
    assert.deepEqual(inodes(), before);
  });

  it('keeps them for other tiers', { skip: withoutLlvm() }, () => {
    for (const [tier, compiler] of [
      ['fast', 'fast'],
      ['llvm', 'llvm'],
    ]) {
      upshift(['cache', 'clear', '--cache', place]);
      const { status, stderr } = upshift(['cache', 'warm', '--cache', place, '--tier', tier, hello]);
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      assert.deepEqual(compilersOf('--tier', tier), [`aot cache ${compiler}`]);
    }
    assert.deepEqual(compilersOf(), ['aot cache llvm']);
  });

  it('says which file it cannot keep', () => {
    const outcome = upshift(['cache', 'warm', '--cache', place, example('missing.wasm'), example(names[1])]);
    assert.equal(outcome.status, 1);
    assert.match(outcome.stderr, /missing\.wasm: no such file/);
    assert.equal(outcome.stdout, `${example(names[1])}: 3 functions\n`);
    const small = { UPSHIFT_CACHE_SIZE: '0', UPSHIFT_CACHE: join(folder, 'small') };
    assertOneLine(
      upshift(['cache', 'warm', hello], '', small),
      1,
      /hello\.wasm: the cache cannot keep its code/,
    );
    assertOneLine(upshift(['cache', 'warm', '--cache=none', hello]), 1, /there is no cache/);
  });
});

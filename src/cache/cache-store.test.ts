import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { CacheStore } from './cache-store.js';
import { trailerOf } from './trailer.js';

const folder = mkdtempSync(join(tmpdir(), 'upshift-store-'));
after(() => rmSync(folder, { recursive: true }));

const limit = 2 ** 20;
const block = 4096;
/** Bytes behind the content of an entry with this title. */
const trailer = trailerOf('title').length;
let made = 0;

/** A new store, none of whose writers cleans unless it must. */
function newStore(random: () => number = () => 0.999): CacheStore {
  return new CacheStore(join(folder, `${made++}`), limit, random);
}

function nameOf(number: number): string {
  return `${number.toString(16).padStart(8, '0')}.test`;
}

function pathOf(store: CacheStore, name: string): string {
  return join(store.folder, 'code', name);
}

/** Makes an entry, or another file, look as if it had been used at a time in seconds since 1970. */
function setTime(store: CacheStore, name: string, seconds: number): void {
  utimesSync(pathOf(store, name), seconds, seconds);
}

/** Keeps entries of one block each, of which the first was used longest ago. */
function keepBlocks(store: CacheStore, count: number): void {
  for (let number = 0; number < count; number++) {
    assert(store.write('code', nameOf(number), 'title', Buffer.alloc(block - trailer, number)));
    setTime(store, nameOf(number), 1e9 + number);
  }
}

function numbersIn(store: CacheStore): number[] {
  return store.entries().map(({ name }) => Number.parseInt(name, 16));
}

const text = Buffer.from('the content');

describe('an entry', () => {
  test('is read as it was written', () => {
    const store = newStore();
    const name = nameOf(1);
    assert.equal(store.read('code', name), undefined);
    assert(store.write('code', name, 'title', text));
    assert.deepEqual(store.read('code', name), text);
    assert.equal(store.read('bytecode', name), undefined);
    assert(store.write('code', name, 'title', text.subarray(0, 4), new Uint8Array(0), text.subarray(4, 7)));
    assert.deepEqual(store.read('code', name), text.subarray(0, 7));
    assert(store.write('code', name, 'title'));
    assert.deepEqual(store.read('code', name), Buffer.alloc(0));
    assert.deepEqual(readdirSync(join(store.folder, 'code')), [name]);
  });

  test('and its folders can be read by the user alone', () => {
    const store = new CacheStore(join(folder, 'new', 'and', 'deep'), limit);
    assert(store.write('code', nameOf(1), 'title', text));
    for (const path of [
      pathOf(store, nameOf(1)),
      join(store.folder, 'code'),
      store.folder,
      join(folder, 'new'),
    ])
      assert.equal(lstatSync(path).mode & 0o077, 0, path);
  });

  test('that is open stays what it was', () => {
    const store = newStore();
    store.write('code', nameOf(1), 'title', text);
    const entry = store.openRead('code', nameOf(1));
    assert(entry !== undefined);
    store.write('code', nameOf(1), 'title', Buffer.from('another'));
    assert.equal(store.clear().entries, 1);
    const bytes = Buffer.alloc(entry.byteLength);
    assert.equal(readSync(entry.fd, bytes), text.length);
    closeSync(entry.fd);
    assert.deepEqual(bytes, text);
  });

  test('has a title for users', () => {
    const store = newStore();
    const titles = ['', 'a title', 'ü'.repeat(256), `${'x'.repeat(511)}ü`];
    for (const [number, title] of titles.entries()) {
      store.write('code', nameOf(number), title, text);
      assert.deepEqual(store.read('code', nameOf(number)), text);
    }
    const shown = new Map(store.entries().map(({ name, title }) => [name, title]));
    assert.deepEqual(
      titles.map((_, number) => shown.get(nameOf(number))),
      [...titles.slice(0, 3), `${'x'.repeat(511)}\ufffd`],
    );
  });

  test('that has been cut off is none, whether it is read or opened', () => {
    const store = newStore();
    for (const length of [text.length + trailer - 1, text.length, 3, 0]) {
      store.write('code', nameOf(1), 'title', text);
      truncateSync(pathOf(store, nameOf(1)), length);
      assert.equal(store.read('code', nameOf(1)), undefined, `${length}`);
      assert.equal(store.openRead('code', nameOf(1)), undefined);
      assert.deepEqual(
        store.entries().map(({ title }) => title),
        [''],
      );
    }
  });

  test('may be large', () => {
    const store = new CacheStore(join(folder, 'large'), 2 ** 30);
    const piece = Buffer.alloc(2 ** 26, 'large');
    assert(store.write('code', nameOf(1), 'title', piece, piece));
    assert(store.read('code', nameOf(1))?.equals(Buffer.concat([piece, piece])));
    const entry = store.openRead('code', nameOf(1));
    assert.equal(entry?.byteLength, 2 * piece.length);
    closeSync(entry?.fd ?? -1);
    store.clear();
  });

  test('has a name of its form', () => {
    const store = newStore();
    for (const name of [
      '',
      '../12345678.test',
      '12345678',
      'short.test',
      '12345678.test.tmp',
      `${'1'.repeat(65)}.test`,
    ]) {
      assert.throws(() => store.read('code', name), RangeError);
      assert.throws(() => store.write('code', name, 'title', text), RangeError);
    }
  });
});

describe('as if there were no entry:', () => {
  const elsewhere = join(folder, 'elsewhere');
  writeFileSync(elsewhere, text, { mode: 0o600 });

  const replacements: readonly [what: string, make: (path: string) => void][] = [
    ['a link to a file', (path) => symlinkSync(elsewhere, path)],
    ['a link that leads nowhere', (path) => symlinkSync('/no/such/file', path)],
    ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
    ['a pipe that nobody writes to', (path) => assert.equal(spawnSync('mkfifo', [path]).status, 0)],
    [
      'a file that is too large',
      (path) => {
        writeFileSync(path, '', { mode: 0o600 });
        truncateSync(path, 2 ** 30 + 1);
      },
    ],
  ];
  for (const [what, make] of replacements) {
    test(`${what}; it is written anew`, () => {
      const store = newStore();
      assert(store.write('code', nameOf(2), 'title', text));
      make(pathOf(store, nameOf(1)));
      assert.equal(store.read('code', nameOf(1)), undefined);
      assert(store.write('code', nameOf(1), 'title', Buffer.from('new')));
      assert.deepEqual(store.read('code', nameOf(1)), Buffer.from('new'));
      assert.deepEqual(readFileSync(elsewhere), text);
    });
  }

  test('a folder, which stays', () => {
    const store = newStore();
    mkdirSync(pathOf(store, nameOf(1)), { recursive: true });
    assert.equal(store.read('code', nameOf(1)), undefined);
    assert(!store.write('code', nameOf(1), 'title', text));
    assert.deepEqual(readdirSync(join(store.folder, 'code')), [nameOf(1)]);
    store.clear();
    assert(existsSync(pathOf(store, nameOf(1))));
  });
});

describe('nothing can be kept', () => {
  /** Whether a store behaves as if nothing had been kept, and leaves no temporary file. */
  function assertUnusable(store: CacheStore): void {
    assert(!store.write('code', nameOf(1), 'title', text));
    assert.equal(store.read('code', nameOf(1)), undefined);
    assert.deepEqual(store.entries(), []);
    assert.deepEqual(store.clean(0), { entries: 0, byteLength: 0 });
    assert.deepEqual(store.clear(), { entries: 0, byteLength: 0 });
  }

  const file = join(folder, 'file');
  writeFileSync(file, '');
  const nowhere = join(folder, 'nowhere');
  symlinkSync('/no/such/folder', nowhere);
  for (const place of [
    file,
    `${file}/cache`,
    nowhere,
    `${nowhere}/cache`,
    '/dev/null',
    '/proc/cache',
    `/${'long/'.repeat(2000)}`,
    `/tmp/${'long'.repeat(200)}`,
  ]) {
    test(`in ${place.slice(0, 40)}, which a user who asked for it is told`, () => {
      const store = new CacheStore(place, limit);
      assertUnusable(store);
      assert.throws(() => store.prepare(), { name: 'CacheProblem' });
    });
  }

  test('where a folder of the store is a link or a file', () => {
    const other = newStore();
    other.write('code', nameOf(1), 'title', text);
    for (const make of [
      (path: string) => symlinkSync(join(other.folder, 'code'), path),
      (path: string) => writeFileSync(path, ''),
    ]) {
      const store = newStore();
      mkdirSync(store.folder, { mode: 0o700 });
      make(join(store.folder, 'code'));
      assertUnusable(store);
      assert.throws(() => store.prepare(), { name: 'CacheProblem', message: /code is no directory/ });
    }
    assert.deepEqual(other.read('code', nameOf(1)), text);
  });

  test('that is larger than the limit', () => {
    const store = newStore();
    assert(!store.write('code', nameOf(1), 'title', Buffer.alloc(limit + 1)));
    assert(!existsSync(store.folder));
    const none = new CacheStore(store.folder, 0);
    assert(!none.write('code', nameOf(1), 'title', text));
  });

  const program = `
    const { CacheStore } = await import(${JSON.stringify(new URL('./cache-store.js', import.meta.url).href)});
    const store = new CacheStore(process.argv[1], 2 ** 30);
    console.log(store.write('code', '${nameOf(1)}', 'title', Buffer.alloc(100_000)), store.write('code', '${nameOf(2)}', 'title', Buffer.alloc(10)), store.entries().length);`;
  const script = (commands: string, place: string): string => {
    const { stdout, stderr } = spawnSync('bash', ['-c', commands, process.execPath, program, place], {
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    return stdout;
  };
  const runProgram = '"$0" --input-type=module -e "$1" "$2"';

  test('beyond the size that files may have; no half of it is left', () => {
    const { folder: place } = newStore();
    assert.equal(script(`trap '' XFSZ; ulimit -f 16; ${runProgram}`, place), 'false true 1\n');
    assert.deepEqual(readdirSync(join(place, 'code')), [nameOf(2)]);
  });

  const canMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', tmpdir()]).status === 0;
  const withoutMounts = canMount ? false : 'mounting needs a root that may';

  test('on a full disk; no half of it is left', { skip: withoutMounts }, () => {
    const { folder: place } = newStore();
    mkdirSync(place, { mode: 0o700 });
    const mount = 'mount -t tmpfs -o size=64k,mode=700 none "$2"';
    const commands = `${mount} && ${runProgram} && ls "$2/code"`;
    assert.equal(
      script(`unshare -m bash -c '${commands}' "$0" "$1" "$2"`, place),
      `false true 1\n${nameOf(2)}\n`,
    );
  });

  test('on a file system that can only be read, but what is there is used', { skip: withoutMounts }, () => {
    const store = newStore();
    assert(store.write('code', nameOf(2), 'title', text));
    // Its use cannot be noted.
    setTime(store, nameOf(2), 1e9);
    const readOnly = `mount --bind "$2" "$2" && mount -o remount,bind,ro "$2"`;
    assert.equal(
      script(`unshare -m bash -c '${readOnly} && ${runProgram}' "$0" "$1" "$2"`, store.folder),
      'false false 1\n',
    );
    assert.equal(numbersIn(store).length, 1);
  });
});

describe('what is used least goes first', () => {
  test('where a limit is given', () => {
    const store = newStore();
    keepBlocks(store, 8);
    assert.deepEqual(store.clean(), { entries: 0, byteLength: 0 });
    assert.deepEqual(numbersIn(store), [7, 6, 5, 4, 3, 2, 1, 0]);
    // A read is a use, and each began long ago.
    assert(store.read('code', nameOf(2)));
    const opened = store.openRead('code', nameOf(0));
    assert(opened !== undefined);
    closeSync(opened.fd);
    assert.deepEqual(store.clean(4 * block), { entries: 4, byteLength: 4 * block });
    assert.deepEqual(numbersIn(store).sort(), [0, 2, 6, 7]);
    assert.deepEqual(store.clear(), { entries: 4, byteLength: 4 * block });
    assert.deepEqual(store.entries(), []);
  });

  test('but a use that is near the last one is not noted', () => {
    const store = newStore();
    keepBlocks(store, 1);
    const now = Date.now() / 1000;
    for (const [time, isNoted] of [
      [now - 60, false],
      [now + 60, false],
      [now - 5000, true],
      [now + 5000, true],
    ] as const) {
      setTime(store, nameOf(0), time);
      store.read('code', nameOf(0));
      const [{ lastUsed }] = store.entries();
      assert.equal(Math.abs(lastUsed / 1000 - time) > 1, isNoted, `${time - now}`);
    }
  });

  test('when a writer looks, which it does the more probably the more it writes', () => {
    const count = limit / block;
    // A sixteenth of the limit is 16 blocks.
    for (const [blocks, random, cleans] of [
      [1, 0.06, true],
      [1, 0.07, false],
      [8, 0.49, true],
      [8, 0.51, false],
      [16, 0.999, true],
    ] as const) {
      const store = newStore(() => random);
      const quiet = new CacheStore(store.folder, limit, () => 0.999);
      keepBlocks(quiet, count);
      assert(store.write('code', nameOf(count), 'title', Buffer.alloc(blocks * block - trailer)));
      const left = store.entries().length;
      assert.equal(left, cleans ? (3 / 4) * count - blocks + 1 : count + 1);
      assert.equal(numbersIn(store)[0], count);
    }
  });

  test('and each takes whole blocks', () => {
    const store = newStore();
    for (let number = 0; number < 8; number++)
      store.write('code', nameOf(number), 'title', Buffer.of(number));
    assert.equal(store.clean(3 * block).entries, 5);
  });
});

describe('files that are not entries', () => {
  test('go when nobody can be writing them any more', () => {
    const store = newStore();
    keepBlocks(store, 2);
    const [old, young] = ['12-ab-old', '12-ab-young'].map((unique) => `${nameOf(1)}.${unique}.tmp`);
    for (const name of [old, young]) writeFileSync(pathOf(store, name), Buffer.alloc(block));
    setTime(store, old, 1e9);
    assert.deepEqual(store.clean(), { entries: 0, byteLength: block });
    assert(!existsSync(pathOf(store, old)));
    assert(existsSync(pathOf(store, young)));
    assert.equal(store.entries().length, 2);
    // What is being written takes space, too.
    assert.equal(store.clean(2 * block).entries, 1);
    assert.deepEqual(store.clear(), { entries: 1, byteLength: 2 * block });
    assert.deepEqual(readdirSync(join(store.folder, 'code')), []);
  });

  test('stay if they are not ours', () => {
    const store = newStore();
    keepBlocks(store, 2);
    const others = ['README', 'a.tmp', '.git', 'x12345678.test', 'deadbeef', nameOf(3).toUpperCase()];
    for (const name of others) writeFileSync(pathOf(store, name), '');
    writeFileSync(join(store.folder, nameOf(4)), '');
    assert.equal(store.entries().length, 2);
    assert.equal(store.clear().entries, 2);
    assert.deepEqual(readdirSync(join(store.folder, 'code')).sort(), others.sort());
    assert(existsSync(join(store.folder, nameOf(4))));
  });
});

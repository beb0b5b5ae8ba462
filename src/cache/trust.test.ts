import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { CacheStore } from './cache-store.js';

const folder = mkdtempSync(join(tmpdir(), 'upshift-trust-'));
after(() => rmSync(folder, { recursive: true }));

const name = '12345678.test';
const text = Buffer.from('the content');
const somebody = 12345;
const withoutRoot = process.geteuid?.() === 0 ? false : 'only root can give files away';
let made = 0;

/** A store with an entry, and the paths of what leads to it. */
function keep(): { readonly store: CacheStore; readonly paths: readonly string[] } {
  const store = new CacheStore(join(folder, `${made++}`), 2 ** 20);
  assert(store.write('code', name, 'title', text));
  const kind = join(store.folder, 'code');
  return { store, paths: [store.folder, kind, join(kind, name)] };
}

describe('an entry is not used', () => {
  for (const mode of [0o020, 0o002]) {
    test(`if ${mode === 2 ? 'others' : 'the group'} may write to it or to a folder of the store`, () => {
      const { store, paths } = keep();
      for (const path of paths) {
        chmodSync(path, 0o700 | mode);
        assert.equal(store.read('code', name), undefined, path);
        if (!path.endsWith(name)) {
          assert(!store.write('code', name, 'title', Buffer.from('new')));
          assert.deepEqual(store.entries(), []);
          assert.equal(store.clear().entries, 0);
          assert.throws(() => store.prepare(), { name: 'CacheProblem', message: /others may write to/ });
        }
        chmodSync(path, 0o700);
        assert.deepEqual(store.read('code', name), text);
        store.prepare();
      }
    });
  }

  test('if it or a folder of the store is of another user', { skip: withoutRoot }, () => {
    const { store, paths } = keep();
    for (const path of paths) {
      chownSync(path, somebody, somebody);
      assert.equal(store.read('code', name), undefined, path);
      if (!path.endsWith(name)) {
        assert(!store.write('code', name, 'title', Buffer.from('new')));
        assert.equal(store.clear().entries, 0);
        assert.throws(() => store.prepare(), { name: 'CacheProblem', message: /another user \(12345\)/ });
      }
      chownSync(path, 0, 0);
      assert.deepEqual(store.read('code', name), text);
    }
  });
});

test('an entry that others may write to is replaced', () => {
  const { store, paths } = keep();
  const path = paths[2];
  chmodSync(path, 0o622);
  assert(store.write('code', name, 'title', Buffer.from('new')));
  assert.deepEqual(store.read('code', name), Buffer.from('new'));
});

test("root makes nothing in another user's home", { skip: withoutRoot }, () => {
  const home = join(folder, 'home');
  mkdirSync(home);
  chownSync(home, somebody, somebody);
  const store = new CacheStore(join(home, '.cache', 'upshift'), 2 ** 20);
  assert(!store.write('code', name, 'title', text));
  assert(!existsSync(join(home, '.cache')));
  assert.throws(() => store.prepare(), { message: `${home} belongs to another user (12345)` });
});

test('the way to the store may have links', () => {
  const { store } = keep();
  const link = join(folder, 'link');
  symlinkSync(store.folder, link);
  const linked = new CacheStore(link, 2 ** 20);
  linked.prepare();
  assert.deepEqual(linked.read('code', name), text);
  assert(linked.write('code', name, 'title', Buffer.from('new')));
  assert.deepEqual(store.read('code', name), Buffer.from('new'));
});

test('where there are no users as Unix has them, there is no cache', () => {
  const { geteuid } = process;
  Reflect.set(process, 'geteuid', undefined);
  try {
    assert.equal(CacheStore.open(folder), undefined);
  } finally {
    Reflect.set(process, 'geteuid', geteuid);
  }
  assert.equal(CacheStore.open(folder)?.folder, folder);
  assert.equal(CacheStore.open('none'), undefined);
  assert.equal(CacheStore.open('')?.folder, CacheStore.open()?.folder);
});

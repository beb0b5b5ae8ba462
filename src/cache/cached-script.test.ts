import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { CacheStore } from './cache-store.js';
import { CachedScript } from './cached-script.js';

const folder = mkdtempSync(join(tmpdir(), 'upshift-script-'));
const id = '0123456789abcdef';

function storeIn(name: string): CacheStore {
  return new CacheStore(join(folder, name), 2 ** 30);
}

before(() => {
  // Otherwise V8 would find the script that it has already compiled, and ignore the bytecode.
  setFlagsFromString('--no-compilation-cache');
});

after(() => {
  setFlagsFromString('--compilation-cache');
  rmSync(folder, { recursive: true });
});

/** Enough functions for several pages of bytecode. */
const functions = Array.from(
  { length: 200 },
  (_, k) =>
    `function f${k}(x) { return { name: 'the function ${k}', value: [x * ${k}, x + ${k}.5, x - ${k}] }; }`,
).join('\n');
const source = `(() => { ${functions}; return [${Array.from({ length: 200 }, (_, k) => `f${k}(2).value[0]`)}]; })()`;
const value = Array.from({ length: 200 }, (_, k) => 2 * k);

/** The same numbers in each run of the test. */
function* random(): Generator<number, never> {
  for (let state = 12345; ; ) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    yield state / 2 ** 32;
  }
}

describe('bytecode', () => {
  const name = 'kept';
  const script = (): CachedScript => new CachedScript('/a/script.js', source, id, storeIn(name));
  const path = (): string => {
    const [file, ...others] = readdirSync(join(folder, name, 'bytecode'));
    assert.deepEqual(others, []);
    return join(folder, name, 'bytecode', file);
  };

  it('is used when it is whole', () => {
    const fresh = script();
    assert.equal(fresh.generation, 0);
    assert.deepEqual(fresh.run(), value);
    fresh.save();
    const again = script();
    assert.equal(again.generation, 1);
    assert.deepEqual(again.run(), value);
  });

  it('is not used when anything of it is damaged, and does not end the process', () => {
    const whole = readFileSync(path());
    assert(whole.length > 5 * 4096);
    const numbers = random();
    const place = (): number => Math.floor(numbers.next().value * whole.length);
    const damaged: [what: string, bytes: Uint8Array][] = [];
    const damage = (what: string, change: (copy: Buffer) => void): void => {
      const copy = Buffer.from(whole);
      change(copy);
      if (!copy.equals(whole)) damaged.push([what, copy]);
    };
    for (let bit = 0; bit < 8 * 80; bit += 3) {
      damage(`bit ${bit}`, (copy) => {
        copy[bit >> 3] ^= 1 << (bit & 7);
      });
    }
    for (let count = 0; count < 100; count++) {
      const at = place();
      damage(`byte ${at}`, (copy) => {
        copy[at] ^= 1 + (at % 255);
      });
      damage(`zeros at ${at}`, (copy) => copy.fill(0, at, Math.min(at + 4096, copy.length)));
      damaged.push([`${at} bytes`, whole.subarray(0, at)]);
    }
    for (let at = 0; at < whole.length; at += 4096) {
      damage(`zeros in page ${at}`, (copy) => copy.fill(0, at, Math.min(at + 4096, copy.length)));
    }
    damaged.push(['zeros', new Uint8Array(whole.length)]);
    damaged.push(['more', Buffer.concat([whole, Uint8Array.of(0)])]);
    assert(damaged.length > 300);
    for (const [what, bytes] of damaged) {
      writeFileSync(path(), bytes);
      const found = script();
      assert.equal(found.generation, 0, what);
      assert.deepEqual(found.run(), value);
    }
    writeFileSync(path(), whole);
    assert.equal(script().generation, 1);
  });
});

it('names the file that was run, not one of the same text elsewhere', () => {
  const throwing = '(() => { throw new Error("where?"); })';
  for (const place of ['/one/script.js', '/two/script.js', '/one/script.js']) {
    const script = new CachedScript(place, throwing, id, storeIn('places'));
    assert.throws(script.run() as () => void, (error: Error) => error.stack?.includes(place) === true);
    script.save();
  }
  assert.equal(readdirSync(join(folder, 'places', 'bytecode')).length, 2);
});

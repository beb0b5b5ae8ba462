import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeHostTag } from '../objects/tag.js';
import { Runtime } from '../runtime.js';
import { Exn } from './exn.js';
import type { Scan } from './exn-holder.js';
import { ExnTable } from './exn-table.js';

const { store } = new Runtime({ tier: 'interp' });
const tag = makeHostTag(store, []);
const newExn = (): Exn => new Exn(tag, [], []);

/** A place that holds exnrefs: two words each. */
class Words {
  readonly words: Uint32Array;

  constructor(count: number) {
    this.words = new Uint32Array(2 * count);
  }

  set(index: number, exnref: number): void {
    this.words[2 * index] = exnref;
    this.words[2 * index + 1] = exnref / 2 ** 32;
  }

  get(table: ExnTable, index: number): Exn | null {
    return table.exnOf(this.words[2 * index], this.words[2 * index + 1]);
  }

  scanExns(scan: Scan): void {
    scan(this.words, 0, this.words.length);
  }
}

describe('exnrefs', () => {
  test('name their exception, exactly, as numbers and as words', () => {
    const table = new ExnTable();
    const exns = Array.from({ length: 3000 }, newExn);
    const holder = new Words(exns.length);
    table.addHolder(holder);
    for (const [k, exn] of exns.entries()) holder.set(k, table.handleOf(exn));
    for (const [k, exn] of exns.entries()) {
      assert.equal(holder.get(table, k), exn);
      assert.equal(table.exnAt(table.handleOf(exn)), exn);
      const handle = table.handleOf(exn);
      assert.ok(Number.isSafeInteger(handle) && handle % 8 === 0);
    }
    assert.equal(new Set(exns.map((exn) => table.handleOf(exn))).size, exns.length);
  });

  test('are null where the exception is', () => {
    const table = new ExnTable();
    assert.equal(table.handleOf(null), 0);
    assert.equal(table.exnOf(0, 0), null);
    assert.equal(table.exnAt(0), null);
    assert.equal(table.count, 0);
  });

  test('that are none are an error of the runtime', () => {
    const table = new ExnTable();
    const handle = table.handleOf(newExn());
    for (const wrong of [handle + 1, handle + 4, handle + 8, handle - 8, 8, 2 ** 40]) {
      assert.throws(() => table.exnAt(wrong), /^Error: internal error/);
    }
  });

  test('are free again when no holder has them: what looks like one is kept', () => {
    const table = new ExnTable(true);
    const [first, second] = [new Words(4), new Words(4)];
    table.addHolder(first);
    table.addHolder(second);
    const [a, b, c] = [newExn(), newExn(), newExn()];
    first.set(0, table.handleOf(a));
    second.set(3, table.handleOf(b));
    table.handleOf(c);
    table.collect();
    assert.deepEqual([a.index >= 0, b.index >= 0, c.index], [true, true, -1]);
    assert.equal(table.count, 2);
    second.set(3, 0);
    table.deleteHolder(first);
    table.collect();
    assert.deepEqual([a.index, b.index, table.count], [-1, -1, 0]);
    assert.throws(() => first.get(table, 0), /internal error/);
  });

  test('words that differ from exnrefs by a bit keep nothing', () => {
    const table = new ExnTable();
    const holder = new Words(1);
    table.addHolder(holder);
    for (const difference of [1, 2, 4, 2 ** 32, -(2 ** 32), 8]) {
      const exn = newExn();
      holder.set(0, table.handleOf(exn) + difference);
      table.collect();
      assert.equal(exn.index, -1, `${difference}`);
    }
  });

  test('of many exceptions one after the other take no more than a few entries', () => {
    const table = new ExnTable();
    const holder = new Words(1);
    table.addHolder(holder);
    for (let k = 0; k < 20_000; k++) holder.set(0, table.handleOf(newExn()));
    assert.ok(table.count <= 1025, String(table.count));
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lifetimes, Resource } from './lifetimes.js';

let nextAddress = 0x1000;

/** A resource with a function record of 16 bytes, and a table. */
class Thing extends Resource {
  readonly address = nextAddress;
  readonly table: number[] = [];
  readonly #imports: readonly Thing[];

  constructor(...imports: Thing[]) {
    super();
    nextAddress += 0x100;
    this.#imports = imports;
  }

  override dependencies(): Iterable<Resource> {
    return this.#imports;
  }

  override get recordRange(): { start: number; size: number } {
    return { start: this.address, size: 16 };
  }

  override visitFunctionReferences(visit: (record: number) => void): void {
    this.table.forEach(visit);
  }

  override free(): void {
    assert.equal(this.freed, true);
  }
}

function setUp(): { lifetimes: Lifetimes; setBusy: (busy: boolean) => void } {
  let busy = false;
  const lifetimes = new Lifetimes(() => busy);
  return {
    lifetimes,
    setBusy: (value) => {
      busy = value;
    },
  };
}

function make(lifetimes: Lifetimes, ...imports: Thing[]): Thing {
  const thing = new Thing(...imports);
  lifetimes.adopt(thing);
  return thing;
}

test('what nobody imports is freed when it is given up', () => {
  const { lifetimes } = setUp();
  const thing = make(lifetimes);
  lifetimes.release(thing);
  assert.equal(thing.freed, true);
});

test('what others import lives until the last of them is gone', () => {
  const { lifetimes } = setUp();
  const memory = make(lifetimes);
  const first = make(lifetimes, memory);
  const second = make(lifetimes, memory, memory);
  lifetimes.release(memory);
  lifetimes.release(memory);
  lifetimes.release(first);
  assert.deepEqual([memory.freed, first.freed], [false, true]);
  lifetimes.release(second);
  assert.deepEqual([memory.freed, second.freed], [true, true]);
});

test('a function held in a table of another keeps its instance', () => {
  const { lifetimes } = setUp();
  const holder = make(lifetimes);
  const owner = make(lifetimes);
  lifetimes.link(holder, owner);
  holder.table.push(owner.address + 8);
  lifetimes.release(owner);
  assert.equal(owner.freed, false);
  holder.table.length = 0;
  lifetimes.collect();
  assert.equal(owner.freed, true);
  lifetimes.release(holder);
  assert.equal(holder.freed, true);
});

test('two that hold functions of each other are freed together', () => {
  const { lifetimes } = setUp();
  const a = make(lifetimes);
  const b = make(lifetimes, a);
  lifetimes.link(b, a);
  a.table.push(b.address);
  b.table.push(a.address);
  lifetimes.release(b);
  assert.equal(b.freed, false);
  lifetimes.release(a);
  assert.deepEqual([a.freed, b.freed], [true, true]);
});

test('functions that a linked resource imported can be held elsewhere', () => {
  const { lifetimes } = setUp();
  const host = make(lifetimes);
  host.held = false;
  const importer = make(lifetimes, host);
  const holder = make(lifetimes);
  lifetimes.link(importer, holder);
  holder.table.push(host.address);
  lifetimes.release(importer);
  lifetimes.collect();
  assert.deepEqual([importer.freed, host.freed], [true, false]);
  lifetimes.release(holder);
  lifetimes.collect();
  assert.equal(host.freed, true);
});

test('a linked resource that an unlinked one imports stays', () => {
  const { lifetimes } = setUp();
  const linked = make(lifetimes);
  const other = make(lifetimes);
  const importer = make(lifetimes, linked);
  lifetimes.link(linked, other);
  lifetimes.release(linked);
  lifetimes.release(other);
  lifetimes.collect();
  assert.deepEqual([linked.freed, other.freed], [false, true]);
  lifetimes.release(importer);
  lifetimes.collect();
  assert.equal(linked.freed, true);
});

test('nothing is freed while wasm code is on the stack', async () => {
  const { lifetimes, setBusy } = setUp();
  const thing = make(lifetimes);
  const linked = make(lifetimes);
  lifetimes.link(linked, make(lifetimes));
  setBusy(true);
  lifetimes.release(thing);
  lifetimes.release(linked);
  lifetimes.collect();
  assert.deepEqual([thing.freed, linked.freed], [false, false]);
  setBusy(false);
  // Nobody asks for it.
  while (!thing.freed || !linked.freed) await new Promise((resolve) => setTimeout(resolve, 1));
});

test('many linked resources are traced now and then, not at each release', () => {
  const { lifetimes } = setUp();
  const hub = make(lifetimes);
  const things = Array.from({ length: 4000 }, () => make(lifetimes));
  for (const thing of things) lifetimes.link(hub, thing);
  let visits = 0;
  hub.visitFunctionReferences = () => {
    visits++;
  };
  for (const thing of things) lifetimes.release(thing);
  lifetimes.collect();
  assert.ok(things.every((thing) => thing.freed));
  assert.ok(visits < 200, `${visits} traces`);
});

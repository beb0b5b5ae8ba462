import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Gpr } from '../../x64/abi.js';
import { Assembler } from '../../x64/assembler.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import { type Address, callable } from '../ffi/ffi.js';
import { NativeBlock } from '../memory/block.js';
import { movAddress } from '../x64/stubs/stub-code.js';
import type { Filled, RegionWork } from './code-region.fixture.js';
import { CodeRegion, type SharedCodeRegion } from './code-region.js';

function start(work: RegionWork): Worker {
  return new Worker(new URL('./code-region.fixture.js', import.meta.url), { workerData: work });
}

/** Machine code. */
function code(emit: (a: Assembler) => void): Uint8Array {
  const a = new Assembler();
  emit(a);
  return a.finish().slice();
}

/** Code that stores 42 at an address. */
function store42(address: Address): Uint8Array {
  return code((a) => {
    movAddress(a, Gpr.rax, address);
    a.mi(X.mov32, Gpr.rax, 0, 42);
    a.op(X.ret);
  });
}

/**
 * A worker that places code which stores 42 in the second cell of a block, and the address of the code in the
 * first.
 */
async function startPlacing() {
  const region = new CodeRegion();
  const block = new NativeBlock(16);
  const words = new Int32Array(new SharedArrayBuffer(8));
  const bytes = store42(block.address + 8);
  const worker = start({ task: 'place', shared: region.share(), code: bytes, cell: block.address, words });
  const exit = once(worker, 'exit');
  await once(worker, 'online');
  return { region, block, words, bytes, exit };
}

test('a worker places code while the main thread waits, which then runs it', async () => {
  const { region, block, words, bytes, exit } = await startPlacing();
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  assert.notEqual(Atomics.wait(words, 0, 0, 20_000), 'timed-out');
  const address = block.getAddress(0);
  assert.ok(address >= region.start && address < region.start + region.byteLength);
  callable(address)();
  assert.equal(block.i32[2], 42);
  assert.deepEqual(region.read(address, bytes.length), bytes);
  await exit;
  region.dispose();
});

test('a worker places code that the main thread goes on with, without leaving machine code', async () => {
  const { region, block, words, exit } = await startPlacing();
  const spin = region.place(
    code((a) => {
      const again = a.newLabel();
      movAddress(a, Gpr.rcx, block.address);
      a.bind(again);
      a.rm(X.mov64, Gpr.rax, Gpr.rcx, 0);
      a.ri(X.cmp64, Gpr.rax, 0);
      a.jcc(Condition.e, again);
      a.r(X.jmp, Gpr.rax);
    }),
  );
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  callable(spin)();
  assert.equal(block.i32[2], 42);
  await exit;
  region.dispose();
});

test('threads that place at once get memory of their own; who owns the region frees what they placed', async () => {
  const region = new CodeRegion();
  const before = region.usedBytes;
  const marks = [1, 2, 3];
  const workers = marks.map((mark) => start({ task: 'fill', shared: region.share(), mark }));
  const results = Promise.all(workers.map((worker) => once(worker, 'message')));
  let running = true;
  const stopped = results.finally(() => {
    running = false;
  });
  while (running) {
    const space = region.newSpace();
    const bytes = new Uint8Array(5000).fill(0xee);
    const addresses = Array.from({ length: 30 }, () => space.place(bytes));
    for (const address of addresses) assert.deepEqual(region.read(address, bytes.length), bytes);
    region.giveBack(space.takeSpans());
    await new Promise((resolve) => setImmediate(resolve));
  }
  const filled = (await stopped).map(([message]) => message as Filled);
  let total = 0;
  filled.forEach(({ pieces }, index) => {
    assert.equal(pieces.length, 500);
    for (const { address, byteLength } of pieces) {
      assert.equal(address % 64, 0);
      total += byteLength;
      assert.ok(region.read(address, byteLength).every((byte) => byte === marks[index]));
    }
  });
  const spans = filled.flatMap((each) => each.spans).sort((a, b) => a.offset - b.offset);
  spans.reduce((end, { offset, byteLength }) => {
    assert.ok(offset >= end, 'spans overlap');
    return offset + byteLength;
  }, 0);
  assert.ok(region.usedBytes >= before + total);
  for (const each of filled) region.giveBack(each.spans);
  assert.equal(region.usedBytes, before);
  region.dispose();
});

test('a region can be disposed of while workers place code', async () => {
  for (let round = 0; round < 8; round++) {
    const region = new CodeRegion();
    const workers = [1, 2].map(() => start({ task: 'until-disposed', shared: region.share() }));
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    const ends = workers.map((worker) => once(worker, 'message'));
    await new Promise((resolve) => setTimeout(resolve, round));
    region.dispose();
    for (const [errors] of await Promise.all(ends)) {
      assert.deepEqual(errors, Array(5).fill('Error: the code region is disposed'));
    }
  }
});

test('a worker that is terminated while it places code stops nobody', async () => {
  const region = new CodeRegion();
  for (let round = 0; round < 10; round++) {
    const worker = start({ task: 'until-disposed', shared: region.share() });
    await once(worker, 'message');
    const end = worker.terminate();
    for (let count = 0; count < 200; count++) {
      const space = region.newSpace();
      callable(space.place(Uint8Array.of(0xc3)))();
      space.dispose();
    }
    await end;
  }
  region.dispose();
});

test('when the thread that owns a region is terminated, its workers end first', async () => {
  for (let round = 0; round < 5; round++) {
    const owner = start({ task: 'own' });
    const [shared] = (await once(owner, 'message')) as [SharedCodeRegion];
    await owner.terminate();
    const mapped = readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .some((line) => Number.parseInt(line, 16) === shared.start);
    assert.equal(mapped, false);
  }
});

import assert from 'node:assert/strict';
import { constants } from 'node:buffer';
import { test } from 'node:test';
import { Trap } from '../../src/code/traps.js';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';
import { OutOfMemoryError } from '../../src/runtime/errors.js';
import { wat } from '../../src/runtime/modules.fixture.js';
import type { Memory } from '../../src/runtime/objects/memory.js';
import { Runtime } from '../../src/runtime/runtime.js';
import type { Tier } from '../../src/runtime/tiers/tier.js';
import { TrapError } from '../../src/runtime/traps/trap-error.js';

/* Memories of more than 4 GiB, of which hardly any page is ever touched. */

const pages = 65_600n;
const end = pages * 65536n;
const far = 2n ** 32n + 10n;

const bytes = wat(`(module
  (memory (export "memory") i64 ${pages} 131072)
  (data (i64.const ${far}) "far data")
  (data (i64.const ${end - 4n}) "last")
  (data $passive "passive data")
  (func (export "load") (param i64) (result i64) (i64.load8_u (local.get 0)))
  (func (export "store") (param i64 i64) (i64.store8 (local.get 0) (local.get 1)))
  (func (export "near") (result i64) (i64.load8_u offset=${far} (i64.const 0)))
  (func (export "sum") (param i64 i64) (result i64) (local $sum i64)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (i64.load8_u (local.get 0))))
      (local.set 0 (i64.add (local.get 0) (i64.const 1)))
      (br_if $again (i64.ne (local.get 0) (local.get 1))))
    (local.get $sum))
  (func (export "fill") (param i64 i64) (memory.fill (local.get 0) (i32.const 7) (local.get 1)))
  (func (export "copy") (param i64 i64 i64) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i64) (memory.init $passive (local.get 0) (i32.const 0) (i32.const 7)))
  (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
  (func (export "size") (result i64) (memory.size)))`);

const tooLarge = wat(`(module (memory i64 ${2n ** 40n}))`);
const outside = wat(`(module (memory i64 1) (data (i64.const ${2n ** 64n - 1n}) "x"))`);

const isTrap = (error: unknown): boolean =>
  error instanceof TrapError && error.trap === Trap.memoryOutOfBounds;

for (const tier of ['interp', 'fast', 'llvm'] satisfies Tier[]) {
  test(`a memory of more than 4 GiB, tier ${tier}`, { skip: tier === 'llvm' && withoutLlvm() }, (t) => {
    const runtime = new Runtime({ tier });
    let exports: Readonly<Record<string, unknown>>;
    try {
      exports = runtime.instantiate(runtime.compile(bytes)).exports;
    } catch (error) {
      // A machine may have too little memory to promise so much.
      if (!(error instanceof OutOfMemoryError)) throw error;
      t.skip(error.message);
      return;
    }
    const call = (name: string, ...args: bigint[]): unknown =>
      (exports[name] as (...args: bigint[]) => unknown)(...args);
    const text = (start: bigint, length: number): string =>
      Array.from({ length }, (_, k) => String.fromCharCode(Number(call('load', start + BigInt(k))))).join('');
    assert.equal(call('size'), pages);
    assert.equal(text(far, 8), 'far data');
    assert.equal(text(end - 4n, 4), 'last');
    assert.equal(call('load', far - 2n ** 32n), 0n);
    assert.equal(call('near'), 102n);
    assert.throws(() => call('load', end), isTrap);
    assert.throws(() => call('load', 2n ** 64n - 1n), isTrap);
    call('store', far + 1n, 0x41n);
    assert.equal(text(far, 3), 'fAr');
    assert.equal(call('load', 11n), 0n);
    call('init', far + 100n);
    assert.equal(text(far + 100n, 8), 'passive\0');
    call('copy', 5n, far + 100n, 7n);
    assert.equal(text(5n, 7), 'passive');
    call('copy', end - 3n, 5n, 3n);
    assert.equal(text(end - 4n, 4), 'lpas');
    assert.throws(() => call('copy', end - 3n, 5n, 4n), isTrap);
    call('fill', 2n ** 32n - 2n, 4n);
    assert.equal(call('sum', 2n ** 32n - 3n, 2n ** 32n + 3n), 28n);
    assert.throws(() => call('fill', end - 1n, 2n), isTrap);
    assert.throws(() => call('init', end - 6n), isTrap);
    const memory = exports['memory'] as Memory;
    const seen = Math.min(Number(end), tier === 'interp' ? Number.POSITIVE_INFINITY : constants.MAX_LENGTH);
    assert.equal(memory.buffer.byteLength, seen);
    assert.equal(call('grow', 131_072n - pages + 1n), -1n);
    // Memories of V8's are copied for that, all of their pages.
    if (tier !== 'interp') {
      assert.equal(call('grow', 10n), pages);
      call('store', end + 655_359n, 9n);
      assert.equal(call('load', end + 655_359n), 9n);
      assert.equal(text(far, 3), 'fAr');
    }
    runtime.dispose();
  });
}

test('sizes and offsets that nothing can have', () => {
  for (const tier of ['interp', 'fast'] satisfies Tier[]) {
    const runtime = new Runtime({ tier });
    assert.throws(() => runtime.instantiate(runtime.compile(tooLarge)), OutOfMemoryError);
    assert.throws(() => runtime.instantiate(runtime.compile(outside)), isTrap);
    runtime.dispose();
  }
});

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { exportedFunctions } from '../fast-jit/execution.fixture.js';
import { loadModule } from '../fast-jit/modules.fixture.js';
import { Runtime } from '../runtime/runtime.js';
import { Backend } from '../tiering/backend.js';
import { llvmMachines, llvmRuntime } from './execution.fixture.js';
import { withoutLlvm } from './library.fixture.js';

/** Turns of the loops; far beyond what the counters that are cut can count. */
const turns = 1000;

/** A loop of `$n` turns, counted by `$i`. */
function loop(body: string): string {
  return `(loop $next ${body}
    (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))`;
}

const next = '(i32.add (i32.and (local.get $day) (i32.const 7)) (i32.const 1))';

/** Days go from 0 to 8, and from then on from 1 to 8. */
const sumOfDays = Array.from({ length: turns - 1 }, (_, k) => 1 + (k % 8)).reduce((sum, day) => sum + day);

const element = '(i32.add (local.get $out) (i32.shl (local.get $i) (i32.const 2)))';

const program = `(module (memory 4)
  (func $sum (param $out i32) (param $n i32) (result i32) (local $i i32) (local $sum i32)
    ${loop(`(local.set $sum (i32.add (local.get $sum) (i32.load ${element})))`)} (local.get $sum))
  (func $days (param $out i32) (param $n i32) (local $i i32) (local $day i32)
    ${loop(`(i32.store ${element} (local.get $day)) (local.set $day ${next})`)})
  (func (export "days") (param $n i32) (result i32)
    (call $days (i32.const 4096) (local.get $n)) (call $sum (i32.const 4096) (local.get $n)))
  (func $ring (param $out i32) (param $ring i32) (param $n i32) (local $i i32) (local $day i32)
    ${loop(`(i32.store ${element} (i32.load8_u (i32.add (local.get $ring) (local.get $day))))
      (local.set $day ${next})`)})
  (func (export "ring") (param $n i32) (result i32) (local $i i32)
    (loop $fill
      (i32.store8 (i32.add (i32.const 1024) (local.get $i)) (local.get $i))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 256))))
    (call $ring (i32.const 4096) (i32.const 1024) (local.get $n)) (call $sum (i32.const 4096) (local.get $n)))
  (func $fours (param $out i32) (param $n i32) (local $i i32) (local $day i32)
    ${loop(`(local.set $day (i32.add (i32.and (local.get $day) (i32.const 511)) (i32.const 4)))
      (i32.store ${element} (local.get $day))`)})
  (func (export "fours") (param $n i32) (result i32)
    (call $fours (i32.const 4096) (local.get $n)) (call $sum (i32.const 4096) (local.get $n)))
  (func (export "rounds") (param $n i32) (param $rounds i32) (result i32) (local $wrong i32) (local $first i32)
    (call $days (i32.const 4096) (local.get $n))
    (local.set $first (call $sum (i32.const 4096) (local.get $n)))
    (loop $round
      (call $days (i32.const 4096) (local.get $n))
      (local.set $wrong (i32.add (local.get $wrong)
        (i32.ne (call $sum (i32.const 4096) (local.get $n)) (local.get $first))))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $wrong)))`;

const names = llvmMachines.map(({ name }) => name);
const runtimes = llvmMachines.map(({ make }) => make());
after(() => {
  for (const runtime of runtimes) runtime.dispose();
});

describe('a value that is cut to fewer bits turn by turn', { skip: withoutLlvm() }, () => {
  for (const [k, runtime] of runtimes.entries()) {
    test(`begins anew where it is stored: ${names[k]}`, () => {
      const { days } = exportedFunctions(runtime, program);
      assert.equal(days(turns), sumOfDays);
    });

    test(`begins anew where its steps are larger than 1, and it has fewer turns than values: ${names[k]}`, () => {
      const { fours } = exportedFunctions(runtime, program);
      // 4 to 512, and then 4 to 172.
      assert.equal(fours(171), (4 * (128 * 129 + 43 * 44)) / 2);
    });

    test(`begins anew where it is an address: ${names[k]}`, () => {
      const { ring } = exportedFunctions(runtime, program);
      assert.equal(ring(turns), sumOfDays);
    });
  }

  test('begins anew in all rounds, before and behind the change of the tier', () => {
    let entered = 0;
    const runtime = new Runtime({
      tier: 'multi',
      tuning: { heatThreshold: 3, warmUp: 0, waitForLoops: true },
      onTierUp: (event) => {
        if (event.kind === 'entered') entered++;
      },
    });
    const { rounds } = exportedFunctions(runtime, program);
    assert.equal(rounds(turns, 50), 0);
    assert.ok(entered > 0);
    runtime.dispose();
  });

  test('begins anew where only LLVM sees it: in a global that stays in a register', () => {
    const runtime = llvmRuntime();
    const { f } = exportedFunctions(
      runtime,
      `(module (memory 1) (global $day (mut i32) (i32.const 0))
        (func $step (global.set $day (i32.add (i32.const 1)
          (i32.sub (global.get $day) (i32.mul (i32.div_u (global.get $day) (i32.const 8)) (i32.const 8))))))
        (func $fill (param $out i32) (param $n i32) (local $i i32)
          ${loop(`(i32.store ${element} (global.get $day)) (call $step)`)})
        (func (export "f") (param $n i32) (result i32) (local $i i32) (local $sum i32) (local $out i32)
          (call $fill (i32.const 4096) (local.get $n)) (local.set $out (i32.const 4096))
          ${loop(`(local.set $sum (i32.add (local.get $sum) (i32.load ${element})))`)} (local.get $sum)))`,
    );
    assert.equal(f(turns), sumOfDays);
    runtime.dispose();
  });
});

/** LLVM's optimized code of a function `(out, from, n)` with a loop. */
function optimized(body: string): string {
  const { wasm } = loadModule(
    `(module (memory 1) (func (param $out i32) (param $from i32) (param $n i32) (local $i i32) ${loop(body)}))`,
  );
  const bytes = new SharedArrayBuffer(wasm.bytes.length);
  new Uint8Array(bytes).set(wasm.bytes);
  const settings = {
    library: undefined,
    level: 3,
    sizeLevel: 0,
    cpu: undefined,
    deterministic: false,
    verify: true,
  };
  return Backend.for(settings).dump({ bytes, memoryMode: 'guarded', functions: [0] }).optimized;
}

describe('loops are still vectorized', { skip: withoutLlvm() }, () => {
  const bodies: Readonly<Record<string, string>> = {
    'with nothing cut': `(i32.store ${element} (local.get $i))`,
    'with addresses that are checked': `(i32.store ${element}
      (i32.load (i32.add (local.get $from) (i32.shl (local.get $i) (i32.const 2)))))`,
    'with a counter that is cut, and stored': `(i32.store ${element} (i32.and (local.get $i) (i32.const 7)))`,
    'with a counter that is extended from 8 bits': `(i32.store ${element} (i32.extend8_s (local.get $i)))`,
  };
  for (const [name, body] of Object.entries(bodies)) {
    test(name, () => {
      const ir = optimized(body);
      assert.match(ir, /store <\d+ x i32>/);
      assert.doesNotMatch(ir, /@zero/, 'a counter is still hidden');
    });
  }
});

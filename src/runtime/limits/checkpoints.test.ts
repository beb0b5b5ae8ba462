import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Trap } from '../../code/traps.js';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { lazy } from '../../native/ffi/lazy.js';
import { makeCheckpoint } from '../../native/interrupts/checkpoints.js';
import { ThreadTimer, TimerClock } from '../../native/interrupts/thread-timer.js';
import { processBlock } from '../../native/process/process-block.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { Tier } from '../tiers/tier.js';
import { TrapError } from '../traps/trap-error.js';

const module = wat(`(module
  (import "host" "next" (func $next (param i32 i64 f64) (result i32)))
  (memory 1 200)
  (table 8 funcref) (elem (i32.const 0) $mix $mix $mix $mix)
  (type $mixing (func (param i32 i64 f64 f32 i32 i64 f64 i32 i32 i64) (result i64)))
  (func $mix (type $mixing)
    (i64.add (i64.mul (i64.extend_i32_u (i32.xor (local.get 0) (local.get 4))) (local.get 1))
      (i64.add (i64.trunc_sat_f64_s (f64.mul (local.get 2) (f64.promote_f32 (local.get 3))))
        (i64.add (i64.rotl (local.get 5) (local.get 9))
          (i64.add (i64.trunc_sat_f64_s (f64.sqrt (local.get 6)))
            (i64.extend_i32_s (i32.sub (local.get 7) (local.get 8))))))))
  (func (export "work") (param $n i32) (result i64) (local $sum i64) (local $x f64)
    (local.set $x (f64.const 1.5))
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536))
    (loop $again
      (local.set $sum (i64.xor (i64.rotl (local.get $sum) (i64.const 5))
        (call_indirect (type $mixing) (local.get $n) (local.get $sum) (local.get $x) (f32.const 2.5) (i32.const 77)
          (i64.const 0x123456789abcdef) (local.get $x) (i32.mul (local.get $n) (i32.const 31)) (local.get $n)
          (i64.extend_i32_u (local.get $n)) (i32.and (local.get $n) (i32.const 3)))))
      (local.set $x (f64.add (local.get $x) (f64.const 0.25)))
      (i64.store (i32.and (local.get $n) (i32.const 0xfff8)) (local.get $sum))
      (local.set $sum (i64.add (local.get $sum) (i64.load (i32.and (i32.shr_u (local.get $n) (i32.const 3)) (i32.const 0xfff8)))))
      (if (i32.eqz (i32.and (local.get $n) (i32.const 15)))
        (then (local.set $sum (i64.add (local.get $sum)
          (i64.extend_i32_u (call $next (local.get $n) (local.get $sum) (local.get $x)))))))
      (if (i32.eqz (i32.and (local.get $n) (i32.const 0xfff)))
        (then
          (memory.copy (i32.const 1) (i32.const 0) (i32.const 65535))
          (memory.fill (i32.const 100) (local.get $n) (i32.const 60000))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "add") (param i32 i64 f64) (result f64)
    (f64.add (f64.convert_i32_s (local.get 0)) (f64.add (f64.convert_i64_s (local.get 1)) (local.get 2))))
  (func (export "trap") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
  (func $endless (export "endless") (result i32) (i32.add (i32.const 1) (call $endless))))`);

/** Milliseconds from one checkpoint to the next. */
const interval = 0.1;
/** Milliseconds to the next signal where one comes to JavaScript. */
const repetition = 2;

/** Runs `work` again and again until a checkpoint has come `count` times that calls `callback`. */
function underCheckpoints(count: number, callback: () => void, work: () => void): void {
  let calls = 0;
  const timer: ThreadTimer = new ThreadTimer({
    clock: TimerClock.monotonic,
    handler: processBlock().checkpointHandler,
    value: makeCheckpoint(() => {
      calls++;
      callback();
      // The code goes on for a while, however long this took.
      timer.start(interval);
    }),
    repetition,
    restartsCalls: true,
    blocksSignals: true,
    isOwned: true,
  });
  timer.start(interval);
  try {
    while (calls < count) work();
  } finally {
    timer.stop();
    timer.dispose();
  }
}

for (const tier of ['fast', 'llvm', 'multi'] as const satisfies readonly Tier[]) {
  const skip = tier === 'fast' ? false : withoutLlvm();
  describe(`wasm code goes on where a checkpoint has interrupted it: ${tier}`, { skip }, () => {
    const runtime = lazy(() => new Runtime({ tier, tuning: { warmUp: 0 } }));
    after(() => runtime().dispose());
    const instantiate = lazy(
      () =>
        runtime().instantiate(runtime().compile(module), {
          host: { next: (a: number, b: bigint, c: number) => a + Number(b & 0xffn) + Math.floor(c) },
        }).exports as Record<string, Func>,
    );
    const another = lazy(
      () =>
        runtime().instantiate(runtime().compile(module), { host: { next: () => 5 } }).exports as Record<
          string,
          Func
        >,
    );
    const turns = 20_000;

    const callbacks: Readonly<Record<string, () => void>> = {
      'nothing else happens': () => {},
      'other functions are called': () => {
        const { add, work } = another();
        assert.equal(add(7, 8n, 0.5), 15.5);
        assert.equal(typeof work(33), 'bigint');
      },
      'other functions trap': () => {
        for (const [name, trap] of [
          ['trap', Trap.integerDivideByZero],
          ['endless', Trap.callStackExhausted],
        ] as const) {
          assert.throws(
            () => another()[name](0),
            (error) => error instanceof TrapError && error.trap === trap,
          );
        }
      },
      'JavaScript has no stack left': () => {
        const recurse = (): void => recurse();
        recurse();
      },
    };
    for (const [name, callback] of Object.entries(callbacks)) {
      test(name, () => {
        const { work } = instantiate();
        work(turns);
        const expected = instantiate()['work'](turns);
        another()['add'](1, 1n, 1);
        underCheckpoints(40, callback, () => assert.equal(work(turns), expected));
      });
    }
  });
}

test('system calls of the thread go on when checkpoints interrupt them', async () => {
  const runtime = new Runtime({ tier: 'fast' });
  const { work } = runtime.instantiate(runtime.compile(module), { host: { next: () => 1 } })
    .exports as Record<string, Func>;
  const execute = promisify(execFile);
  const file = new URL(import.meta.url);
  const content = readFileSync(file, 'utf8');
  const input = 'x'.repeat(300_000);
  const pending: Promise<void>[] = [];
  const check = async (): Promise<void> => {
    assert.equal((await execute('echo', ['child'])).stdout, 'child\n');
    assert.equal(await readFile(file, 'utf8'), content);
  };
  underCheckpoints(
    20,
    () => {},
    () => {
      work(100_000);
      assert.equal(readFileSync(file, 'utf8'), content);
      assert.equal(execFileSync('cat', { input, encoding: 'utf8' }), input);
      pending.push(check());
    },
  );
  await Promise.all(pending);
  runtime.dispose();
});

test('other signals come at any moment of a checkpoint', () => {
  const program = fileURLToPath(new URL('signalled-checkpoints.fixture.js', import.meta.url));
  const { stdout, stderr, signal, status } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  assert.deepEqual({ stdout, signal, status }, { stdout: 'true\n', signal: null, status: 0 }, stderr);
});

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { CodeObject } from '../../code/code-object.js';
import { Trap } from '../../code/traps.js';
import { baselineCpu } from '../../x64/cpu-features.js';
import type { Instance } from '../instances/instance.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import { Global } from '../objects/global.js';
import { Memory } from '../objects/memory.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import { backtraceOf } from '../traps/activations.js';
import { trapOf } from '../traps/trap.fixture.js';
import { TrapError } from '../traps/trap-error.js';

const configurations: readonly (readonly [string, RuntimeOptions])[] = [
  ['guarded memory, all extensions', { memoryMode: 'guarded' }],
  ['checked memory, plain x86-64', { memoryMode: 'checked', cpu: baselineCpu }],
  ['no liveness', { livenessLimit: 0 }],
];

for (const [name, options] of configurations) describe(name, () => heat(options));

function heat(options: RuntimeOptions): void {
  /** The runtime and one instance of a module, whose functions are hot at a threshold. */
  function start(
    text: string,
    threshold: number,
    onHot: (instance: Instance, functionIndex: number) => void,
    imports: Readonly<Record<string, Readonly<Record<string, (...args: never[]) => unknown>>>> = {},
  ): { readonly runtime: Runtime; readonly instance: Instance; readonly functions: Record<string, Func> } {
    const runtime = new Runtime({ ...options, heat: { threshold, onHot } });
    const instance = runtime.instantiate(runtime.compile(wat(text)), imports);
    return { runtime, instance, functions: instance.exports as Record<string, Func> };
  }

  /** How often a function has counted. */
  function counted(
    { module, cells, byteOffset }: Instance,
    functionIndex: number,
    threshold: number,
  ): number {
    return (threshold - cells.u32[(byteOffset + module.layout.heat(functionIndex)) >> 2]) >>> 0;
  }

  test('a loop is hot once, at the start of the turn that makes the threshold full', () => {
    for (const threshold of [1, 2, 3, 10, 11, 12, 1000]) {
      const turns: unknown[] = [];
      const { runtime, instance, functions } = start(
        `(module (global $turns (export "turns") (mut i32) (i32.const 0))
          (func (export "other"))
          (func (export "run") (param i32)
            (loop $l (global.set $turns (i32.add (global.get $turns) (i32.const 1)))
              (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`,
        threshold,
        (hot, functionIndex) => {
          const global = hot.exports['turns'];
          assert.ok(hot === instance && global instanceof Global);
          turns.push([functionIndex, global.value]);
        },
      );
      functions['run'](10);
      // One count for the call, then one a turn; the turn that counts last is not over yet.
      assert.deepEqual(turns, threshold <= 11 ? [[1, Math.max(0, threshold - 2)]] : []);
      assert.equal(counted(instance, 1, threshold), 11);
      assert.equal(counted(instance, 0, threshold), 0);
      functions['run'](2000);
      assert.equal(turns.length, 1);
      assert.equal(counted(instance, 1, threshold), 11 + 2001);
      runtime.dispose();
    }
  });

  test('a recursive function is hot once, in the call that makes the threshold full', () => {
    const depths: unknown[] = [];
    const { runtime, functions } = start(
      `(module (import "env" "depth" (func $depth (param i32)))
        (func $f (export "f") (param i32) (result i32)
          (call $depth (local.get 0))
          (if (result i32) (local.get 0)
            (then (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))) (else (i32.const 0)))))`,
      5,
      (_, functionIndex) => depths.push(`hot ${functionIndex}`),
      { env: { depth: (depth: number) => depths.push(depth) } },
    );
    assert.equal(functions['f'](7), 7);
    assert.deepEqual(depths, [7, 6, 5, 4, 'hot 1', 3, 2, 1, 0]);
    assert.equal(functions['f'](500), 500);
    assert.equal(depths.filter((entry) => entry === 'hot 1').length, 1);
    runtime.dispose();
  });

  test('counters run on through 0, and belong to one instance', () => {
    const hot: Instance[] = [];
    const runtime = new Runtime({
      ...options,
      heat: { threshold: 3, onHot: (instance) => hot.push(instance) },
    });
    const module = runtime.compile(wat('(module (func (export "f")))'));
    const [a, b] = [runtime.instantiate(module), runtime.instantiate(module)];
    const [f, g] = [a, b].map(({ exports }) => exports['f'] as Func);
    for (let k = 0; k < 2; k++) f();
    for (let k = 0; k < 2; k++) g();
    assert.deepEqual(hot, []);
    for (let k = 0; k < 8; k++) f();
    assert.deepEqual(hot, [a]);
    assert.deepEqual([counted(a, 0, 3), counted(b, 0, 3)], [10, 2]);
    const cell = (a.byteOffset + module.layout.heat(0)) >> 2;
    a.cells.u32[cell] = 2;
    f();
    assert.equal(hot.length, 1);
    f();
    assert.deepEqual(hot, [a, a]);
    runtime.dispose();
  });

  const types = ['i32', 'i64', 'f32', 'f64'] as const;
  const toF64 = { i32: 'f64.convert_i32_s', i64: 'f64.convert_i64_s', f32: 'f64.promote_f32', f64: '' };

  /**
   * A function of a number of turns and `count` values of all types, with as many variables, all of which its
   * loop reads or writes and which live behind it; and another function that leaves nothing in the registers
   * as it was.
   */
  function busyModule(count: number): string {
    const type = (k: number): (typeof types)[number] => types[k % 4];
    const list = Array.from({ length: count }, (_, k) => type(k)).join(' ');
    const each = (code: (k: number, type: string) => string): string =>
      Array.from({ length: count }, (_, k) => code(k, type(k))).join('\n');
    const variable = (k: number): number => 1 + count + k;
    const sum = each(
      (k, t) => `f64.const 1.0625 f64.mul (${t}.sub (local.get ${variable(k)}) (local.get ${1 + k}))
        ${toF64[type(k)]} f64.add`,
    );
    return `(module
      (func (export "busy") (param $n i32) (param ${list}) (result f64) (local ${list})
        ${each((k, t) => `(local.set ${variable(k)} (${t}.const ${k + 1}))`)}
        (loop $l
          ${each((k, t) => {
            const product = `(${t}.mul (local.get ${variable(k)}) (${t}.const 3))`;
            return `(local.set ${variable(k)} (${t}.add ${product} (local.get ${1 + k})))`;
          })}
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        f64.const 0 ${sum})
      (func (export "others") (param ${list}) (result ${list})
        ${each((k, t) => `(${t}.add (local.get ${k}) (${t}.const 77))`)}))`;
  }

  for (const count of [4, 12, 24, 60]) {
    test(`${count} parameters and ${count} locals live through a call of onHot at any turn`, () => {
      const text = busyModule(count);
      const turns = 6;
      const args = Array.from({ length: count }, (_, k) => (k % 4 === 1 ? BigInt(3 * k + 1) : 1.5 * k + 1));
      const plain = new Runtime(options);
      const expected = (plain.instantiate(plain.compile(wat(text))).exports['busy'] as Func)(turns, ...args);
      assert.ok(Number(expected) > 1000);
      plain.dispose();
      for (let threshold = 1; threshold <= turns + 2; threshold++) {
        let told = 0;
        const { runtime, functions } = start(text, threshold, (_, functionIndex) => {
          if (functionIndex !== 0) return;
          told++;
          functions['others'](...args);
        });
        assert.equal(functions['busy'](turns, ...args), expected, `threshold ${threshold}`);
        assert.equal(told, threshold <= turns + 1 ? 1 : 0);
        runtime.dispose();
      }
    });
  }

  test('onHot may call the same function, and functions that get hot in turn', () => {
    const told: number[] = [];
    const results: unknown[] = [];
    const { runtime, functions } = start(
      `(module
        (func (export "a") (param i32) (result i32) (local i32)
          (loop $l (local.set 1 (i32.add (local.get 1) (local.get 0)))
            (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1))
        (func (export "b") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 2))))`,
      4,
      (_, functionIndex) => {
        told.push(functionIndex);
        if (functionIndex !== 0) return;
        results.push(functions['a'](10));
        for (let k = 0; k < 5; k++) results.push(functions['b'](k));
      },
    );
    assert.equal(functions['a'](100), 5050);
    assert.deepEqual(told, [0, 1]);
    assert.deepEqual(results, [55, 0, 2, 4, 6, 8]);
    runtime.dispose();
  });

  test('a memory that grows in onHot is where the function goes on', () => {
    const { runtime, functions } = start(
      `(module (memory (export "memory") 1 200)
        (func (export "fill") (param $n i32) (result i32)
          (i32.store (i32.const 0) (i32.const 5))
          (loop $l
            (i32.store8 (local.get $n) (i32.const 1))
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (i32.load8_u (i32.const 1)))
        (func (export "size") (result i32) (memory.size)))`,
      50,
      ({ exports }, functionIndex) => {
        const { memory } = exports;
        assert.ok(memory instanceof Memory);
        if (functionIndex === 0) memory.grow(100);
      },
    );
    assert.equal(functions['fill'](100), 1);
    assert.equal(functions['size'](), 101);
    runtime.dispose();
  });

  test('what onHot throws comes out of the call, and the next call works', () => {
    const failure = new Error('in onHot');
    const { runtime, functions } = start(
      `(module (func $f (param i32) (result i32)
          (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 7))
        (func (export "run") (param i32) (result i32) (call $f (local.get 0))))`,
      20,
      () => {
        throw failure;
      },
    );
    assert.throws(
      () => functions['run'](100),
      (error) => error === failure,
    );
    assert.equal(functions['run'](100), 7);
    runtime.dispose();
  });

  test('a trap in wasm that onHot calls comes out of onHot, with its own frames', () => {
    const errors: unknown[] = [];
    const { runtime, functions } = start(
      `(module (func (export "run") (param i32) (result i32)
          (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 7))
        (func $crash (export "crash") (unreachable)))`,
      20,
      () => {
        try {
          functions['crash']();
        } catch (error) {
          errors.push(error);
        }
      },
    );
    assert.equal(functions['run'](100), 7);
    const [error] = errors;
    assert.ok(error instanceof TrapError);
    assert.deepEqual(
      [error.trap, error.frames.map(({ functionName }) => functionName)],
      [Trap.unreachable, ['crash']],
    );
    runtime.dispose();
  });

  test('a stack that is exhausted where a function gets hot is a trap like any other', () => {
    const text = `(module (func $r (export "r") (param i32) (result i32) (i32.add (call $r (local.get 0)) (i32.const 1)))
      (func (export "ok") (result i32) (i32.const 7)))`;
    const never = 0xffff_ffff;
    const deep = start(text, never, () => assert.fail('it is not hot'));
    trapOf(() => deep.functions['r'](1));
    const depth = counted(deep.instance, 0, never);
    assert.ok(depth > 1000);
    deep.runtime.dispose();
    const told: boolean[] = [];
    for (let threshold = depth - 12; threshold <= depth + 1; threshold++) {
      let hot = 0;
      const { runtime, functions } = start(text, threshold, () => hot++);
      const error = trapOf(() => functions['r'](1));
      assert.equal(error.trap, Trap.callStackExhausted);
      assert.ok(error.frames.every(({ functionIndex }) => functionIndex === 0));
      assert.equal(functions['ok'](), 7);
      told.push(hot === 1);
      runtime.dispose();
    }
    // There is room for the stub's frame a few calls before there is none for the function's.
    assert.equal(told[0], true);
    assert.equal(told[12], false);
    assert.deepEqual(
      told,
      told.toSorted((a, b) => Number(b) - Number(a)),
    );
  });

  test('while onHot runs, the code that called it counts as running', () => {
    const outcomes: unknown[] = [];
    const { runtime, instance, functions } = start(
      '(module (func (export "f") (result i32) (i32.const 3)))',
      1,
      () => {
        instance.dispose();
        outcomes.push(instance.freed);
        assert.throws(() => runtime.dispose(), /while its code is running/);
      },
    );
    assert.equal(functions['f'](), 3);
    assert.deepEqual(outcomes, [false]);
    runtime.dispose();
  });

  test('the frames of an exception from onHot name the place that counted', () => {
    const bytes = wat(`(module (func $f (param i32)
        (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func $g (export "g") (call $f (i32.const 50))))`);
    const runtime = new Runtime({
      ...options,
      heat: {
        threshold: 30,
        onHot: () => {
          const { store } = module;
          const pcs = store.env.frames((pc) => store.codeMap.isEntry(pc), true);
          const { frames } = backtraceOf(store.codeMap.activations(pcs));
          offsets = frames.map(({ functionName, wasmOffset = 0 }) => [functionName, bytes[wasmOffset]]);
        },
      },
    });
    let offsets: unknown;
    const module = runtime.compile(bytes);
    (runtime.instantiate(module).exports['g'] as Func)();
    assert.deepEqual(offsets, [
      ['f', 0x03],
      ['g', 0x10],
    ]);
    runtime.dispose();
  });
}

describe('options', () => {
  const bytes = wat('(module (func (export "f") (result i32) (i32.const 3)))');
  const runtimes: Runtime[] = [];
  after(() => {
    for (const runtime of runtimes) runtime.dispose();
  });
  const onHot = (): void => {};

  test('a threshold is an integer that a counter holds', () => {
    for (const threshold of [0, -1, 1.5, Number.NaN, 2 ** 32]) {
      assert.throws(() => new Runtime({ heat: { threshold, onHot } }), {
        name: 'RangeError',
        message: /threshold/,
      });
    }
    for (const threshold of [1, 2 ** 32 - 1]) runtimes.push(new Runtime({ heat: { threshold, onHot } }));
  });

  test('who keeps code is told whether it counts, when it is made and when it is wanted', () => {
    const kept = new Map<boolean, CodeObject>();
    const run = (heat: RuntimeOptions['heat']): unknown[] => {
      const asked: unknown[] = [];
      const runtime = new Runtime({
        tier: heat === undefined ? 'fast' : 'multi',
        heat,
        findCode: (_module, index, mode, countHeat) => {
          asked.push([index, mode, countHeat]);
          return kept.get(countHeat);
        },
        onCompile: ({ countHeat, code }) => {
          asked.push(countHeat);
          kept.set(countHeat, code);
        },
      });
      runtimes.push(runtime);
      assert.equal((runtime.instantiate(runtime.compile(bytes)).exports['f'] as Func)(), 3);
      return asked;
    };
    let told = 0;
    const counting = { threshold: 1, onHot: () => told++ };
    assert.deepEqual(run(undefined), [[0, 'guarded', false], false]);
    assert.deepEqual(run(counting), [[0, 'guarded', true], true]);
    assert.deepEqual(run(undefined), [[0, 'guarded', false]]);
    assert.deepEqual(run(counting), [[0, 'guarded', true]]);
    assert.equal(told, 2);
    assert.notDeepEqual(kept.get(true)?.bytes, kept.get(false)?.bytes);
  });
});

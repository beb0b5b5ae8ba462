import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Trap, trapMessages } from '../../code/traps.js';
import { baselineCpu } from '../../x64/cpu-features.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import { TrapError } from './trap-error.js';

/*
 * Traps in LLVM's code tell what those in the Fast JIT's code tell: which trap it was, and where each of the
 * wasm frames stood, also those that LLVM has inlined.
 */

type Exports = Readonly<Record<string, Func>>;
type Call = readonly [name: string, ...args: readonly unknown[]];
type HostFunctions = Readonly<Record<string, (...args: never[]) => unknown>>;

interface Case {
  /** Modules, instantiated in this order: each may import from those before it, by `a`, `b` … */
  readonly modules: readonly string[];
  /** What the last module is called with. */
  readonly calls: readonly Call[];
  /** Host functions, which modules import from `env`. */
  readonly host?: (exports: () => Exports) => HostFunctions;
  /**
   * Only frames' functions are compared: where in a function the stack ends depends on the size of frames.
   */
  readonly exhausts?: boolean;
}

const failure = new Error('thrown by the host');

const cases: Readonly<Record<string, Case>> = {
  'every kind of trap': {
    modules: [
      `(module
        (memory 1) (table $t 3 10 funcref) (elem (i32.const 0) $other) (type $fn (func (result i32)))
        (data $d "abc") (elem $e funcref (ref.func $other))
        (func $other)
        (func (export "unreachable") (unreachable))
        (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
        (func (export "load8") (param i32) (result i64) (i64.load8_s offset=7 (local.get 0)))
        (func (export "far") (param i32) (result i64) (i64.load offset=0xfffffff8 (local.get 0)))
        (func (export "float") (param i32) (result f32) (f32.load (local.get 0)))
        (func (export "store") (param i32) (i64.store offset=4 (local.get 0) (i64.const 1)))
        (func (export "store8") (param i32) (i32.store8 (local.get 0) (i32.const 1)))
        (func (export "div_s") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
        (func (export "div_u") (param i64 i64) (result i64) (i64.div_u (local.get 0) (local.get 1)))
        (func (export "rem_s") (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
        (func (export "trunc32") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
        (func (export "trunc64") (param f32) (result i64) (i64.trunc_f32_u (local.get 0)))
        (func (export "get") (param i32) (result funcref) (table.get (local.get 0)))
        (func (export "set") (param i32) (table.set (local.get 0) (ref.null func)))
        (func (export "call") (param i32) (result i32) (call_indirect (type $fn) (local.get 0)))
        (func (export "memory.init") (param i32 i32 i32)
          (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
        (func (export "memory.copy") (param i32 i32 i32)
          (memory.copy (local.get 0) (local.get 1) (local.get 2)))
        (func (export "memory.fill") (param i32 i32 i32)
          (memory.fill (local.get 0) (local.get 1) (local.get 2)))
        (func (export "table.init") (param i32 i32 i32)
          (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
        (func (export "table.copy") (param i32 i32 i32)
          (table.copy (local.get 0) (local.get 1) (local.get 2)))
        (func (export "table.fill") (param i32 i32) (table.fill (local.get 0) (ref.null func) (local.get 1))))`,
    ],
    calls: [
      ['unreachable'],
      ...[65533, 65536, 0x7fff_ffff, -1].flatMap((address): Call[] =>
        ['load', 'load8', 'far', 'float', 'store', 'store8'].map((name) => [name, address] as const),
      ),
      ['div_s', 1, 0],
      ['div_s', -(2 ** 31), -1],
      ['div_s', 0, 0],
      ['div_u', 1n, 0n],
      ['rem_s', 1n, 0n],
      ['trunc32', Number.NaN],
      ['trunc32', 1e10],
      ['trunc32', -Infinity],
      ['trunc64', Number.NaN],
      ['trunc64', -1],
      ['get', 3],
      ['set', -1],
      ['call', 3],
      ['call', 2],
      ['call', 0],
      ['memory.init', 65534, 0, 3],
      ['memory.init', 0, 1, 3],
      ['memory.copy', 65535, 0, 2],
      ['memory.copy', 0, 65535, 2],
      ['memory.fill', 65530, 1, 7],
      ['table.init', 3, 0, 1],
      ['table.init', 0, 1, 1],
      ['table.copy', 2, 0, 2],
      ['table.fill', 2, 2],
    ],
  },

  'functions that are inlined, three deep': {
    modules: [
      `(module (memory 1)
        (func $leaf (param i32 i32) (result i32)
          (i32.add (i32.div_s (local.get 0) (local.get 1)) (i32.load (local.get 0))))
        (func $twice (param i32 i32) (result i32)
          (i32.sub (call $leaf (local.get 1) (local.get 0)) (call $leaf (local.get 0) (local.get 1))))
        (func $thrice (param i32 i32) (result i32)
          (i32.xor
            (i32.xor (call $twice (local.get 0) (i32.const 3)) (call $twice (i32.const 7) (local.get 1)))
            (call $twice (local.get 0) (local.get 1))))
        (func (export "run") (param i32 i32) (result i32)
          (i32.add (call $thrice (local.get 0) (local.get 1)) (call $thrice (local.get 1) (local.get 0)))))`,
    ],
    calls: [
      ['run', 0, 1],
      ['run', 1, 0],
      ['run', 0, 0],
      ['run', 65533, 1],
      ['run', 1, 65533],
      ['run', -1, 2],
      ['run', 2, -(2 ** 31)],
      ['run', -(2 ** 31), -1],
    ],
  },

  'places that look alike': {
    modules: [
      `(module (memory 1)
        (func $check (param i32) (if (i32.eqz (local.get 0)) (then (unreachable))))
        (func (export "branches") (param i32 i32) (result i32)
          (if (result i32) (i32.and (local.get 0) (i32.const 1))
            (then (i32.div_u (i32.const 100) (local.get 1)))
            (else (i32.div_u (i32.const 100) (local.get 1)))))
        (func (export "unreachables") (param i32)
          (block $d (block $c (block $b (block $a
            (br_table $a $b $c $d (local.get 0)))
            (unreachable)) (unreachable)) (unreachable)) (unreachable))
        (func (export "checks") (param i32 i32 i32)
          (call $check (local.get 0)) (call $check (local.get 1)) (call $check (local.get 2)))
        (func (export "loads") (param i32 i32) (result i32)
          (if (result i32) (local.get 0)
            (then (i32.load (local.get 1)))
            (else (i32.load (local.get 1)))))
        (func (export "stores") (param i32 i32)
          (if (local.get 0)
            (then (i32.store (local.get 1) (i32.const 1)))
            (else (i32.store (local.get 1) (i32.const 1)))))
        (func (export "same twice") (param i32) (result i32)
          (i32.add (i32.load (local.get 0)) (i32.load (local.get 0))))
        (func (export "store then load") (param i32) (result i32)
          (i32.store (local.get 0) (i32.const 7)) (i32.load (local.get 0)))
        (func (export "stores in a row") (param i32)
          (i32.store (local.get 0) (i32.const 0)) (i32.store offset=4 (local.get 0) (i32.const 0))
          (i32.store offset=8 (local.get 0) (i32.const 0)) (i32.store offset=12 (local.get 0) (i32.const 0)))
        (func (export "bytes in a row") (param i32) (result i32)
          (i32.or (i32.or (i32.load8_u (local.get 0)) (i32.shl (i32.load8_u offset=1 (local.get 0)) (i32.const 8)))
            (i32.or (i32.shl (i32.load8_u offset=2 (local.get 0)) (i32.const 16))
              (i32.shl (i32.load8_u offset=3 (local.get 0)) (i32.const 24)))))
        (func (export "divisions") (param i32 i32) (result i32)
          (i32.add (i32.div_u (local.get 0) (local.get 1)) (i32.rem_u (local.get 0) (local.get 1)))))`,
    ],
    calls: [
      ['branches', 0, 0],
      ['branches', 1, 0],
      ...[0, 1, 2, 3, 4].map((k): Call => ['unreachables', k]),
      ['checks', 0, 1, 1],
      ['checks', 1, 0, 1],
      ['checks', 1, 1, 0],
      ...[0, 1].flatMap((side): Call[] => [
        ['loads', side, -4],
        ['stores', side, -4],
      ]),
      ['same twice', -1],
      ['store then load', 65533],
      ...[65524, 65528, 65532, 65535, -1].map((at): Call => ['bytes in a row', at]),
      // Not where some of the stores would be in bounds: LLVM may make one of them all.
      ...[65536, -1].map((at): Call => ['stores in a row', at]),
      ['divisions', 1, 0],
    ],
  },

  loops: {
    modules: [
      `(module (memory 1)
        (func (export "fill") (param $from i32) (param $count i32)
          (loop $l
            (i32.store (local.get $from) (i32.const 5))
            (local.set $from (i32.add (local.get $from) (i32.const 4)))
            (br_if $l (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
        (func (export "sum") (param $from i32) (param $count i32) (result i32) (local $sum i32)
          (loop $l
            (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $from))))
            (local.set $from (i32.add (local.get $from) (i32.const 4)))
            (br_if $l (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
          (local.get $sum))
        (func (export "copy") (param $to i32) (param $from i32) (param $count i32)
          (loop $l
            (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (br_if $l (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
        (func (export "invariant") (param $at i32) (param $by i32) (param $count i32) (result i32) (local $sum i32)
          (loop $l
            (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
            (local.set $sum (i32.add (local.get $sum) (i32.div_s (local.get $count) (local.get $by))))
            (br_if $l (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
          (local.get $sum)))`,
    ],
    calls: [
      ['fill', 65536 - 400, 200],
      ['fill', 3, 100_000],
      ['sum', 65536 - 400, 200],
      ['sum', 1, 100_000],
      ['copy', 0, 65500, 100],
      ['copy', 65500, 0, 100],
      ['copy', 65400, 65500, 1000],
      ['invariant', -1, 1, 5],
      ['invariant', 0, 0, 5],
      ['invariant', -1, 0, 5],
    ],
  },

  recursion: {
    modules: [
      `(module
        (func $down (export "down") (param i32) (result i32)
          (if (result i32) (local.get 0)
            (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (local.get 0)))
            (else (unreachable))))
        (func $tail (export "tail") (param i32) (result i32)
          (if (i32.eqz (local.get 0)) (then (unreachable)))
          (call $tail (i32.sub (local.get 0) (i32.const 1))))
        (func $even (export "even") (param i32) (result i32)
          (if (result i32) (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (unreachable))))
        (func $odd (param i32) (result i32)
          (if (result i32) (local.get 0) (then (call $even (i32.sub (local.get 0) (i32.const 1)))) (else (unreachable)))))`,
    ],
    calls: [
      ['down', 0],
      ['down', 1],
      ['down', 10],
      ['down', 100],
      ['down', 3000],
      ['tail', 10],
      ['tail', 1000],
      ['even', 9],
      ['even', 10],
      ['even', 500],
    ],
  },

  'indirect calls': {
    modules: [
      `(module (type $t (func (param i32) (result i32))) (type $other (func (param i64) (result i32)))
        (table 8 funcref) (elem (i32.const 0) $a $b $c $d)
        (func $a (param i32) (result i32) (i32.div_u (i32.const 10) (local.get 0)))
        (func $b (param i32) (result i32) (i32.add (call_indirect (type $t) (local.get 0) (i32.const 0)) (i32.const 1)))
        (func $c (param i64) (result i32) (unreachable))
        (func $d (param i32) (result i32) (call_indirect (type $t) (local.get 0) (i32.const 1)))
        (func (export "run") (param i32 i32) (result i32)
          (i32.mul (call_indirect (type $t) (local.get 0) (local.get 1)) (i32.const 3)))
        (func (export "wide") (param i64 i32) (result i32)
          (call_indirect (type $other) (local.get 0) (local.get 1))))`,
    ],
    calls: [
      ...[0, 1, 2, 3, 4, 8, -1].map((k): Call => ['run', 0, k]),
      ...[0, 1, 2, 7, 8].map((k): Call => ['wide', 1n, k]),
    ],
  },

  'functions of other instances': {
    modules: [
      `(module $a (memory (export "memory") 1) (table (export "table") 4 funcref) (elem (i32.const 0) $poke)
        (func $poke (export "poke") (param i32) (result i32) (call $peek (local.get 0)))
        (func $peek (param i32) (result i32) (i32.load (local.get 0))))`,
      `(module $b (import "a" "poke" (func $poke (param i32) (result i32))) (import "a" "table" (table 4 funcref))
        (type $t (func (param i32) (result i32)))
        (func $through (export "through") (param i32) (result i32)
          (i32.add (call $poke (local.get 0)) (call_indirect (type $t) (local.get 0) (i32.const 0))))
        (func (export "thunk") (param i32) (result i32) (call_indirect (type $t) (local.get 0) (i32.const 1)))
        (elem (i32.const 1) $through))`,
      `(module $c (import "b" "through" (func $through (param i32) (result i32)))
        (import "b" "thunk" (func $thunk (param i32) (result i32))) (import "a" "memory" (memory 1))
        (func $inner (param i32) (result i32) (i32.add (call $through (local.get 0)) (i32.load (local.get 0))))
        (func (export "run") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1)))
        (func (export "again") (param i32) (result i32) (call $thunk (local.get 0))))`,
    ],
    calls: [
      ['run', 65534],
      ['again', -1],
    ],
  },

  'exceptions of the host, and nesting': {
    modules: [
      `(module (import "env" "fail" (func $fail (param i32))) (import "env" "again" (func $again (param i32) (result i32)))
        (import "env" "attempt" (func $attempt (param i32) (result i32)))
        (func $wrap (param i32) (call $fail (local.get 0)))
        (func (export "fails") (param i32) (call $wrap (local.get 0)) (call $wrap (i32.const 1)))
        (func $nest (export "nest") (param i32) (result i32)
          (if (result i32) (local.get 0)
            (then (i32.add (call $again (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
            (else (unreachable))))
        (func (export "after a trap") (param i32) (result i32)
          (i32.div_u (call $attempt (local.get 0)) (i32.const 0))))`,
    ],
    host: (exports) => ({
      fail: (value: number) => {
        if (value === 0) throw failure;
      },
      again: (value: number) => exports()['nest'](value),
      attempt: (value: number) => {
        try {
          return exports()['nest'](value);
        } catch (error) {
          assert.ok(error instanceof TrapError);
          return error.frames.length;
        }
      },
    }),
    calls: [
      ['fails', 0],
      ['nest', 0],
      ['nest', 1],
      ['nest', 7],
      ['after a trap', 0],
      ['after a trap', 3],
    ],
  },

  'traps in builtins': {
    modules: [
      `(module (memory 1 2) (table 2 4 externref) (data $d "abc")
        (func $grow (param i32) (result i32) (memory.grow (local.get 0)))
        (func $init (param i32) (memory.init $d (local.get 0) (i32.const 0) (i32.const 3)))
        (func (export "run") (param i32 i32) (call $init (local.get 0)) (drop (call $grow (i32.const 1)))
          (call $init (local.get 1)))
        (func (export "dropped") (param i32) (data.drop $d) (call $init (local.get 0))))`,
    ],
    calls: [
      ['run', 65534, 0],
      ['run', 0, 65534],
      ['run', 0, 131070],
      ['dropped', 0],
    ],
  },

  'an exhausted stack': {
    exhausts: true,
    modules: [
      `(module (import "env" "note" (func $note (param i32)))
        (func $r (export "r") (param i32) (result i32)
          (call $note (local.get 0)) (i32.add (call $r (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
        (func $plain (export "plain") (param i64 f64) (result f64)
          (f64.add (call $plain (local.get 0) (local.get 1)) (local.get 1)))
        (func $a (export "a") (param i32) (call $b (local.get 0)) (call $note (local.get 0)))
        (func $b (param i32) (call $a (local.get 0)) (call $note (local.get 0))))`,
    ],
    host: () => ({ note: () => {} }),
    calls: [
      ['r', 1],
      ['plain', 1n, 2],
      ['a', 0],
    ],
  },
};

import { withoutLlvm } from '../../llvm-jit/library.fixture.js';

interface Outcome {
  readonly call: string;
  readonly trap: string;
  readonly frames: readonly string[];
  readonly omitted: number;
}

function outcomeOf(call: Call, run: () => unknown): Outcome {
  const name = call.join(' ');
  try {
    return { call: name, trap: `returned ${run()}`, frames: [], omitted: 0 };
  } catch (error) {
    if (error === failure) return { call: name, trap: 'the exception of the host', frames: [], omitted: 0 };
    if (!(error instanceof TrapError)) throw error;
    const { trap, frames, backtrace } = error;
    return {
      call: name,
      trap: trapMessages[trap],
      frames: frames.map(({ functionIndex, functionName, moduleName, wasmOffset }) =>
        [moduleName, functionIndex, functionName, `@${wasmOffset?.toString(16)}`].join(' '),
      ),
      omitted: backtrace.omittedCount,
    };
  }
}

/** Runs all calls of a case in a new set of instances each. */
function outcomes(runtime: Runtime, { modules, calls, host }: Case): Outcome[] {
  const compiled = modules.map((text) => runtime.compile(wat(text)));
  const result: Outcome[] = [];
  for (const call of calls) {
    const [name, ...args] = call;
    let exports: Exports = {};
    const imports: Record<string, Readonly<Record<string, unknown>>> = { env: host?.(() => exports) ?? {} };
    const instances = compiled.map((module, k) => {
      const instance = runtime.instantiate(module, imports as never);
      exports = instance.exports as Exports;
      imports['abc'[k]] = instance.exports;
      return instance;
    });
    result.push(outcomeOf(call, () => exports[name](...args)));
    for (const instance of instances) instance.dispose();
  }
  for (const module of compiled) module.dispose();
  return result;
}

/** What is not as it should be, a line each. */
function differences(actual: readonly Outcome[], expected: readonly Outcome[]): string[] {
  const text = ({ call, trap, frames, omitted }: Outcome): string =>
    `${call}: ${trap} ${frames.join(' < ')} (+${omitted})`;
  return expected.flatMap((outcome, k) =>
    isDeepStrictEqual(actual[k], outcome) ? [] : [`${text(actual[k])}, not ${text(outcome)}`],
  );
}

const configurations: readonly (readonly [name: string, options: RuntimeOptions])[] = [
  ['guarded memory, level 3', { memoryMode: 'guarded', llvm: { level: 3 } }],
  ['checked memory, level 3', { memoryMode: 'checked', llvm: { level: 3 } }],
  ['guarded memory, plain x86-64, level 1', { memoryMode: 'guarded', cpu: baselineCpu, llvm: { level: 1 } }],
  ['guarded memory, level 0', { memoryMode: 'guarded', llvm: { level: 0 } }],
  ['guarded memory, small code', { memoryMode: 'guarded', llvm: { level: 3, sizeLevel: 2 } }],
];

for (const [name, options] of configurations) {
  describe(name, { skip: withoutLlvm() }, () => {
    const refused: unknown[] = [];
    const fast = new Runtime({ ...options, tier: 'fast' });
    const llvm = new Runtime({
      ...options,
      tier: 'llvm',
      onTierUp: (event) => event.kind === 'refused' && refused.push(event),
    });
    after(() => {
      fast.dispose();
      llvm.dispose();
    });

    for (const [title, data] of Object.entries(cases)) {
      test(title, () => {
        const expected = outcomes(fast, data);
        const actual = outcomes(llvm, data);
        assert.deepEqual(refused, []);
        if (!data.exhausts) {
          assert.deepEqual(differences(actual, expected), []);
          return;
        }
        for (const [k, outcome] of expected.entries()) {
          assert.equal(outcome.trap, trapMessages[Trap.callStackExhausted]);
          assert.equal(actual[k].trap, outcome.trap);
          assert.ok(actual[k].omitted > 100);
        }
      });
    }
  });
}

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { trapMessages } from '../../code/traps.js';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import { TrapError } from '../traps/trap-error.js';

/*
 * An access out of bounds traps where it is, whatever becomes of its value, in LLVM's code as in the Fast
 * JIT's; and what was stored before is stored.
 */

interface Example {
  /** What the module has: `f` is called; `state`, if there is one, is called afterwards. */
  readonly code: string;
  readonly calls: readonly (readonly unknown[])[];
}

const load = '(i32.load (local.get 0))';
const out = [[-1]];

const examples: Readonly<Record<string, Example>> = {
  'an unused value': { code: `(func (export "f") (param i32) (drop ${load}))`, calls: out },
  'a condition for nothing': { code: `(func (export "f") (param i32) (if ${load} (then)))`, calls: out },
  'a branch to what follows': {
    code: `(func (export "f") (param i32) (block (br_if 0 ${load})))`,
    calls: out,
  },
  'an index for nothing': {
    code: `(func (export "f") (param i32) (block (br_table 0 0 0 ${load})))`,
    calls: out,
  },
  'and 0': {
    code: `(func (export "f") (param i32) (result i32) (i32.and ${load} (i32.const 0)))`,
    calls: out,
  },
  'times 0': {
    code: `(func (export "f") (param i32) (result i32) (i32.mul ${load} (i32.const 0)))`,
    calls: out,
  },
  'minus itself': {
    code: `(func (export "f") (param i32) (result i32) (local i32)
      (local.set 1 ${load}) (i32.sub (local.get 1) (local.get 1)))`,
    calls: out,
  },
  'a selection between equals': {
    code: `(func (export "f") (param i32) (result i32) (select (i32.const 3) (i32.const 3) ${load}))`,
    calls: out,
  },
  'a comparison that is always true': {
    code: `(func (export "f") (param i32) (result i32)
      (i32.and (i32.ge_u ${load} (i32.const 0)) (i32.lt_u (i32.load8_u (local.get 0)) (i32.const 256))))`,
    calls: out,
  },
  'stored, and overwritten': {
    code: `(func (export "f") (param i32)
      (i32.store (i32.const 0) ${load}) (i32.store (i32.const 0) (i32.const 1)))
      (func (export "state") (result i32) (i32.load (i32.const 0)))`,
    calls: [[-1], [4]],
  },
  'put into a global, and overwritten': {
    code: `(global $g (mut i32) (i32.const 7))
      (func (export "f") (param i32) (global.set $g ${load}) (global.set $g (i32.const 1)))
      (func (export "state") (result i32) (global.get $g))`,
    calls: [[-1], [4]],
  },
  'stored where it came from': {
    code: `(func (export "f") (param i32) (i32.store (local.get 0) ${load}))`,
    calls: out,
  },
  'an argument that the callee does not use': {
    code: `(func $g (param i32) (global.set $x (i32.const 5))) (global $x (mut i32) (i32.const 0))
      (func (export "f") (param i32) (call $g ${load})) (func (export "state") (result i32) (global.get $x))`,
    calls: out,
  },
  'a result that the caller does not use': {
    code: `(func $g (param i32) (result i32) ${load}) (func (export "f") (param i32) (drop (call $g (local.get 0))))`,
    calls: out,
  },
  'several results that the caller does not use': {
    code: `(func $g (param i32) (result i32 i64 f32) ${load} (i64.load (local.get 0)) (f32.load (local.get 0)))
      (func (export "f") (param i32) (call $g (local.get 0)) drop drop drop)`,
    calls: out,
  },
  'used on one way only': {
    code: `(func (export "f") (param i32 i32) (result i32) (local i32)
      (local.set 2 ${load}) (if (result i32) (local.get 1) (then (local.get 2)) (else (i32.const 1))))`,
    calls: [
      [-1, 0],
      [-1, 1],
      [0, 0],
    ],
  },
  'used behind a call only': {
    code: `(import "env" "tell" (func $tell)) (func (export "f") (param i32) (result i32) (local i32)
      (local.set 1 ${load}) (call $tell) (local.get 1))`,
    calls: [[-1], [0]],
  },
  'before a division': {
    code: `(func (export "f") (param i32 i32) (result i32) (local i32)
      (local.set 2 ${load}) (i32.add (i32.div_u (i32.const 5) (local.get 1)) (local.get 2)))`,
    calls: [
      [-1, 0],
      [0, 0],
      [-1, 1],
    ],
  },
  'behind a division': {
    code: `(func (export "f") (param i32 i32) (result i32) (i32.add (i32.div_u (i32.const 5) (local.get 1)) ${load}))`,
    calls: [
      [-1, 0],
      [0, 0],
      [-1, 1],
    ],
  },
  'before unreachable': {
    code: `(func (export "f") (param i32 i32) (result i32) (local i32)
      (local.set 2 ${load}) (if (i32.eqz (local.get 1)) (then (unreachable))) (local.get 2))`,
    calls: [
      [-1, 0],
      [0, 0],
      [-1, 1],
    ],
  },
  'in a loop that is of no use': {
    code: `(func (export "f") (param i32) (local i32)
      (loop (local.set 1 (i32.add (local.get 1) ${load}))
        (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 4))) (i32.const 100000)))))`,
    calls: [[0]],
  },
  'in a loop that ends by trapping': {
    code: `(func (export "f") (param i32) (local i32)
      (loop (local.set 1 (i32.add (local.get 1) ${load}))
        (local.set 0 (i32.add (local.get 0) (i32.const 4))) (br 0)))`,
    calls: [[0]],
  },
  'in a loop in an inlined function whose result is not used': {
    code: `(func $sum (param i32) (result i32) (local i32)
        (loop (local.set 1 (i32.add (local.get 1) ${load}))
          (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 4))) (i32.const 70000))))
        (local.get 1))
      (func (export "f") (param i32) (drop (call $sum (local.get 0))))`,
    calls: [[0], [80000]],
  },
  'in a loop, in an inlined function, before a division': {
    code: `(func $sum (param i32) (result i32) (local i32)
        (loop (local.set 1 (i32.add (local.get 1) ${load}))
          (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 4))) (i32.const 70000))))
        (local.get 1))
      (func (export "f") (param i32 i32) (result i32)
        (i32.add (call $sum (local.get 0)) (i32.div_u (i32.const 1) (local.get 1))))`,
    calls: [
      [0, 0],
      [0, 1],
    ],
  },
  'floats, and narrow ones': {
    code: `(func (export "f") (param i32 i32)
      (block $d (block $c (block $b (block $a (br_table $a $b $c $d (local.get 1)))
        (drop (f32.load (local.get 0))) (return))
        (drop (f64.load offset=16 (local.get 0))) (return))
        (drop (i64.load16_s (local.get 0))) (return))
      (drop (i32.load8_s (local.get 0))))`,
    calls: [0, 1, 2, 3].map((kind) => [-1, kind]),
  },
  'a global that was set before a division': {
    code: `(global $g (mut i32) (i32.const 0)) (func (export "state") (result i32) (global.get $g))
      (func (export "f") (param i32 i32) (result i32)
        (global.set $g (i32.const 1)) (i32.div_u (local.get 0) (local.get 1)) (global.set $g (i32.const 2)))`,
    calls: [
      [1, 0],
      [1, 1],
    ],
  },
  'a global that was set before a load': {
    code: `(global $g (mut i32) (i32.const 0)) (func (export "state") (result i32) (global.get $g))
      (func (export "f") (param i32) (result i32) (global.set $g (i32.const 1)) ${load} (global.set $g (i32.const 2)))`,
    calls: [[-1], [0]],
  },
  'memory that was stored to before a division': {
    code: `(func (export "state") (result i32) (i32.load (i32.const 0)))
      (func (export "f") (param i32 i32) (result i32)
        (i32.store (i32.const 0) (i32.const 1)) (i32.div_u (local.get 0) (local.get 1))
        (i32.store (i32.const 0) (i32.const 2)))`,
    calls: [
      [1, 0],
      [1, 1],
    ],
  },
  'memory that was stored to before a store': {
    code: `(func (export "state") (result i32) (i32.load (i32.const 0)))
      (func (export "f") (param i32)
        (i32.store (i32.const 0) (i32.const 1)) (i32.store8 (local.get 0) (i32.const 1))
        (i32.store (i32.const 0) (i32.const 2)))`,
    calls: [[-1], [8]],
  },
  'memory that was stored to in a loop before it trapped': {
    code: `(func (export "state") (result i32) (i32.load (i32.const 0)))
      (func (export "f") (param i32) (local i32)
        (loop (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
          (drop (i32.div_u (i32.const 1) (local.get 0)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))
          (drop (i32.div_u (i32.const 1) (local.get 0)))))`,
    calls: [[9]],
  },
};

function outcomes(runtime: Runtime, { code, calls }: Example): string[] {
  const module = runtime.compile(
    wat(`(module ${code.replace(/^(\(import .*?\)\)) /, '$1 (memory 1) ')}
    ${/^\(import/.test(code) ? '' : '(memory 1)'})`),
  );
  const found = calls.map((args) => {
    let told = 0;
    const instance = runtime.instantiate(module, { env: { tell: () => void told++ } });
    const { f, state } = instance.exports as Record<string, Func>;
    let outcome: string;
    try {
      outcome = `returned ${f(...args)}`;
    } catch (error) {
      if (!(error instanceof TrapError)) throw error;
      outcome = trapMessages[error.trap];
    }
    const after = `told ${told} times, state ${state?.()}`;
    instance.dispose();
    return `f(${args.join(', ')}): ${outcome}, ${after}`;
  });
  module.dispose();
  return found;
}

const configurations: readonly (readonly [name: string, options: RuntimeOptions])[] = [
  ['guarded memory, level 3', { memoryMode: 'guarded' }],
  ['checked memory, level 3', { memoryMode: 'checked' }],
  ['guarded memory, level 1', { memoryMode: 'guarded', llvm: { level: 1 } }],
  ['guarded memory, level 0', { memoryMode: 'guarded', llvm: { level: 0 } }],
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
    for (const [title, example] of Object.entries(examples)) {
      test(title, () => {
        assert.deepEqual(outcomes(llvm, example), outcomes(fast, example));
        assert.deepEqual(refused, []);
      });
    }
  });
}

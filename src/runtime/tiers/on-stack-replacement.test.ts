import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { slotCount } from '../../layout/exec-env.js';
import { functionRecord } from '../../layout/structs.js';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { opcodes } from '../../wasm/opcodes.js';
import { ValType } from '../../wasm/types.js';
import { baselineCpu } from '../../x64/cpu-features.js';
import type { Imports } from '../instances/linking.js';
import { wat } from '../modules.fixture.js';
import { Func } from '../objects/func.js';
import { Memory } from '../objects/memory.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import { TrapError } from '../traps/trap-error.js';
import type { TierUpEvent } from './tier-events.js';
import type { TierTuning } from './tier-options.js';

const skip = withoutLlvm();

const configurations: readonly (readonly [string, RuntimeOptions])[] = [
  ['guarded memory, all extensions', { memoryMode: 'guarded' }],
  ['checked memory, plain x86-64', { memoryMode: 'checked', cpu: baselineCpu }],
  ['no liveness', { livenessLimit: 0, memoryMode: 'guarded' }],
];

/** Every loop goes on in LLVM code at the turn number `turns`. */
const atTurn = (turns: number): TierTuning => ({ heatThreshold: turns, warmUp: 0, waitForLoops: true });

const loopOpcode = opcodes.find(({ mnemonic }) => mnemonic === 'loop')?.code;

/** A program that runs twice: in the Fast JIT alone, and with its loops replaced. */
interface Program {
  readonly text: string;
  /** What it imports; called for each run. */
  readonly imports?: (exported: Readonly<Record<string, Func>>) => Imports;
  readonly run: (exported: Readonly<Record<string, Func>>) => unknown;
}

interface Outcome {
  readonly outcome: unknown;
  /** Loops that activations went on in: function index, and how many loops stand before it in the module. */
  readonly entered: readonly (readonly [functionIndex: number, loop: number])[];
}

function runWith(options: RuntimeOptions, { text, imports, run }: Program): Outcome {
  const bytes = wat(text);
  const events: TierUpEvent[] = [];
  const runtime = new Runtime({ ...options, llvm: { level: 1 }, onTierUp: (event) => events.push(event) });
  const exported: Record<string, Func> = {};
  const { exports } = runtime.instantiate(runtime.compile(bytes), imports?.(exported));
  for (const [name, value] of Object.entries(exports)) if (value instanceof Func) exported[name] = value;
  const outcome = attempt(() => run(exported));
  runtime.dispose();
  const offsets = [...new Set(events.map((event) => ('loopOffset' in event ? event.loopOffset : undefined)))]
    .filter((offset) => offset !== undefined)
    .sort((a, b) => a - b);
  for (const offset of offsets) assert.equal(bytes[offset], loopOpcode);
  const entered = events
    .filter((event) => event.kind === 'entered')
    .map(({ functionIndex, loopOffset }) => [functionIndex, offsets.indexOf(loopOffset)] as const);
  return { outcome, entered };
}

/** A result, or all that can be told of a trap. */
function attempt(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof TrapError)) return { thrown: error };
    return { trap: error.trap, frames: error.frames };
  }
}

/** Runs a program with its loops replaced at several turns; returns which were, for the last. */
function assertSame(options: RuntimeOptions, program: Program, turns = [1, 2, 5]): Outcome['entered'] {
  const expected = runWith({ ...options, tier: 'fast' }, program).outcome;
  let entered: Outcome['entered'] = [];
  for (const turn of turns) {
    const actual = runWith({ ...options, tier: 'multi', tuning: atTurn(turn) }, program);
    assert.deepEqual(actual.outcome, expected, `replaced at turn ${turn}`);
    assert.ok(actual.entered.length > 0, `nothing was replaced at turn ${turn}`);
    entered = actual.entered;
  }
  return entered;
}

const types = ['i32', 'i64', 'f32', 'f64'] as const;
type Type = (typeof types)[number];

/** An expression of a type as an i64 with all its bits. */
const bits: Readonly<Record<Type, (value: string) => string>> = {
  i32: (value) => `(i64.extend_i32_u ${value})`,
  i64: (value) => value,
  f32: (value) => `(i64.extend_i32_u (i32.reinterpret_f32 ${value}))`,
  f64: (value) => `(i64.reinterpret_f64 ${value})`,
};
/** A value of a type with these bits: among floats, NaNs of every kind. */
function value(type: Type, k: number): string {
  const low = (Math.imul(k + 1, 0x9e3779b1) >>> 0).toString(16);
  switch (type) {
    case 'i32':
      return `(i32.const 0x${low})`;
    case 'i64':
      return `(i64.const 0x8${low})`;
    case 'f32':
      return `(f32.reinterpret_i32 (i32.const 0x7f8${(k + 1).toString(16).padStart(5, '0')}))`;
    case 'f64':
      return `(f64.reinterpret_i64 (i64.const 0xfff00000${low.padStart(8, '0')}))`;
  }
}
const mix = (sum: string, type: Type, of: string): string =>
  `${sum} i64.const 0x9e3779b97f4a7c15 i64.mul ${bits[type](of)} i64.add`;
const typeOf = (k: number): Type => types[k % 4];
const countDown = (label: string, counter: string): string =>
  `(br_if ${label} (local.tee ${counter} (i32.sub (local.get ${counter}) (i32.const 1))))`;

/** A function whose loop has `count` locals of all types behind and in it. `n` turns. */
function manyLocals(count: number): string {
  const list = Array.from({ length: count }, (_, k) => `(local $v${k} ${typeOf(k)})`).join(' ');
  const set = Array.from({ length: count }, (_, k) => `(local.set $v${k} ${value(typeOf(k), k)})`).join('\n');
  // Only every third one is written in the loop, integers alone: what is computed with NaNs is nobody's
  // business.
  const turn = Array.from({ length: count }, (_, k) => {
    const type = typeOf(k);
    if (k % 3 !== 0 || type === 'f32' || type === 'f64') return '';
    return `(local.set $v${k} (${type}.add (${type}.mul (local.get $v${k}) (${type}.const 3)) (${type}.const 1)))`;
  }).join('\n');
  const sum = Array.from({ length: count }, (_, k) => k).reduce(
    (text, k) => mix(text, typeOf(k), `(local.get $v${k})`),
    '(i64.const 0)',
  );
  return `(module (func (export "run") (param $n i32) (result i64) ${list}
    ${set} (loop $l ${turn} ${countDown('$l', '$n')}) ${sum}))`;
}

const run =
  (...args: (number | bigint)[]) =>
  (exported: Readonly<Record<string, Func>>): unknown =>
    exported['run'](...args);

for (const [name, options] of configurations) {
  describe(`a running loop goes on in LLVM code: ${name}`, { skip }, () => replacement(options));
}

function replacement(options: RuntimeOptions): void {
  for (const count of [1, 8, 40, 200]) {
    test(`with ${count} locals of all types, NaNs among them`, () => {
      assertSame(options, { text: manyLocals(count), run: run(20) });
    });
  }

  test('with parameters that are passed on the stack, and further results', () => {
    const params = Array.from({ length: 40 }, (_, k) => typeOf(k));
    const args = params.map((type, k) => (type === 'i64' ? BigInt(k) << 33n : k + 0.5));
    const sum = params.reduce((text, type, k) => mix(text, type, `(local.get ${k})`), '(i64.const 0)');
    const text = `(module (func (export "run") (param ${params.join(' ')}) (result i64 f32 i32 f64 i64)
      (local $n i32) (local.set $n (i32.const 20))
      (loop $l (local.set 1 (i64.add (local.get 1) (local.get 37))) (local.set 38 (f32.add (local.get 38) (f32.const 1)))
        ${countDown('$l', '$n')})
      ${sum} (local.get 38) (local.get 0) (local.get 3) (local.get 1)))`;
    assertSame(options, { text, run: run(...args) });
  });

  test('with references', () => {
    const object = { an: 'object' };
    const text = `(module (import "host" "same" (func $same (param externref) (result externref)))
      (func $one (export "one") (result i32) (i32.const 1))
      (func (export "run") (param $n i32) (param $e externref) (param $f funcref) (result externref funcref externref)
        (local $null externref) (local $one funcref)
        (local.set $one (ref.func $one))
        (loop $l (local.set $e (call $same (local.get $e))) ${countDown('$l', '$n')})
        (local.get $e) (if (result funcref) (ref.is_null (local.get $f)) (then (local.get $one)) (else (local.get $f)))
        (local.get $null)))`;
    assertSame(options, {
      text,
      imports: () => ({ host: { same: (reference: unknown) => reference } }),
      run: ({ run: callee, one }) => {
        const results = [null, one].map((f) => callee(10, object, f) as unknown[]);
        return results.map(([e, f, n]) => [e === object, (f as Func)(), n]);
      },
    });
  });

  test('with values on the operand stack below it, at several levels', () => {
    const level = (depth: number): string => {
      if (depth === 0) {
        return `(loop $l (result i64) (i64.const 7) (br_if $l (i32.ne (i32.const 0)
          (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))) `;
      }
      // What is set behind the use must not change what is on the stack; constants lie there too.
      const below = types
        .map((type, k) => `${value(type, depth * 4 + k)} (${type}.const ${k}) (local.get $${type})`)
        .join('\n');
      const above = types
        .toReversed()
        .map(
          (type) => `(local.set $a${type}) (local.set $b${type}) (local.set $c${type})
          ${mix(mix(mix('(local.get $sum)', type, `(local.get $a${type})`), type, `(local.get $b${type})`), type, `(local.get $c${type})`)} local.set $sum`,
        )
        .join('\n');
      const change = `(local.set $i32 (i32.add (local.get $i32) (i32.const 3)))
        (local.set $i64 (i64.add (local.get $i64) (i64.const 5))) (local.set $f32 (f32.const 9.5)) (local.set $f64 (f64.const 0.1))`;
      return `${below} (block $b${depth} (result i64) ${change} ${level(depth - 1)}) (local.set $top) ${above} (local.get $top)`;
    };
    const locals = types.map((type) =>
      ['', 'a', 'b', 'c'].map((p) => `(local $${p}${type} ${type})`).join(' '),
    );
    const text = `(module (func (export "run") (param $n i32) (result i64) ${locals.join(' ')} (local $sum i64) (local $top i64)
      ${level(3)} (local.get $sum) i64.add))`;
    assertSame(options, {
      text: text.replace('(loop $l (result i64) (i64.const 7)', '(loop $l (result i64) (i64.const 7)'),
      run: run(12),
    });
  });

  test('with parameters of its own', () => {
    const text = `(module (func (export "run") (param $n i32) (result i64 f64)
      (i64.const 3) (f64.const 0.5) (local.get $n)
      (loop $l (param i64 f64 i32) (result i64 f64) (local $dummy i32)
        (local.set $n) (f64.add (f64.const 1.25)) (local.set 1) (i64.mul (i64.const 3)) (local.get 1)
        (i32.sub (local.get $n) (i32.const 1)) (local.tee $n) (local.get $n) (br_if $l) (drop))))`;
    const fixed = text
      .replace('(local $dummy i32)', '')
      .replace('(result i64 f64)\n', '(result i64 f64) (local f64)\n');
    const folded = fixed
      .replace('(f64.add (f64.const 1.25))', 'f64.const 1.25 f64.add')
      .replace('(i64.mul (i64.const 3))', 'i64.const 3 i64.mul');
    assertSame(options, { text: folded, run: run(15) });
  });

  test('innermost first, and for another activation the outer one', () => {
    // The outer activation is in the Fast JIT's code while the inner one moves up.
    const text = `(module (func $f (export "run") (param $deep i32) (param $n i32) (result i32) (local $i i32) (local $sum i32)
      (loop $outer
        (local.set $i (i32.const 3))
        (if (i32.eqz (local.get $deep)) (then
          (loop $inner (local.set $sum (i32.add (local.get $sum) (local.get $i))) ${countDown('$inner', '$i')}))
        (else (if (i32.eq (local.get $deep) (i32.const 1)) (then
            (local.set $sum (i32.add (local.get $sum) (call $f (i32.const 0) (i32.const 20))))
            (local.set $deep (i32.const 2))))))
        (local.set $sum (i32.mul (local.get $sum) (i32.const 3)))
        ${countDown('$outer', '$n')})
      (local.get $sum)))`;
    const entered = assertSame(options, { text, run: run(1, 20_000) }, [6]);
    assert.deepEqual(entered, [
      [0, 1],
      [0, 0],
    ]);
  });

  test('and only hot loops of a function are compiled', () => {
    const loop = (turns: number): string => `(local.set $n (i32.const ${turns}))
      (loop $l (local.set $sum (i32.add (local.get $sum) (local.get $n))) ${countDown('$l', '$n')})`;
    const text = `(module (func (export "run") (result i32) (local $n i32) (local $sum i32)
      ${loop(3).repeat(20)} ${loop(1000)} ${loop(3).repeat(20)} (local.get $sum)))`;
    const entered = assertSame(options, { text, run: run() }, [500]);
    // It is the only one of which there is any event.
    assert.deepEqual(entered, [[0, 0]]);
  });

  test('traps, with kind and frames', () => {
    const traps = {
      unreachable: 'unreachable',
      division: '(drop (i32.div_s (i32.const 1) (i32.sub (local.get $n) (i32.const 3))))',
      overflow: '(drop (i32.trunc_f64_s (f64.const 1e30)))',
      bounds: '(drop (i32.load (i32.const -8)))',
      null: '(call_indirect (i32.const 1))',
      type: '(drop (call_indirect (result i32) (i32.const 0)))',
      callee: '(call $crash)',
    };
    for (const [what, code] of Object.entries(traps)) {
      const text = `(module (memory 1) (table 2 funcref) (elem (i32.const 0) $crash)
        (func $crash (unreachable))
        (func $f (param $n i32) (loop $l
          (if (i32.eq (local.get $n) (i32.const 3)) (then ${code})) ${countDown('$l', '$n')}))
        (func $g (export "run") (param i32) (call $f (local.get 0))))`;
      const entered = assertSame(options, { text, run: run(20) });
      assert.deepEqual(entered, [[1, 0]], what);
    }
  });

  test('calls the host, which calls it again; and throws through it', () => {
    const thrown = new Error('thrown on purpose');
    const text = `(module (import "host" "call" (func $call (param i32 i32) (result i32)))
      (func $f (export "run") (param $depth i32) (param $n i32) (result i32) (local $sum i32)
        (loop $l
          (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (call $call (local.get $depth) (local.get $n))))
          ${countDown('$l', '$n')})
        (local.get $sum)))`;
    for (const throwsAt of [-1, 0, 2]) {
      assertSame(options, {
        text,
        imports: (exported) => ({
          host: {
            call: (depth: number, n: number) => {
              if (depth === throwsAt && n === 3) throw thrown;
              return depth > 0 && n % 4 === 0 ? (exported['run'](depth - 1, 9) as number) : n;
            },
          },
        }),
        run: run(3, 9),
      });
    }
  });

  test('while other activations of the function are in code of either kind', () => {
    const text = `(module (func $f (export "run") (param $depth i32) (result i64) (local $n i32) (local $sum i64)
      (local.set $n (i32.const 4))
      (loop $l
        (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 1000003)) (i64.extend_i32_u (local.get $n))))
        (if (i32.and (local.get $depth) (i32.le_u (local.get $n) (i32.const 3)))
          (then (local.set $sum (i64.add (local.get $sum) (call $f (i32.sub (local.get $depth) (i32.const 1)))))))
        ${countDown('$l', '$n')})
      (local.get $sum)))`;
    assertSame(options, { text, run: run(5) }, [1, 2, 3, 7]);
    // Deep down a trap shows all of them.
    const deep = text.replace(
      '(local.set $n (i32.const 4))',
      `$&
      (if (i32.eqz (local.get $depth)) (then unreachable))`,
    );
    assertSame(options, { text: deep, run: run(20) });
  });

  test('where memory grows, and calls are indirect', () => {
    const text = `(module (memory 1 300) (table 2 funcref) (elem (i32.const 0) $grow $get)
      (global $at (mut i32) (i32.const 0))
      (type $t (func (result i32)))
      (func $grow (type $t) (memory.grow (i32.const 7)))
      (func $get (type $t) (i32.load (global.get $at)))
      (func (export "run") (param $n i32) (result i32) (local $sum i32)
        (i32.store (i32.const 0) (i32.const 1))
        (loop $l
          (i32.store (global.get $at) (i32.add (i32.load (global.get $at)) (local.get $n)))
          (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 5))
            (call_indirect (type $t) (i32.and (local.get $n) (i32.const 1)))))
          (if (i32.eq (i32.and (local.get $n) (i32.const 3)) (i32.const 2)) (then
            (local.set $sum (i32.add (local.get $sum) (memory.grow (i32.const 9))))
            (global.set $at (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)))))
          ${countDown('$l', '$n')})
        (i32.add (local.get $sum) (i32.load (i32.const 0)))))`;
    assertSame(options, { text, run: run(25) }, [1, 2, 3, 4, 5, 9]);
  });

  test('that a br_table leads to', () => {
    const text = `(module (func (export "run") (param $n i32) (result i32) (local $sum i32)
      (block $end (loop $a (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
        (loop $b (local.set $sum (i32.mul (local.get $sum) (i32.const 3)))
          (loop $c
            (br_if $end (i32.eqz (local.get $n)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (local.set $sum (i32.xor (local.get $sum) (local.get $n)))
            (br_table $a $b $c $b $a (i32.rem_u (i32.mul (local.get $n) (i32.const 7)) (i32.const 5)))))))
      (local.get $sum)))`;
    assertSame(options, { text, run: run(60) }, [1, 2, 3, 4, 5, 6, 7]);
  });

  test('but not where its state is larger than the argument slots', () => {
    const program: Program = {
      text: manyLocals(slotCount + 76),
      run: (exported) => [30, 20].map((n) => run(n)(exported)),
    };
    const expected = runWith({ ...options, tier: 'fast' }, program).outcome;
    const actual = runWith({ ...options, tier: 'multi', tuning: atTurn(3) }, program);
    assert.deepEqual(actual, { outcome: expected, entered: [] });
  });

  test('in several instances and modules that call each other', () => {
    const inner = `(module (global $g (mut i64) (i64.const 1)) (memory 1)
      (func (export "step") (param $n i32) (result i64)
        (loop $l (global.set $g (i64.add (i64.mul (global.get $g) (i64.const 3)) (i64.extend_i32_u (local.get $n))))
          (i64.store (local.get $n) (global.get $g)) ${countDown('$l', '$n')})
        (i64.add (global.get $g) (i64.load (i32.const 3)))))`;
    const outer = `(module (import "a" "step" (func $a (param i32) (result i64))) (import "b" "step" (func $b (param i32) (result i64)))
      (func (export "run") (param $n i32) (result i64) (local $sum i64)
        (loop $l (local.set $sum (i64.add (i64.sub (local.get $sum) (call $a (local.get $n))) (call $b (i32.const 6))))
          ${countDown('$l', '$n')}) (local.get $sum)))`;
    const outcome = (tier: 'fast' | 'multi', turns: number): { result: unknown; entered: number } => {
      let entered = 0;
      const onTierUp = ({ kind }: TierUpEvent): void => void (kind === 'entered' && entered++);
      const runtime = new Runtime({ ...options, tier, llvm: { level: 1 }, tuning: atTurn(turns), onTierUp });
      const module = runtime.compile(wat(inner));
      const [a, b] = [runtime.instantiate(module), runtime.instantiate(module)];
      const program = runtime.instantiate(runtime.compile(wat(outer)), { a: a.exports, b: b.exports });
      const result = (program.exports['run'] as Func)(12);
      runtime.dispose();
      return { result, entered };
    };
    const expected = outcome('fast', 1).result;
    for (const turns of [1, 3, 6]) {
      const { result, entered } = outcome('multi', turns);
      assert.equal(result, expected);
      assert.ok(entered >= 1);
    }
  });

  /** All 15 registers that hold values, and more, live across a call; the caller has code of the tier. */
  for (const callers of ['fast', 'llvm'] as const) {
    test(`and a caller in code of tier ${callers} finds its registers and its stack as they were, many times`, () => {
      const runtime = new Runtime({
        ...options,
        stackSize: 65536,
        llvm: { level: 1 },
        tuning: atTurn(2),
        onTierUp: ({ kind }) => {
          if (kind === 'entered') entered++;
        },
      });
      let entered = 0;
      const calls = options.livenessLimit === undefined ? 100_000 : 5_000;
      const module = runtime.compile(
        wat(`(module (func (export "f") (param $n i32) (param $x i64) (param $y f64) (result i64) (local i64 i64 i64 i64 i64 i64)
          ${[3, 4, 5, 6, 7, 8].map((k) => `(local.set ${k} (i64.add (local.get $x) (i64.const ${k})))`).join(' ')}
          (loop $l
            ${[3, 4, 5, 6, 7, 8].map((k) => `(local.set ${k} (i64.mul (local.get ${k}) (i64.const ${k})))`).join(' ')}
            ${countDown('$l', '$n')})
          (i64.add (i64.trunc_f64_s (local.get $y)) ${[3, 4, 5, 6, 7, 8].reduce((sum, k) => `(i64.add ${sum} (local.get ${k}))`, '(i64.const 0)')})))`),
      );
      const instance = runtime.instantiate(module);
      const f = instance.exports['f'] as Func;
      f(1, 1n, 1);
      // Each call is to begin in the Fast JIT's code.
      const [counting] = module.code.entries(instance.memoryMode, 'counting');
      const back = (): void => {
        instance.setAddress(module.layout.function(0) + functionRecord.offsets.code, counting);
      };
      const many = Array.from({ length: 14 }, (_, k) => k);
      const live = many.map(
        (k) => `(local.set $i${k} (i64.add (local.get $n) (i64.const ${k})))
        (local.set $d${k} (f64.add (f64.convert_i64_s (local.get $n)) (f64.const ${k})))`,
      );
      const check = many.map(
        (k) =>
          `(local.set $sum (i64.add (local.get $sum) (i64.xor (local.get $i${k}) (i64.trunc_f64_s (local.get $d${k})))))`,
      );
      const driver = runtime.instantiate(
        runtime.compile(
          wat(`(module (import "m" "f" (func $f (param i32 i64 f64) (result i64))) (import "m" "back" (func $back))
          (func (export "run") (param $n i64) (result i64 i64) (local $sum i64) (local $all i64)
            ${many.map((k) => `(local $i${k} i64) (local $d${k} f64)`).join(' ')}
            (loop $l (call $back) ${live.join('\n')}
              (local.set $all (i64.add (local.get $all) (call $f (i32.const 5) (local.get $n) (f64.const 3))))
              ${check.join('\n')}
              (br_if $l (i32.eqz (i64.eqz (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))
            (local.get $sum) (local.get $all)))`),
        ),
        { m: { f, back } },
        { tier: callers },
      );
      const [sum, all] = (driver.exports['run'] as Func)(BigInt(calls)) as bigint[];
      assert.equal(sum, 0n);
      let expected = 0n;
      for (let n = 1n; n <= calls; n++) {
        expected += 3n;
        for (let k = 3n; k <= 8n; k++) expected += (n + k) * k ** 5n;
      }
      assert.equal(all, BigInt.asIntN(64, expected));
      // A thread may announce code after it was entered, which has the function look about for some calls.
      assert.ok(entered >= calls - 100, `${entered} entries`);
      runtime.dispose();
    });
  }

  test('where the runtime makes memory larger at the very moment', () => {
    const text = `(module (memory (export "memory") 1 200)
      (func (export "run") (param $n i32) (result i32) (local $sum i32)
        (i32.store (i32.const 8) (i32.const 5))
        (loop $l (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 8))))
          (i32.store (i32.const 8) (local.get $sum)) ${countDown('$l', '$n')})
        (i32.add (local.get $sum) (memory.size))))`;
    let grown = 0;
    const runtime = new Runtime({
      ...options,
      llvm: { level: 1 },
      tuning: atTurn(4),
      onTierUp: ({ kind }) => {
        if (kind !== 'entered') return;
        const { memory } = instance.exports;
        assert.ok(memory instanceof Memory);
        grown += memory.grow(100);
      },
    });
    const instance = runtime.instantiate(runtime.compile(wat(text)));
    const expected = Number(BigInt.asIntN(32, 5n << 9n)) + 101;
    assert.equal((instance.exports['run'] as Func)(10), expected);
    assert.equal(grown, 1);
    runtime.dispose();
  });
}

describe('around on-stack replacement', { skip }, () => {
  const sum = `(module (func (export "run") (param $n i32) (result i32) (local $sum i32)
    (loop $l (local.set $sum (i32.add (local.get $sum) (local.get $n))) ${countDown('$l', '$n')}) (local.get $sum)))`;
  const llvm = { level: 1 } as const;

  test('whoever is told of an entry may run wasm, which moves up too', () => {
    const results: unknown[] = [];
    const runtime = new Runtime({
      llvm,
      tuning: atTurn(3),
      onTierUp: ({ kind, functionIndex }) => {
        if (kind === 'entered' && functionIndex === 0) results.push(other(100, 3n, 2.5));
      },
    });
    const { exports } = runtime.instantiate(
      runtime.compile(
        wat(`(module (func (export "run") (param $n i32) (param $x i64) (param $y f64) (result f64)
            (loop $l (local.set $x (i64.add (local.get $x) (i64.const 5))) ${countDown('$l', '$n')})
            (f64.add (f64.convert_i64_s (local.get $x)) (local.get $y)))
          (func (export "other") (param $n i32) (param $x i64) (param $y f64) (result i64)
            (loop $l (local.set $x (i64.add (local.get $x) (i64.const 7))) ${countDown('$l', '$n')})
            (i64.add (local.get $x) (i64.trunc_f64_s (local.get $y)))))`),
      ),
    );
    const [callee, other] = [exports['run'] as Func, exports['other'] as Func];
    assert.equal(callee(10, 1n, 0.5), 51.5);
    assert.deepEqual(results, [705n]);
    runtime.dispose();
  });

  for (const kind of ['compiled', 'entered'] as const) {
    test(`what is thrown at an event "${kind}" comes out of the call, and the next call works`, () => {
      const failure = new Error('on purpose');
      let isThrowing = true;
      const runtime = new Runtime({
        llvm,
        tuning: atTurn(3),
        onTierUp: (event) => {
          if (event.kind === kind && isThrowing) throw failure;
        },
      });
      const callee = runtime.instantiate(runtime.compile(wat(sum))).exports['run'] as Func;
      assert.throws(
        () => callee(100),
        (error) => error === failure,
      );
      isThrowing = false;
      assert.equal(callee(100), 5050);
      runtime.dispose();
    });
  }

  test('without LLVM loops stay where they are', () => {
    for (const tuning of [atTurn(2), { ...atTurn(2), waitForLoops: false }]) {
      const runtime = new Runtime({ llvm: { library: '/nowhere/libLLVM.so' }, tuning });
      const callee = runtime.instantiate(runtime.compile(wat(sum))).exports['run'] as Func;
      for (let k = 0; k < 5; k++) assert.equal(callee(10_000), 50_005_000);
      runtime.dispose();
    }
  });

  test('a module goes away while its loops are wanted', () => {
    for (let k = 0; k < 20; k++) {
      const runtime = new Runtime({ llvm, tuning: { heatThreshold: 3, warmUp: 0 } });
      for (const instanceOnly of [false, true]) {
        const module = runtime.compile(wat(sum.replace('i32.add', k % 2 === 0 ? 'i32.xor' : 'i32.sub')));
        const instance = runtime.instantiate(module);
        (instance.exports['run'] as Func)(2000);
        instance.dispose();
        if (!instanceOnly) module.dispose();
      }
      runtime.dispose();
    }
    const runtime = new Runtime({ llvm, tuning: atTurn(3) });
    assert.equal((runtime.instantiate(runtime.compile(wat(sum))).exports['run'] as Func)(10), 55);
    runtime.dispose();
  });

  test('a function too large for LLVM is not given to it for its loops either', () => {
    const reasons: string[] = [];
    const runtime = new Runtime({
      llvm,
      tuning: atTurn(3),
      onTierUp: (event) => {
        assert.equal(event.kind, 'refused');
        if (event.kind === 'refused' && event.loopOffset !== undefined) reasons.push(event.reason);
      },
    });
    const text = sum.replace('(local.get $sum)))', `(local.get $sum) ${'nop '.repeat(400_001)} ))`);
    const callee = runtime.instantiate(runtime.compile(wat(text))).exports['run'] as Func;
    assert.equal(callee(100), 5050);
    assert.equal(reasons.length, 1);
    assert.match(reasons[0], /^too large for LLVM: /);
    runtime.dispose();
  });

  test('a second instance, whose counters are announced the code too, is not disturbed', () => {
    let entered = 0;
    const onTierUp = ({ kind }: TierUpEvent): void => void (kind === 'entered' && entered++);
    const runtime = new Runtime({ llvm, tuning: atTurn(5), onTierUp });
    const module = runtime.compile(wat(sum));
    const functions = Array.from({ length: 3 }, () => runtime.instantiate(module).exports['run'] as Func);
    const fast = runtime.instantiate(module, {}, { tier: 'fast' }).exports['run'] as Func;
    for (const callee of [fast, ...functions, fast, ...functions]) assert.equal(callee(100), 5050);
    assert.ok(entered >= 1);
    runtime.dispose();
  });

  test('code that was kept from another runtime has its state in the same places', () => {
    const kept = new Map<number, Parameters<NonNullable<RuntimeOptions['onCompile']>>[0]['code']>();
    const bytes = wat(manyLocals(60));
    const results = [0, 1].map((k) => {
      let entered = 0;
      const runtime = new Runtime({
        llvm,
        tuning: atTurn(3),
        findCode: (_module, index) => kept.get(index),
        onCompile: ({ functionIndex, code }) => {
          assert.equal(k, 0);
          kept.set(functionIndex, code);
        },
        onTierUp: ({ kind }) => {
          if (kind === 'entered') entered++;
        },
      });
      const result = (runtime.instantiate(runtime.compile(bytes)).exports['run'] as Func)(20);
      runtime.dispose();
      return [result, entered];
    });
    assert.deepEqual(results[1], results[0]);
    assert.equal(results[0][1], 1);
  });

  test('a host function has its place among the results of types', () => {
    const runtime = new Runtime({ llvm, tuning: atTurn(2) });
    const twice = runtime.hostFunction(
      { params: [ValType.f32], results: [ValType.f32, ValType.f64] },
      (x) => [Number(x) * 2, Number(x) / 3],
    );
    const { exports } = runtime.instantiate(
      runtime.compile(
        wat(
          `(module (import "h" "twice" (func $twice (param f32) (result f32 f64)))
          (func (export "run") (param $n i32) (param $x f32) (result f64) (local $y f64)
            (loop $l (call $twice (local.get $x)) (local.set $y (f64.add (local.get $y))) (local.set $x) ${countDown('$l', '$n')})
            (f64.add (local.get $y) (f64.promote_f32 (local.get $x)))))`.replace(
            '(local.set $y (f64.add (local.get $y)))',
            'local.get $y f64.add local.set $y',
          ),
        ),
      ),
      { h: { twice } },
    );
    let [x, y] = [3, 0];
    for (let k = 0; k < 10; k++) [x, y] = [x * 2, y + x / 3];
    assert.equal((exports['run'] as Func)(10, 3), x + y);
    runtime.dispose();
  });
});

const vectorConfigurations: readonly (readonly [string, RuntimeOptions])[] = [
  ['guarded memory, all extensions', { memoryMode: 'guarded' }],
  ['checked memory, SSE4.1 alone', { memoryMode: 'checked', cpu: { ...baselineCpu, sse41: true } }],
  ['no liveness', { livenessLimit: 0, memoryMode: 'guarded' }],
];

/** A function whose loop has vectors behind and in it, and as many integers. `n` turns. */
function manyVectors(count: number): string {
  const indices = Array.from({ length: count }, (_, k) => k);
  const list = indices.map((k) => `(local $v${k} v128) (local $i${k} i64)`).join(' ');
  const set = indices
    .map(
      (k) =>
        `(local.set $v${k} (v128.const i32x4 ${k} -${k} 0x7f800001 ${7 * k})) (local.set $i${k} (i64.const ${k}))`,
    )
    .join('\n');
  // Only every third one is written in the loop.
  const turn = indices
    .filter((k) => k % 3 === 0)
    .map(
      (k) => `(local.set $v${k} (i32x4.add (local.get $v${k}) (v128.const i32x4 1 2 3 4)))
      (local.set $i${k} (i64.add (local.get $i${k}) (i64.const 5)))`,
    )
    .join('\n');
  const sum = indices.reduce(
    (text, k) =>
      `${text} local.get $v${k} i64x2.add (i64x2.splat (local.get $i${k})) i64x2.add (i64x2.splat (i64.const 0x9e3779b97f4a7c15)) i64x2.mul`,
    '(v128.const i64x2 0 0)',
  );
  return `(module (func (export "run") (param $n i32) (result v128) ${list}
    ${set} (loop $l ${turn} ${countDown('$l', '$n')}) ${sum}))`;
}

for (const [name, options] of vectorConfigurations) {
  describe(`a running loop with vectors goes on in LLVM code: ${name}`, { skip }, () => {
    const turns = [1, 2, 3];
    for (const count of [1, 5, 40, 200]) {
      test(`with ${count} of them, and as many integers`, () => {
        assertSame(options, { text: manyVectors(count), run: run(20) }, turns);
      });
    }

    test('among parameters that are passed on the stack, and further results', () => {
      const kinds = ['v128', 'i32', 'f32', 'v128', 'i64', 'f64'];
      const params = Array.from({ length: 40 }, (_, k) => kinds[k % 6]);
      const args = params.map((type, k) => {
        if (type === 'v128') return Uint8Array.from({ length: 16 }, (_, at) => 16 * k + at);
        return type === 'i64' ? BigInt(k) << 33n : k + 0.5;
      });
      const text = `(module (func (export "run") (param ${params.join(' ')}) (result ${params.join(' ')} v128)
        (local $n i32) (local $own v128) (local.set $n (i32.const 20))
        (loop $l
          (local.set $own (i8x16.add (local.get $own) (i8x16.sub (local.get 0) (local.get 36))))
          (local.set 39 (i16x8.mul (local.get 39) (local.get 3)))
          ${countDown('$l', '$n')})
        ${params.map((_, k) => `(local.get ${k})`).join(' ')} (local.get $own)))`;
      const program = { text, run: (exported: Readonly<Record<string, Func>>) => exported['run'](...args) };
      assertSame(options, program, turns);
    });

    test('on the operand stack below the loop, and as parameters of loops', () => {
      const text = `(module (func (export "run") (param $n i32) (result v128 i32 v128)
        (v128.const i32x4 1 2 3 4) (i32.const 77) (i32x4.splat (local.get $n)) (i64.const 1)
        (loop $l (param v128 i64) (result v128 i64)
          (i64.const 3) (i64.mul)
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br_if $l (local.get $n)))
        (i64x2.splat) (i32x4.add)))`;
      const program = { text, run: run(20) };
      assert.ok(assertSame(options, program, turns).length > 0);
    });

    test('that calls functions, changes globals, and may trap', () => {
      const text = `(module (memory 1) (global $g (mut v128) (v128.const i32x4 1 1 1 1))
        (func $step (param v128 v128) (result v128 v128)
          (i32x4.add (local.get 0) (local.get 1)) (i32x4.sub (local.get 1) (local.get 0)))
        (func (export "run") (param $n i32) (param $step i32) (result v128 v128)
          (local $a v128) (local $b v128) (local $at i32)
          (loop $l
            (call $step (local.get $a) (global.get $g)) (local.set $b) (local.set $a)
            (global.set $g (i32x4.add (local.get $b) (v128.load (local.get $at))))
            (v128.store (local.get $at) (local.get $a))
            (local.set $at (i32.add (local.get $at) (local.get $step)))
            ${countDown('$l', '$n')})
          (local.get $a) (global.get $g)))`;
      assertSame(options, { text, run: run(100, 16) }, turns);
      assertSame(options, { text, run: run(100, 1000) }, turns);
    });
  });
}

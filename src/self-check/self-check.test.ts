import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Trap } from '../code/traps.js';
import { withoutLlvm } from '../llvm-jit/library.fixture.js';
import { LinkError } from '../runtime/errors.js';
import { WasmException } from '../runtime/exceptions/wasm-exception.js';
import { Func } from '../runtime/objects/func.js';
import type { Tier } from '../runtime/tiers/tier.js';
import { TrapError } from '../runtime/traps/trap-error.js';
import type { WasmValue } from '../runtime/values/values.js';
import { ProcExit } from '../wasi/proc-exit.js';
import { locationText, selfCheckErrorLines } from './difference-text.js';
import { CheckedProgram, plant } from './programs.fixture.js';
import type { SelfCheckError } from './self-check.js';

const skip = withoutLlvm();
const folder = mkdtempSync(join(tmpdir(), 'upshift-self-check-'));
after(() => rmSync(folder, { recursive: true }));

const wasi = `
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1 10)`;
const importCount = 5;

/** Everything that there is to compare. */
const everything = (x: 3 | 5): string => `(module ${wasi}
  (global $g (mut i32) (i32.const 0))
  (global $f (mut f64) (f64.const 0))
  (global $v (mut v128) (v128.const i64x2 0 0))
  (table $t 4 funcref) (elem declare func $one $two)
  (data (i32.const 16) "0123456789")
  (func $one) (func $two)
  (func $result (export "result") (param i32) (result i32) (i32.mul (local.get 0) (i32.const ${x})))
  (func $store (export "memory-store") (i32.store (i32.const 256) (i32.const ${x})))
  (func $grow (export "grow") (drop (memory.grow (i32.const ${x}))))
  (func $global (export "global") (global.set $g (i32.const ${x})))
  (func $float (export "float") (global.set $f (f64.const 0.${x})))
  (func $table (export "table")
    (table.set $t (i32.const 2) (ref.func ${x === 3 ? '$one' : '$two'})))
  (func $table-grow (export "table-grow") (drop (table.grow $t (ref.null func) (i32.const ${x}))))
  (func $import (export "import")
    (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 2))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const ${x === 3 ? 8 : 9}))))
  (func $host-read (export "host-read")
    (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 2))
    (i32.store8 (i32.const 17) (i32.const 4${x}))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $exit (export "exit") (call $proc_exit (i32.const 1${x})))
  (func $trap (export "trap") (param i32) (result i32)
    (i32.div_s (i32.const -2147483648) (i32.sub (local.get 0) (i32.const ${x === 3 ? 3 : 4}))))
  (func $trap-place (export "trap-place") (param i32)
    (if (i32.eq (local.get 0) (i32.const ${x})) (then unreachable)) unreachable)
  (func $more-calls (export "more-calls")
    (if (i32.eq (i32.const 3) (i32.const ${x}))
      (then (drop (call $random (i32.const 64) (i32.const 4))))))
  (func $fewer-calls (export "fewer-calls")
    (if (i32.ne (i32.const 3) (i32.const ${x}))
      (then (drop (call $random (i32.const 64) (i32.const 4))))))
  (func $vector (export "vector") (param v128) (result v128)
    (i32x4.add (local.get 0) (i32x4.splat (i32.const ${x}))))
  (func $vector-global (export "vector-global")
    (global.set $v (i8x16.replace_lane 15 (global.get $v) (i32.const ${x})))))`;

/** Exceptions that leave the program, and several memories. */
const exceptions = (x: 3 | 5): string => `(module
  (tag $one (param i32)) (tag $two (param i32)) (memory 1)
  (func $payload (export "payload") (throw $one (i32.const ${x})))
  (func $tag (export "tag") (throw ${x === 3 ? '$one' : '$two'} (i32.const 7)))
  (func $thrown (export "thrown") (result i32) (throw $one (i32.const 7)))
  (func $returned (export "returned") (param i32)
    (if (i32.eq (local.get 0) (i32.const ${x})) (then (throw $two (i32.const 1))))))`;

const right = everything(3);
const wrong = everything(5);
const wrongCode = plant(wrong);

/** A host file that takes what programs write. */
function output(): { fd: number; text(): string } {
  const path = join(folder, 'output');
  const fd = openSync(path, 'w');
  return {
    fd,
    text: () => {
      closeSync(fd);
      return readFileSync(path, 'utf8');
    },
  };
}

/** Text of the difference that a call makes where the Fast JIT's code is wrong. */
function planted(tier: Tier, name: string, ...args: WasmValue[]): { error: SelfCheckError; text: string } {
  const { fd, text } = output();
  const program = new CheckedProgram(right, { tier, findCode: wrongCode }, { stdout: fd }).instantiate();
  const error = program.difference(name, ...args);
  const location = error.check.locate();
  const { module } = error.check;
  assert(location.kind === 'function', location.kind);
  const expected = module.exports.find((entry) => entry.name === name);
  assert(expected !== undefined);
  const { index } = module.wasm.exports.find((entry) => entry.name === name) ?? { index: -1 };
  assert.equal(location.functionIndex, index);
  assert.equal(location.start, module.wasm.bodyStarts[index - importCount]);
  assert.equal(location.end, module.wasm.bodyEnds[index - importCount]);
  assert.equal(location.alone, true);
  text();
  program.dispose();
  return { error, text: selfCheckErrorLines(error).join('\n') };
}

describe('SelfCheck, where code is wrong', () => {
  for (const tier of ['fast', 'multi'] as const) {
    const name = tier.padEnd(6);

    it(`finds other results, in tier ${tier}`, () => {
      const { text } = planted(tier, 'result', 4);
      assert.equal(
        text,
        `tiers ${tier} and interp differ in the call of result:\n` +
          `    ${name}  returns 20 (0x14)\n    interp  returns 12 (0xc)`,
      );
    });

    it(`finds other bytes in memory, in tier ${tier}`, () => {
      const { error, text } = planted(tier, 'memory-store');
      const [difference] = error.differences;
      assert(difference.kind === 'memory');
      assert.equal(difference.bytes.address, 256);
      assert.equal(difference.bytes.count, 1);
      assert.match(
        text,
        /1 other byte in memory, the first at 0x100\n .*0x100: 05 00 00 .*\n .*interp +0x100: 03 00 00 /,
      );
    });

    it(`finds another size of the memory, in tier ${tier}`, () => {
      assert.match(planted(tier, 'grow').text, /the size of the memory\n +\w+ +6 pages\n +interp +4 pages/);
    });

    it(`finds another value of a global that is not exported, in tier ${tier}`, () => {
      assert.match(planted(tier, 'global').text, /global 0\n +\w+ +5 \(0x5\)\n +interp +3 \(0x3\)/);
      assert.match(planted(tier, 'float').text, /global 1\n +\w+ +0.5 \(.*\n +interp +0.3 \(/);
    });

    it(`finds other vectors, in tier ${tier}`, () => {
      const { text } = planted(
        tier,
        'vector',
        Uint8Array.from({ length: 16 }, (_, k) => 16 * k),
      );
      assert.match(
        text,
        /returns i32x4 0x30201005 0x70605045 .*\n +interp +returns i32x4 0x30201003 0x70605043 0xb0a09083 0xf0e0d0c3$/,
      );
      assert.match(
        planted(tier, 'vector-global').text,
        /global 2\n +\w+ +.* 0x05000000\n +interp +.* 0x03000000$/,
      );
    });

    it(`finds other elements of a table, and another length, in tier ${tier}`, () => {
      const { text } = planted(tier, 'table');
      assert.match(
        text,
        /1 of the elements of table 0, the first at 2\n +\w+ +two \(.*\n +interp +one \(func\[5\]\)/,
      );
      assert.match(planted(tier, 'table-grow').text, /length of table 0\n +\w+ +9\n +interp +7$/);
    });

    it(`finds other arguments of an import, and where it was called, in tier ${tier}`, () => {
      const { error, text } = planted(tier, 'import');
      const [difference] = error.differences;
      assert(difference.kind === 'event');
      const { checked, reference } = difference;
      assert(checked.kind === 'call' && reference.kind === 'call');
      assert.equal(checked.number, 1);
      assert.deepEqual(checked.args, [1, 0, 1, 9]);
      assert.deepEqual(reference.args, [1, 0, 1, 8]);
      assert.equal(checked.place?.functionName, 'import');
      assert(checked.place.wasmOffset !== undefined);
      assert.equal(reference.place?.wasmOffset, checked.place.wasmOffset);
      assert.match(
        text,
        /fd_write\(1, 0, 1, 9\) at import \(func\[\d+\] at offset 0x[0-9a-f]+\), call 2 of imports\n/,
      );
    });

    it(`finds other bytes that an import reads, in tier ${tier}`, () => {
      const { error, text } = planted(tier, 'host-read');
      const [difference] = error.differences;
      assert(difference.kind === 'host-read');
      assert.equal(difference.bytes.address, 17);
      assert.equal(difference.call.place?.functionName, 'host-read');
      assert.match(
        text,
        /fd_write\(1, 0, 1, 8\) at host-read .* finds 1 other byte in memory, the first at 0x11/,
      );
    });

    it(`finds another exit code, in tier ${tier}`, () => {
      assert.match(planted(tier, 'exit').text, /proc_exit\(15\) at exit .*\n.*proc_exit\(13\) at exit /);
    });

    it(`finds another trap, and none, in tier ${tier}`, () => {
      const kinds = /traps: integer overflow at trap .*\n.*traps: integer divide by zero at trap /;
      assert.match(planted(tier, 'trap', 3).text, kinds);
      assert.match(
        planted(tier, 'trap', 4).text,
        /traps: integer divide by zero at trap .*\n +interp +returns /,
      );
    });

    it(`finds the same trap at another place, in tier ${tier}`, () => {
      const { text } = planted(tier, 'trap-place', 3);
      const offsets = Array.from(text.matchAll(/unreachable at trap-place \(func\[\d+\] at offset (\w+)/g));
      assert.equal(offsets.length, 2);
      assert.notEqual(offsets[0][1], offsets[1][1]);
    });

    it(`finds calls of imports too many, and too few, in tier ${tier}`, () => {
      assert.match(
        planted(tier, 'more-calls').text,
        /\w+ +returns\n +interp +calls random_get\(64, 4\) at more-calls/,
      );
      assert.match(
        planted(tier, 'fewer-calls').text,
        /calls random_get\(64, 4\) at fewer-calls .*\n +interp +returns$/,
      );
    });
  }
});

const tiers: readonly (readonly [Tier, boolean | string])[] = [
  ['fast', false],
  ['multi', false],
  ['llvm', skip],
  ['interp', false],
];

describe('SelfCheck, exceptions that nothing catches', () => {
  const findCode = plant(exceptions(5));
  const texts: readonly (readonly [name: string, args: readonly WasmValue[], lines: readonly string[]])[] = [
    [
      'payload',
      [],
      ['fast    throws an exception of tag 0 (5 (0x5))', 'interp  throws an exception of tag 0 (3 (0x3))'],
    ],
    [
      'tag',
      [],
      ['fast    throws an exception of tag 1 (7 (0x7))', 'interp  throws an exception of tag 0 (7 (0x7))'],
    ],
    ['returned', [3], ['fast    returns', 'interp  throws an exception of tag 1 (1 (0x1))']],
  ];
  for (const [name, args, lines] of texts) {
    it(`${name}: what differs is told`, () => {
      const program = new CheckedProgram(exceptions(3), { tier: 'fast', findCode }).instantiate();
      const text = selfCheckErrorLines(program.difference(name, ...args)).join('\n');
      for (const line of lines) assert.ok(text.includes(line), text);
      program.dispose();
    });
  }

  it('the same one is thrown to the caller', () => {
    const program = new CheckedProgram(exceptions(3), { tier: 'fast' }).instantiate();
    assert.throws(() => program.call('thrown'), WasmException);
    program.call('returned', 1);
    program.dispose();
  });
});

describe('SelfCheck, where code is right', () => {
  for (const [tier, skipped] of tiers) {
    it(`agrees, in tier ${tier}`, { skip: skipped }, () => {
      const { fd, text } = output();
      const program = new CheckedProgram(right, { tier }, { stdout: fd }).instantiate();
      assert.equal(program.call('result', 4), 12);
      for (const name of ['memory-store', 'global', 'float', 'table', 'table-grow', 'grow'])
        program.call(name);
      for (const name of ['import', 'host-read', 'more-calls']) assert.equal(program.call(name), undefined);
      assert.throws(() => program.call('trap', 3), trapOf(Trap.integerDivideByZero));
      assert.throws(() => program.call('exit'), new ProcExit(13));
      assert.equal(program.call('result', 5), 15);
      assert.deepEqual(program.check.summary, {
        calls: 13,
        importCalls: 5,
        nanSigns: 0,
        exhausted: undefined,
      });
      assert.equal(text(), '01010+');
      program.dispose();
    });

    it(`answers both programs in the same way, once, in tier ${tier}`, { skip: skipped }, () => {
      const path = join(folder, 'input');
      writeFileSync(path, 'some input');
      const stdin = openSync(path, 'r');
      const program = new CheckedProgram(answers, { tier }, { stdin }).instantiate();
      assert.equal(program.call('read', 4), 4);
      assert.equal(program.call('read', 100), 6);
      assert.equal(program.call('read', 100), 0);
      closeSync(stdin);
      const random = program.call('random');
      assert.notEqual(program.call('random'), random);
      assert(BigInt(program.call('time') as bigint) > 1n << 60n);
      program.dispose();
    });

    it(`has nothing to say of how deep the stack may be, in tier ${tier}`, { skip: skipped }, () => {
      const program = new CheckedProgram(deep, { tier }).instantiate();
      assert.throws(() => program.call('endless', 0), trapOf(Trap.callStackExhausted));
      // The memories differ now.
      assert.equal(program.call('f'), 1);
      assert.equal(program.check.summary.exhausted, tier);
      program.dispose();
    });

    it(`takes NaNs that the specification allows for the same, in tier ${tier}`, { skip: skipped }, () => {
      const program = new CheckedProgram(nans, { tier }).instantiate();
      for (const name of ['f32', 'f64', 'result32', 'result64']) program.call(name, 0);
      assert(program.check.summary.nanSigns <= 2);
      program.dispose();
    });
  }

  it('gives relaxed instructions one meaning in both tiers', () => {
    // An index of 16: 0 in the deterministic profile, the lane 0 otherwise.
    const text = `(module (func (export "f") (result i32) (i8x16.extract_lane_u 0
      (i8x16.relaxed_swizzle (i8x16.splat (i32.const 7)) (i8x16.splat (i32.const 16))))))`;
    for (const tier of ['fast', 'interp'] as const) {
      for (const deterministic of [false, true]) {
        const program = new CheckedProgram(text, { tier, deterministic }).instantiate();
        assert.equal(program.call('f'), deterministic ? 0 : 7);
        program.dispose();
      }
    }
  });

  it('answers with bytes in places that overlap', () => {
    const path = join(folder, 'long-input');
    writeFileSync(path, Buffer.from(Array.from({ length: 100 }, (_, k) => 100 + k)));
    const stdin = openSync(path, 'r');
    // The second stretch begins before the first and ends behind it; the third is one of both; the fourth
    // joins them.
    const stretches: readonly (readonly [number, number])[] = [
      [200, 10],
      [190, 30],
      [195, 20],
      [215, 40],
    ];
    const stores = stretches.map(([at, length], k) => {
      const store = (address: number, value: number): string =>
        `(i32.store (i32.const ${address}) (i32.const ${value}))`;
      return store(8 * k, at) + store(8 * k + 4, length);
    });
    const text = `(module ${wasi} (func (export "f") (result i32) ${stores.join('\n')}
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 100)))
      (i32.load (i32.const 100))))`;
    const program = new CheckedProgram(text, { tier: 'fast' }, { stdin }).instantiate();
    assert.equal(program.call('f'), 100);
    closeSync(stdin);
    program.dispose();
  });

  it('returns several results, and references', () => {
    const text = `(module (func $f (export "several") (result i32 i64 f32 funcref externref)
      (i32.const -1) (i64.const -2) (f32.const 1.5) (ref.func $f) (ref.null extern)))`;
    const program = new CheckedProgram(text, { tier: 'fast' }).instantiate();
    const values = program.call('several') as unknown[];
    assert.deepEqual(values.slice(0, 3), [-1, -2n, 1.5]);
    assert(values[3] instanceof Func);
    assert.equal(values[4], null);
    program.dispose();
  });

  it('refuses what the runtime refuses', () => {
    const program = new CheckedProgram('(module (import "a" "b" (func)))');
    assert.throws(() => program.instantiate(), LinkError);
  });

  it('checks start functions too', () => {
    const program = new CheckedProgram('(module (func $f unreachable) (start $f))');
    assert.throws(() => program.instantiate(), trapOf(Trap.unreachable));
  });
});

function trapOf(trap: Trap): (error: unknown) => boolean {
  return (error) => error instanceof TrapError && error.trap === trap;
}

const answers = `(module ${wasi}
  (func (export "read") (param i32) (result i32)
    (i32.store (i32.const 0) (i32.const 128)) (i32.store (i32.const 4) (local.get 0))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.load (i32.const 8)))
  (func (export "random") (result i64)
    ;; At the end of a memory that has just grown.
    (local $at i32)
    (local.set $at (i32.add (i32.mul (memory.grow (i32.const 1)) (i32.const 65536)) (i32.const 65528)))
    (drop (call $random (local.get $at) (i32.const 8)))
    (i64.load (local.get $at)))
  (func (export "time") (result i64)
    (drop (call $clock (i32.const 0) (i64.const -1) (i32.const 64)))
    (i64.load (i32.const 64))))`;

const deep = `(module (memory 1)
  (func $endless (export "endless") (param i32)
    (i32.store (local.get 0) (i32.const 1))
    (call $endless (i32.and (i32.add (local.get 0) (i32.const 4)) (i32.const 0xfffc)))
    (i32.store (i32.const 0) (i32.const 2)))
  (func (export "f") (result i32) (i32.const 1)))`;

/** Operations that make NaNs: 0 divided by 0. */
const nans = `(module (memory 1)
  (func $n32 (export "result32") (param f32) (result f32) (f32.div (local.get 0) (f32.const 0)))
  (func $n64 (export "result64") (param f64) (result f64) (f64.div (local.get 0) (f64.const 0)))
  (func (export "f32") (param f32) (f32.store (i32.const 8) (call $n32 (local.get 0))))
  (func (export "f64") (param f64) (f64.store (i32.const 16) (call $n64 (local.get 0)))))`;

describe('SelfCheck, what makes a difference', () => {
  it('is told of a program that is interpreted too', () => {
    const program = new CheckedProgram(right, { tier: 'interp', findCode: wrongCode }).instantiate();
    const { message, check } = program.difference('global');
    assert.match(message, /tiers interp and fast/);
    const location = check.locate();
    assert(location.kind === 'function');
    assert.match(
      locationText(check.module, location),
      /^it is made by global \(func\[\d+\]\), compiled by the Fast JIT/,
    );
    program.dispose();
  });

  it('may be two functions together', () => {
    // Each is wrong in a way that does no harm without the other.
    const text = (a: number, b: number): string => `(module
      (global $g (mut i32) (i32.const 0))
      (func $a (global.set $g (i32.const ${a})))
      (func $b (result i32) (i32.mul (global.get $g) (i32.const ${b})))
      (func $c (export "f") (result i32)
        (call $a) (call $b) (global.set $g (i32.const 0))))`;
    const program = new CheckedProgram(text(0, 0), {
      tier: 'fast',
      findCode: plant(text(1, 1)),
    }).instantiate();
    const { check } = program.difference('f');
    const location = check.locate();
    assert(location.kind === 'function');
    assert.deepEqual([location.functionIndex, location.alone], [1, false]);
    assert.match(locationText(check.module, location), /^it is made by b .* with some others/);
    program.dispose();
  });

  it('is found among many functions, after calls that agreed', () => {
    const count = 100;
    const bad = 61;
    const text = (x: number): string => `(module ${wasi}
      ${Array.from(
        { length: count },
        (_, k) => `(func $f${k} (param i32) (result i32)
          (i32.add (i32.mul (local.get 0) (i32.const ${k === bad ? x : 3})) (i32.const ${k})))`,
      ).join('\n')}
      (func (export "f") (param i32) (result i32)
        (drop (call $random (i32.const 0) (i32.const 4)))
        ${Array.from({ length: count }, (_, k) => `(local.set 0 (call $f${k} (local.get 0)))`).join('\n')}
        (local.get 0))
      (func (export "g") (drop (call $random (i32.const 8) (i32.const 4)))))`;
    const findCode = plant(text(5), [importCount + bad]);
    const program = new CheckedProgram(text(3), { tier: 'multi', findCode }).instantiate();
    program.call('g');
    program.call('g');
    const { check, step } = program.difference('f', 1);
    assert(step.kind === 'call' && step.name === 'f');
    const location = check.locate();
    assert(location.kind === 'function');
    assert.deepEqual([location.functionIndex, location.alone], [importCount + bad, true]);
    program.dispose();
  });

  it('may be the code of LLVM alone: an access that traps keeps stores of a vectorized loop from being done', {
    skip,
  }, () => {
    const text = `(module (memory 1)
      (func (export "f") (param $p i32) (param $n i32)
        (loop $l
          (i32.store (local.get $p) (i32.const 7))
          (local.set $p (i32.add (local.get $p) (i32.const 4)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br_if $l (local.get $n)))))`;
    const program = new CheckedProgram(text, { tier: 'llvm' }).instantiate();
    const { check, differences } = program.difference('f', 65516, 1000);
    assert.deepEqual(
      differences.map(({ kind }) => kind),
      ['memory'],
    );
    const location = check.locate();
    assert.equal(location.kind, 'llvm');
    assert.match(locationText(check.module, location), /^it is made by LLVM's code/);
    program.dispose();
  });

  it('is unknown where the difference does not come again', () => {
    let uses = 0;
    const program = new CheckedProgram(right, {
      tier: 'fast',
      findCode: (...args) => (uses++ === 0 ? wrongCode(...args) : undefined),
    }).instantiate();
    const { check } = program.difference('global');
    const location = check.locate();
    assert.equal(location.kind, 'unknown');
    assert.match(locationText(check.module, location), /^it is not there again/);
    program.dispose();
  });
});

describe('SelfCheck, NaNs', () => {
  /** Stores an integer, as if it were a float of other bits. */
  const stores = (type: string, bits: string, at = 8): string =>
    `(module (memory 1) (func (export "f") (${type}.store (i32.const ${at}) (${type}.const ${bits}))))`;
  const difference = (
    type: string,
    bits: string,
    others: string,
    at?: number,
  ): SelfCheckError | undefined => {
    const findCode = plant(stores(type, others, at));
    const program = new CheckedProgram(stores(type, bits, at), { tier: 'fast', findCode }).instantiate();
    try {
      program.call('f');
      assert.equal(program.check.summary.nanSigns, 1);
      return undefined;
    } catch (error) {
      return error as SelfCheckError;
    } finally {
      program.dispose();
    }
  };

  it('in memory are the same with both signs, where they are canonical and aligned', () => {
    assert.equal(difference('f32', 'nan', '-nan'), undefined);
    assert.equal(difference('f64', '-nan', 'nan'), undefined);
    assert.match(difference('f32', 'nan', '-nan', 9)?.message ?? '', /does not do the same/);
    assert.match(difference('f64', 'nan', '-nan', 12)?.message ?? '', /does not do the same/);
  });

  it('in memory differ where their payloads do, which is told', () => {
    const error = difference('f64', 'nan:0x8000000000001', 'nan:0x8000000000002');
    assert(error !== undefined);
    assert.match(selfCheckErrorLines(error).join('\n'), /a float that is not a number/);
  });

  it('small negative integers are none', () => {
    const error = difference('i32', '-2', '-3');
    assert(error !== undefined);
    assert.match(selfCheckErrorLines(error).join('\n'), /1 other byte in memory, the first at 0x8/);
  });

  it('in results and globals are the same where operations may make both', () => {
    const text = (bits: string): string => `(module (global $g (mut f64) (f64.const 0))
      (func (export "f") (result f64) (global.set $g (f64.const ${bits})) (f64.const ${bits})))`;
    const run = (bits: string, others: string): unknown => {
      const findCode = plant(text(others));
      const program = new CheckedProgram(text(bits), { tier: 'fast', findCode }).instantiate();
      const result = program.call('f');
      program.dispose();
      return result;
    };
    assert(Number.isNaN(run('nan:0x8000000000001', '-nan:0x8000000000002')));
    assert.throws(() => run('nan:0x8000000000001', 'nan:0x4000000000001'), /does not do the same/);
    assert.throws(() => run('nan', 'inf'), /does not do the same/);
  });
});

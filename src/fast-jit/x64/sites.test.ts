import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Trap, trapMessages } from '../../code/traps.js';
import { wat } from '../../runtime/modules.fixture.js';
import { trapOf } from '../../runtime/traps/trap.fixture.js';
import { disassemble } from '../../x64/disassemble.js';
import { exportedFunctions, machines } from '../execution.fixture.js';
import { allOptions, compileAll, loadModule, optionsName } from '../modules.fixture.js';

/** One function for each kind of place at which control can leave code. */
const text = `(module
  (memory 1) (table 4 funcref) (elem (i32.const 0) $unreachable $div) (data "abc") (elem func $div)
  (type $binary (func (param i32 i32) (result i32)))
  (func $unreachable (export "unreachable") (param i32 i32) (if (local.get 0) (then (unreachable))))
  (func $div (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "div64") (param i64 i64) (result i64) (i64.div_s (local.get 0) (local.get 1)))
  (func (export "rem") (param i64 i64) (result i64) (i64.rem_u (local.get 0) (local.get 1)))
  (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "trunc64") (param f32) (result i64) (i64.trunc_f32_u (local.get 0)))
  (func (export "truncs64") (param f64) (result i64) (i64.trunc_f64_s (local.get 0)))
  (func (export "load") (param i32) (result f64) (f64.load offset=3 (local.get 0)))
  (func (export "load far") (param i32) (result i32) (i32.load8_u offset=0xfffffff0 (local.get 0)))
  (func (export "store") (param i32) (i64.store offset=3 (local.get 0) (i64.const 5)))
  (func (export "fused load") (param i32) (result i32) (i32.add (i32.const 7) (i32.load (local.get 0))))
  (func (export "compared load") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.load (local.get 0))) (then (i32.const 1)) (else (i32.const 2))))
  (func (export "mask load") (param i32) (result i32)
    (if (result i32) (i32.and (local.get 0) (i32.load (local.get 0))) (then (i32.const 1)) (else (i32.const 2))))
  (func (export "float load") (param i32) (result f32) (f32.sub (f32.const 1) (f32.load (local.get 0))))
  (func (export "second load") (param i32) (result i32)
    (i32.add (i32.load (i32.const 0)) (i32.load (local.get 0))))
  (func (export "table.get") (param i32) (result funcref) (table.get (local.get 0)))
  (func (export "table.set") (param i32) (table.set (local.get 0) (ref.null func)))
  (func (export "call_indirect") (param i32) (result i32)
    (call_indirect (type $binary) (i32.const 8) (i32.const 0) (local.get 0)))
  (func (export "calls") (param i32) (result i32)
    (i32.add (call $div (i32.const 8) (i32.const 2)) (call $div (i32.const 9) (local.get 0))))
  (func (export "memory.fill") (param i32) (memory.fill (local.get 0) (i32.const 1) (i32.const 1)))
  (func (export "memory.copy") (param i32) (memory.copy (i32.const 0) (local.get 0) (i32.const 1)))
  (func (export "memory.init") (param i32) (memory.init 0 (local.get 0) (i32.const 0) (i32.const 1)))
  (func (export "table.fill") (param i32) (table.fill (local.get 0) (ref.null func) (i32.const 1)))
  (func (export "table.copy") (param i32) (table.copy (local.get 0) (i32.const 0) (i32.const 1)))
  (func (export "table.init") (param i32) (table.init 1 (local.get 0) (i32.const 0) (i32.const 1)))
  (func (export "memory.grow") (param i32) (result i32) (memory.grow (local.get 0))))`;

const bytes = wat(text);

/** Calls that trap: what is thrown, and the instruction that it comes from as the module's bytes. */
const trapping: ReadonlyArray<
  readonly [name: string, args: readonly unknown[], trap: Trap, instruction: readonly number[]]
> = [
  // Behind the opening of the block.
  ['unreachable', [1, 0], Trap.unreachable, [0x00, 0x0b]],
  ['div', [1, 0], Trap.integerDivideByZero, [0x6d]],
  ['div', [-(2 ** 31), -1], Trap.integerOverflow, [0x6d]],
  ['div64', [1n, 0n], Trap.integerDivideByZero, [0x7f]],
  ['div64', [-(2n ** 63n), -1n], Trap.integerOverflow, [0x7f]],
  ['rem', [1n, 0n], Trap.integerDivideByZero, [0x82]],
  ['trunc', [Number.NaN], Trap.invalidConversionToInteger, [0xaa]],
  ['trunc', [2 ** 31], Trap.integerOverflow, [0xaa]],
  ['trunc64', [Number.NaN], Trap.invalidConversionToInteger, [0xaf]],
  ['trunc64', [-1], Trap.integerOverflow, [0xaf]],
  ['truncs64', [Number.NaN], Trap.invalidConversionToInteger, [0xb0]],
  ['truncs64', [2 ** 63], Trap.integerOverflow, [0xb0]],
  ['load', [65535], Trap.memoryOutOfBounds, [0x2b, 0x03]],
  ['load far', [-1], Trap.memoryOutOfBounds, [0x2d, 0x00]],
  ['store', [65535], Trap.memoryOutOfBounds, [0x37, 0x03]],
  ['fused load', [65535], Trap.memoryOutOfBounds, [0x28, 0x02]],
  ['compared load', [65535], Trap.memoryOutOfBounds, [0x28, 0x02]],
  ['mask load', [65535], Trap.memoryOutOfBounds, [0x28, 0x02]],
  ['float load', [65535], Trap.memoryOutOfBounds, [0x2a, 0x02]],
  // The second of two loads; the local's index stands before it.
  ['second load', [65535], Trap.memoryOutOfBounds, [0x28, 0x02, 0x00, 0x6a]],
  ['table.get', [4], Trap.tableOutOfBounds, [0x25]],
  ['table.set', [-1], Trap.tableOutOfBounds, [0x26]],
  ['call_indirect', [4], Trap.undefinedElement, [0x11]],
  ['call_indirect', [3], Trap.uninitializedElement, [0x11]],
  ['call_indirect', [0], Trap.indirectCallTypeMismatch, [0x11]],
  ['memory.fill', [-1], Trap.memoryOutOfBounds, [0xfc, 0x0b]],
  ['memory.copy', [-1], Trap.memoryOutOfBounds, [0xfc, 0x0a]],
  ['memory.init', [-1], Trap.memoryOutOfBounds, [0xfc, 0x08]],
  ['table.fill', [-1], Trap.tableOutOfBounds, [0xfc, 0x11]],
  ['table.copy', [-1], Trap.tableOutOfBounds, [0xfc, 0x0e]],
  ['table.init', [-1], Trap.tableOutOfBounds, [0xfc, 0x0c]],
];

const runtimes = machines.map(({ make }) => make());
after(() => {
  for (const runtime of runtimes) runtime.dispose();
});

describe('traps know where they come from', () => {
  const { wasm } = loadModule(bytes);

  /** Offset of an instruction within a function, in which it must be unique. */
  function offsetOf(functionIndex: number, instruction: readonly number[]): number {
    const start = wasm.bodyStarts[functionIndex];
    const body = Buffer.from(bytes.subarray(start, wasm.bodyEnds[functionIndex]));
    // Behind the count of locals, which is 0.
    const at = body.indexOf(Buffer.from(instruction), 1);
    assert.ok(at > 0);
    assert.equal(body.indexOf(Buffer.from(instruction), at + 1), -1, 'the instruction is unique');
    return start + at;
  }

  for (const [k, { name: machine }] of machines.entries()) {
    const functions = exportedFunctions(runtimes[k], bytes);
    for (const [name, args, trap, instruction] of trapping) {
      test(`${name}: ${trapMessages[trap]}, ${machine}`, () => {
        const error = trapOf(() => functions[name](...args));
        assert.equal(trapMessages[error.trap], trapMessages[trap]);
        const { functionIndex } = functions[name];
        assert.deepEqual(
          error.frames.map((frame) => [frame.functionIndex, frame.wasmOffset]),
          [[functionIndex, offsetOf(functionIndex, instruction)]],
        );
      });
    }

    test(`callers are named by their calls, ${machine}`, () => {
      const { calls, call_indirect: indirect, div } = functions;
      const inDiv = [div.functionIndex, offsetOf(div.functionIndex, [0x6d])];
      const second = offsetOf(calls.functionIndex, [0x10, 0x01, 0x6a]);
      const ofCalls = trapOf(() => calls(0)).frames;
      assert.deepEqual(
        ofCalls.map((frame) => [frame.functionIndex, frame.wasmOffset]),
        [inDiv, [calls.functionIndex, second]],
      );
      const ofIndirect = trapOf(() => indirect(1)).frames;
      assert.deepEqual(
        ofIndirect.map((frame) => [frame.functionIndex, frame.wasmOffset]),
        [inDiv, [indirect.functionIndex, offsetOf(indirect.functionIndex, [0x11])]],
      );
    });
  }
});

describe('sites of code objects', () => {
  for (const options of allOptions) {
    const name = optionsName(options);

    test(`are in order and at instructions that can leave the code: ${name}`, async () => {
      for (const { bytes: code, entry, codeEnd, sites } of compileAll(loadModule(bytes), options)) {
        const instructions = await disassemble(code, entry, codeEnd);
        const starting = new Map(instructions.map((instruction) => [instruction.offset, instruction.text]));
        const ending = new Map(instructions.map(({ offset, length, text: t }) => [offset + length - 1, t]));
        assert.equal(sites.traps.length, sites.offsets.length);
        assert.equal(sites.wasmOffsets.length, sites.offsets.length);
        sites.offsets.forEach((offset, k) => {
          assert.ok(k === 0 || offset > sites.offsets[k - 1], 'ascending');
          if (sites.traps[k] === Trap.none) assert.match(ending.get(offset) ?? 'nothing', /^call /);
          else assert.match(starting.get(offset) ?? 'nothing', /^ud2$| ptr \[/);
        });
      }
    });

    test(`there is one for every call and every trap instruction: ${name}`, async () => {
      let calls = 0;
      const codes = compileAll(loadModule(bytes), options);
      for (const { bytes: code, entry, codeEnd, sites } of codes) {
        const offsets = new Set(sites.offsets);
        for (const { offset, length, text: instruction } of await disassemble(code, entry, codeEnd)) {
          if (instruction === 'ud2') assert.ok(offsets.has(offset), `ud2 at ${offset}`);
          if (!instruction.startsWith('call ')) continue;
          assert.ok(offsets.has(offset + length - 1), `call at ${offset}`);
          calls++;
        }
      }
      // Two direct, one indirect, seven of builtins, one more to grow; where heat is counted, one in each
      // function.
      assert.equal(calls, 10 + (options.countHeat ? codes.length : 0));
    });
  }

  test('guarded accesses have a site each', () => {
    const guarded = compileAll(loadModule(bytes), allOptions[0]);
    const { wasm } = loadModule(bytes);
    const accesses = guarded.map(({ sites }) =>
      sites.traps.reduce((count, trap) => count + (trap === Trap.memoryOutOfBounds ? 1 : 0), 0),
    );
    const exported = (name: string): number => wasm.exports.find((entry) => entry.name === name)?.index ?? -1;
    for (const [name, count] of [
      ['load', 1],
      ['load far', 1],
      ['store', 1],
      ['fused load', 1],
      ['compared load', 1],
      ['mask load', 1],
      ['float load', 1],
      ['second load', 2],
      ['memory.fill', 1],
      ['memory.copy', 2],
      ['div', 0],
    ] as const) {
      const own = accesses[exported(name)];
      // The two ranges of a copy may share a trap.
      if (name === 'memory.copy') assert.ok(own >= 1 && own <= count);
      else assert.equal(own, count, name);
    }
  });
});

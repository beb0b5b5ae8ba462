import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loopLabelAt, loopState } from '../ir/loop-state.js';
import { VType } from '../ir/ops.js';
import { isFloatClass } from '../ir/vtypes.js';
import { calleeSaved } from '../x64/abi.js';
import { compileFunction, loopFrame, translateFunction } from './compile.js';
import { allOptions, fullCpu, loadModule, optionsName } from './modules.fixture.js';
import { randomModule } from './random-module.fixture.js';

const options = { memoryMode: 'guarded', cpu: fullCpu } as const;
const loopOpcode = 0x03;

describe('the state at a loop', () => {
  const { wasm, layout } = loadModule(`(module (memory 1)
    (func (param i32 f64) (result i32 i64) (local i64 f32)
      (i32.const 7) (f32.load (i32.const 0)) (local.get 2) (i64.extend_i32_u (local.get 0))
      (block (result i32) (i32.const 1) (i32.popcnt (local.get 0))
        (loop $l (param i32) (result i32) (local.set 0) (br_if $l (local.get 0) (local.get 0)))
        (i32.add))
      (loop)
      (drop) (drop) (drop) (drop)
      (i64.const 1)))`);
  const { bytes, bodyStarts, bodyEnds } = wasm;
  const loops = [...bytes.keys()].filter(
    (at) => at > bodyStarts[0] && at < bodyEnds[0] && bytes[at] === loopOpcode,
  );

  test('is its locals, its parameters, the result area, and what is below it on the stack but for constants', () => {
    const ir = translateFunction(wasm, layout, 0, options);
    const states = loops.map((at) => loopState(ir, loopLabelAt(ir, at)));
    const count = (state: Int32Array, vtype: VType): number =>
      state.reduce((sum, register) => sum + Number(ir.vtype[register] === vtype), 0);
    // All have the four locals, the parameter of the first loop and the result area; below both loops lie the
    // f32, the i64 that a local was then, and another i64; below the second one also the result of the block.
    assert.deepEqual(
      states.map((state) => [VType.i32, VType.i64, VType.f32, VType.f64].map((vtype) => count(state, vtype))),
      [
        [2, 4, 2, 1],
        [3, 4, 2, 1],
      ],
    );
    for (const state of states) {
      assert.equal(new Set(state).size, state.length);
      for (const register of state) assert.equal(ir.isConstant[register], 0);
      assert.ok(!state.includes(ir.instance) && !state.includes(ir.memoryBase));
    }
  });

  test('is that of a label that is a loop', () => {
    const ir = translateFunction(wasm, layout, 0, options);
    const labels = loops.map((at) => loopLabelAt(ir, at));
    assert.equal(new Set(labels).size, 2);
    for (const label of labels) assert.equal(ir.labelIsLoop[label], 1);
    const others = Array.from({ length: bodyEnds[0] - bodyStarts[0] }, (_, k) => bodyStarts[0] + k);
    for (const at of others) if (!loops.includes(at)) assert.equal(loopLabelAt(ir, at), -1);
    assert.equal(loopFrame(wasm, layout, 0, options, loops[0] + 1), undefined);
  });
});

describe('where code has the state at a loop', () => {
  for (const base of allOptions.filter(({ countHeat }) => countHeat !== true)) {
    for (const livenessLimit of [undefined, 0]) {
      const liveness = livenessLimit === 0 ? ', no liveness' : '';
      test(`is asked of the same IR, and does not change the code: ${optionsName(base)}${liveness}`, () => {
        let found = 0;
        for (let seed = 1; seed <= 12; seed++) {
          // Vectors need SSE4.1.
          const { wasm, layout } = loadModule(randomModule(seed, 2, base.cpu.sse41 && seed % 2 === 0));
          const plain = { ...base, livenessLimit };
          for (let index = 0; index < 2; index++) {
            const code = compileFunction(wasm, layout, index, { ...plain, countHeat: true });
            // As LLVM sees the function, which counts nothing.
            const states = new Map<number, number[]>();
            const ir = translateFunction(wasm, layout, index, plain);
            for (let at = wasm.bodyStarts[index]; at < wasm.bodyEnds[index]; at++) {
              const label = loopLabelAt(ir, at);
              if (label >= 0)
                states.set(
                  at,
                  Array.from(loopState(ir, label), (register) => ir.vtype[register]),
                );
            }
            for (const [at, vtypes] of states) {
              const frame = loopFrame(wasm, layout, index, plain, at);
              // A loop that control does not reach has no code.
              if (frame === undefined) continue;
              found++;
              assert.equal(frame.registers.length, vtypes.length);
              const taken = new Set<string>();
              for (const [k, vtype] of vtypes.entries()) {
                const register: number = frame.registers[k];
                const displacement: number = frame.displacements[k];
                if (register >= 0) assert.equal(register >= 16, isFloatClass[vtype] === 1);
                else if (displacement === 0) continue;
                assert.equal(displacement & 7, 0);
                const places = register >= 0 ? [`r${register}`] : [`${displacement}`];
                if (register < 0 && vtype === VType.v128) {
                  assert.equal(displacement & 15, 0);
                  places.push(`${displacement + 8}`);
                }
                for (const place of places) {
                  assert.ok(!taken.has(place), `two values in ${place}`);
                  taken.add(place);
                }
              }
              for (const { register, displacement } of frame.saved) {
                assert.ok(calleeSaved.includes(register) && displacement < 0);
                assert.ok(!taken.has(`${displacement}`));
              }
            }
            assert.deepEqual(compileFunction(wasm, layout, index, { ...plain, countHeat: true }), code);
          }
        }
        assert.ok(found > 50, `${found} loops`);
      });
    }
  }
});

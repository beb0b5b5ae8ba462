import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dumpFunction } from './dump.js';
import { fullCpu, loadModule } from './modules.fixture.js';

const options = { memoryMode: 'guarded', cpu: fullCpu } as const;
const { wasm, layout } = loadModule(`(module (memory 1)
  (func $f (param i32) (result i32) (call $g) (i32.div_u (i32.load (local.get 0)) (local.get 0)))
  (func $g (unreachable)))`);

const offset = (functionIndex: number, opcode: number): string =>
  `0x${wasm.bytes.indexOf(opcode, wasm.bodyStarts[functionIndex]).toString(16)}`;

describe('dumps', () => {
  test('show IR, machine code, or both', async () => {
    const [ir, asm, both] = await Promise.all(
      [
        { ir: true, asm: false },
        { ir: false, asm: true },
        { ir: true, asm: true },
      ].map((what) => dumpFunction(wasm, layout, 0, options, what)),
    );
    assert.match(ir, /^; IR\n/);
    assert.match(asm, /^; machine code, \d+ bytes with constants\n/);
    assert.equal(both, `${ir}\n\n${asm}`);
  });

  test('name the wasm instruction of each call, access and trap', async () => {
    const text = await dumpFunction(wasm, layout, 0, options, { ir: false, asm: true });
    const noted = text.split('\n').filter((line) => line.includes(' ; 0x'));
    assert.equal(noted.length, 3);
    assert.match(noted[0], new RegExp(`call .* ; ${offset(0, 0x10)}$`));
    assert.match(noted[1], new RegExp(`mov .*ptr .* ; ${offset(0, 0x28)} out of bounds memory access$`));
    assert.match(noted[2], new RegExp(`ud2 .* ; ${offset(0, 0x6e)} integer divide by zero$`));
  });

  test('end with the code, before constants', async () => {
    const constants = loadModule('(module (func (result f64) (f64.const 2.5)))');
    const text = await dumpFunction(constants.wasm, constants.layout, 0, options, { ir: false, asm: true });
    assert.match(text, / {2}[0-9a-f]{4} {2}ret$/);
    const code = await dumpFunction(wasm, layout, 1, options, { ir: false, asm: true });
    assert.match(code, /ud2 .* unreachable/);
  });
});

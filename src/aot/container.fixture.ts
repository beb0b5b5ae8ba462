/** What tests of files share: containers of real code, and of LLVM's images as they could be. */
import { createHash } from 'node:crypto';
import type { CodeObject } from '../code/code-object.js';
import { compileFunction } from '../fast-jit/compile.js';
import { fullCpu, loadModule } from '../fast-jit/modules.fixture.js';
import { functionName } from '../wasm/names.js';
import { namesOf } from '../x64/cpu-extensions.js';
import type { CodeContainer, LlvmImage } from './code-container.js';
import { ContainerBuilder } from './container-builder.js';
import { writeContainer } from './container-file.js';
import type { Digest } from './elf-file.js';

export const sha256: Digest = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
};

/** A function with constants behind its code, one with a jump table, one that traps and calls. */
const text = `(module
  (import "env" "log" (func $log (param i32)))
  (memory 1)
  (func $pick (param i32) (result i32)
    (block (block (block (block (br_table 0 1 2 3 (local.get 0))) (return (i32.const 10)))
      (return (i32.const 20))) (return (i32.const 30)))
    (i32.const 40))
  (func $scale (param f64) (result f64) (f64.mul (local.get 0) (f64.const 1234.5)))
  (func $divide (param i32 i32) (result i32)
    (call $log (local.get 0))
    (i32.div_u (i32.load (local.get 0)) (local.get 1))))`;

export const { wasm: testModule, layout } = loadModule(text);

/** An image that could be LLVM's: functions of `ret`, places, two slots, constants. */
export function testImage(
  functions: readonly number[],
  loopOffset?: number,
): Parameters<ContainerBuilder['addImage']>[0] {
  const size = 16;
  const codeEnd = functions.length * size + 8;
  const bytes = new Uint8Array(codeEnd + 32).fill(0xc3, 0, codeEnd);
  return {
    bytes,
    codeEnd,
    functions: functions.map((index, k) => ({ index, offset: k * size, byteLength: size })),
    loop: loopOffset === undefined ? undefined : { functionIndex: functions[0], wasmOffset: loopOffset },
    frames: {
      starts: Uint32Array.from(functions, (_, k) => k * size),
      saved: Uint32Array.from(functions, (_, k) => k),
    },
    handlers: {
      starts: Uint32Array.of(3, 6),
      ends: Uint32Array.of(5, 9),
      pads: Uint32Array.of(8, 12),
      adjusts: Uint32Array.of(0, 32),
    },
    locations: {
      offsets: Uint32Array.of(0, 4, codeEnd),
      locations: Int32Array.of(0, 1, -1),
      functions: Uint32Array.of(functions[0], 3),
      wasmOffsets: Uint32Array.of(50, 60),
      callers: Int32Array.of(-1, 0),
    },
    externals: [
      { offset: codeEnd, symbol: 'ceilf', addend: 0 },
      { offset: codeEnd + 16, symbol: 'memmove', addend: -8 },
    ] satisfies LlvmImage['externals'],
  };
}

/** What code of a function could say of exceptions. */
export function unwinding(index: number): Pick<CodeObject, 'saved' | 'handlers'> {
  const rows = index === 2 ? 0 : index;
  const column = (of: (row: number) => number): Uint32Array =>
    Uint32Array.from({ length: rows }, (_, k) => of(k));
  return {
    saved: index === 1 ? 0x04_00_00_81 : 0,
    handlers: {
      starts: column((row) => 3 * row),
      ends: column((row) => 3 * row + 2),
      pads: column((row) => row),
      adjusts: column(() => 0),
    },
  };
}

/** A container of the module's functions, and of an image of each kind. */
export function testContainer(hasWasm = true): CodeContainer {
  const builder = new ContainerBuilder();
  for (const index of [2, 3, 1]) {
    const options = { memoryMode: 'guarded', cpu: fullCpu, countHeat: true } as const;
    builder.addFunction(index, {
      ...compileFunction(testModule, layout, index, options),
      ...unwinding(index),
    });
  }
  builder.addImage(testImage([3, 1]));
  builder.addImage(testImage([1], 70));
  const { bytes } = testModule;
  return builder.finish(
    {
      compiler: '1.2.3 abc',
      memoryMode: 'guarded',
      countsHeat: true,
      relaxed: 'fused',
      cpu: namesOf(fullCpu),
      fastCpu: namesOf(fullCpu),
    },
    { byteLength: bytes.length, sha256: sha256(bytes) },
    hasWasm ? bytes : undefined,
  );
}

export function testFile(hasWasm = true): Uint8Array {
  return writeContainer(testContainer(hasWasm), sha256, (index) => functionName(testModule, index));
}

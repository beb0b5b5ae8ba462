import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Func } from '../../runtime/objects/func.js';
import { Memory } from '../../runtime/objects/memory.js';
import { Runtime } from '../../runtime/runtime.js';
import { sse41Cpu } from '../../x64/cpu-features.fixture.js';
import { v8Exports } from '../execution.fixture.js';
import {
  resultOffset,
  stride,
  type VectorOperator,
  type VectorShape,
  valueBytes,
  vectorModule,
  vectorOperators,
  vectorShapesOf,
} from './vector-shapes.fixture.js';

/*
 * Every vector operator on edge values, with its operands from everywhere and its result used in every way,
 * gives what V8 gives. What relaxed operators give depends on the processor, so the interpreter says it.
 */

/** With the processor's extensions: all, none beyond SSE4.1, AVX alone. */
const machines: readonly { readonly name: string; readonly make: (tier: 'fast' | 'interp') => Runtime }[] = [
  { name: 'all extensions', make: (tier) => new Runtime({ tier, memoryMode: 'guarded' }) },
  { name: 'SSE4.1', make: (tier) => new Runtime({ tier, memoryMode: 'checked', cpu: sse41Cpu }) },
  { name: 'AVX alone', make: (tier) => new Runtime({ tier, cpu: { ...sse41Cpu, avx: true } }) },
  { name: 'no liveness', make: (tier) => new Runtime({ tier, livenessLimit: 0 }) },
];

const bytes = valueBytes();
const valueCount = bytes.length / 16;
/** Pairs of values, with a third one that is neither. */
const operandCount = valueCount * valueCount;

function writeOperands(buffer: ArrayBuffer): void {
  const memory = new Uint8Array(buffer);
  for (let index = 0; index < operandCount; index++) {
    const first = Math.floor(index / valueCount);
    const second = index % valueCount;
    const third = (5 * first + 3 * second + 1) % valueCount;
    for (const [k, value] of [first, second, third].entries()) {
      memory.set(bytes.subarray(16 * value, 16 * value + 16), index * stride + 16 * k);
    }
  }
}

/** The results of all of an operator's functions, one after the other. */
type Results = readonly Uint8Array[];

function resultsIn(
  buffer: ArrayBuffer,
  drive: (shape: number, end: number) => unknown,
  shapes: number,
): Results {
  writeOperands(buffer);
  const memory = new Uint8Array(buffer);
  return Array.from({ length: shapes }, (_, shape) => {
    for (let index = 0; index < operandCount; index++) {
      memory.fill(0, index * stride + resultOffset, index * stride + resultOffset + 16);
    }
    drive(shape, operandCount);
    const results = new Uint8Array(16 * operandCount);
    for (let index = 0; index < operandCount; index++) {
      const at = index * stride + resultOffset;
      results.set(memory.subarray(at, at + 16), 16 * index);
    }
    return results;
  });
}

function resultsOfV8(module: Uint8Array, shapes: number): Results {
  const exports = v8Exports(module);
  const { buffer } = exports['memory'] as unknown as { buffer: ArrayBuffer };
  return resultsIn(buffer, exports['drive'], shapes);
}

function resultsOf(runtime: Runtime, bytecode: Uint8Array, shapes: number): Results {
  const module = runtime.compile(bytecode);
  const instance = runtime.instantiate(module);
  const { drive, memory } = instance.exports;
  assert.ok(drive instanceof Func && memory instanceof Memory);
  const results = resultsIn(memory.buffer, (...args) => drive(...args), shapes);
  instance.dispose();
  module.dispose();
  return results;
}

/** Operators whose results are the operands' bits, or masks: NaNs must be the same to the bit. */
const exact =
  /\.(abs|neg|pmin|pmax|splat|\w+_lane|[lg][te]|eq|ne|relaxed_min|relaxed_max|relaxed_laneselect)$/;

function isNaNLane(view: DataView, at: number, isDouble: boolean): boolean {
  return Number.isNaN(isDouble ? view.getFloat64(at, true) : view.getFloat32(at, true));
}

/** True if two results are the same, where NaNs in the place of NaNs will do if they are quiet. */
function agree(
  operator: VectorOperator,
  shape: VectorShape,
  actual: DataView,
  expected: DataView,
  at: number,
): boolean {
  const isDouble = operator.mnemonic.startsWith('f64x2');
  const mayDiffer = /^f/.test(operator.mnemonic) && !exact.test(operator.mnemonic) && shape.result === 'v128';
  const size = mayDiffer && isDouble ? 8 : 4;
  for (let lane = at; lane < at + 16; lane += size) {
    const same =
      actual.getUint32(lane, true) === expected.getUint32(lane, true) &&
      (size === 4 || actual.getUint32(lane + 4, true) === expected.getUint32(lane + 4, true));
    if (same) continue;
    if (!mayDiffer || !isNaNLane(actual, lane, isDouble) || !isNaNLane(expected, lane, isDouble))
      return false;
    const quiet = isDouble
      ? actual.getUint32(lane + 4, true) & 0x80000
      : actual.getUint32(lane, true) & 0x400000;
    if (quiet === 0) return false;
  }
  return true;
}

function hex(view: DataView, at: number): string {
  return Buffer.from(view.buffer, at, 16).toString('hex');
}

function check(
  operator: VectorOperator,
  shapes: readonly VectorShape[],
  actual: Results,
  expected: Results,
  machine: string,
): void {
  for (const [k, shape] of shapes.entries()) {
    const [a, e] = [new DataView(actual[k].buffer), new DataView(expected[k].buffer)];
    for (let index = 0; index < operandCount; index++) {
      if (agree(operator, shape, a, e, 16 * index)) continue;
      const operands = [Math.floor(index / valueCount), index % valueCount];
      assert.fail(
        `${operator.mnemonic} of values ${operands.join(' and ')} is ${hex(a, 16 * index)}, not ${hex(e, 16 * index)}, ` +
          `with ${shape.name}, ${machine}:\n${shape.code}`,
      );
    }
  }
}

describe('vector operators agree with V8', () => {
  const runtimes = machines.map(({ make }) => make('fast'));
  const interpreters = machines.map(({ make }) => make('interp'));
  after(() => {
    for (const runtime of [...runtimes, ...interpreters]) runtime.dispose();
  });

  for (const operator of vectorOperators) {
    test(operator.mnemonic, () => {
      const isRelaxed = operator.mnemonic.includes('relaxed');
      const all = vectorShapesOf(operator);
      // Bits of NaNs may differ, and with them what is made of them.
      const isFloat = /^f/.test(operator.mnemonic) && !exact.test(operator.mnemonic);
      const shapes = isFloat ? all.filter(({ isDerived }) => !isDerived) : all;
      const module = vectorModule(shapes);
      const reference = isRelaxed ? undefined : resultsOfV8(module, shapes.length);
      for (const [k, runtime] of runtimes.entries()) {
        const expected = reference ?? resultsOf(interpreters[k], module, shapes.length);
        check(operator, shapes, resultsOf(runtime, module, shapes.length), expected, machines[k].name);
      }
    });
  }
});

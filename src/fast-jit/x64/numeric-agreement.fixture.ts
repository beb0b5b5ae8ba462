/**
 * What tests of numeric operators share: running them on all operands, and comparing with what V8 computes.
 */
import assert from 'node:assert/strict';
import { Trap, trapMessages } from '../../code/traps.js';
import { Func } from '../../runtime/objects/func.js';
import { Memory } from '../../runtime/objects/memory.js';
import type { Runtime } from '../../runtime/runtime.js';
import { TrapError } from '../../runtime/traps/trap-error.js';
import { isV8Trap, v8Exports } from '../execution.fixture.js';
import {
  cursorAddress,
  moduleOf,
  type Operands,
  type Operator,
  resultsAddress,
  type Selection,
  type Shape,
} from './numeric-shapes.fixture.js';

type Drive = (shape: number, start: number, end: number, step: number) => unknown;

/**
 * Runs one function of a module for a selection of operands. The results are in memory then; returned are the
 * messages of traps, by index of the operands.
 */
function run(
  drive: Drive,
  buffer: ArrayBuffer,
  shape: number,
  { start, end, step }: Selection,
  trapMessage: (error: unknown, index: number) => string,
): Map<number, string> {
  const cursor = new Int32Array(buffer, cursorAddress, 1);
  const traps = new Map<number, string>();
  let from = start;
  while (from < end) {
    try {
      drive(shape, from, end, step);
      break;
    } catch (error) {
      const [index] = cursor;
      traps.set(index, trapMessage(error, index));
      from = index + step;
    }
  }
  return traps;
}

function writeOperands(operands: Operands, buffer: ArrayBuffer): void {
  const bits = new BigUint64Array(buffer);
  for (const [index, values] of operands.entries()) {
    values.forEach((value, k) => {
      bits[2 * index + k] = value;
    });
  }
}

function isNaNBits(type: string, bits: bigint): boolean {
  if (type === 'f32') return (bits & 0x7fffffffn) > 0x7f800000n;
  return type === 'f64' && (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n;
}

/** V8's messages of traps, which for conversions do not tell a NaN from a number that is too large. */
function messageOfV8(error: unknown, type: string, bits: bigint): string {
  if (!isV8Trap(error)) throw error;
  if (/by zero/.test(error.message)) return trapMessages[Trap.integerDivideByZero];
  if (/divide result unrepresentable/.test(error.message)) return trapMessages[Trap.integerOverflow];
  assert.match(error.message, /float unrepresentable/);
  const notANumber = isNaNBits(type, bits);
  return trapMessages[notANumber ? Trap.invalidConversionToInteger : Trap.integerOverflow];
}

function messageOfTrap(error: unknown): string {
  if (!(error instanceof TrapError)) throw error;
  return error.message;
}

/** What V8 computes: results as pairs of 32-bit words, and messages of traps, by index of the operands. */
interface Expected {
  readonly words: Int32Array;
  readonly traps: ReadonlyMap<number, string>;
}

function expectedResults(operator: Operator, plainest: Shape, operands: Operands): Expected {
  const exports = v8Exports(moduleOf(operator, [plainest]));
  const { buffer } = exports['memory'] as unknown as { buffer: ArrayBuffer };
  writeOperands(operands, buffer);
  const all = { start: 0, end: operands.length, step: 1 };
  const traps = run(exports['drive'], buffer, 0, all, (error, index) =>
    messageOfV8(error, operator.operands[0], operands[index][0]),
  );
  return { words: new Int32Array(buffer, resultsAddress, 2 * operands.length).slice(), traps };
}

/** Operators that keep the payloads of NaNs. Others give any quiet NaN. */
const exact = /\.(abs|neg|copysign|reinterpret_\w+)$/;

function bits(low: number, high: number): bigint {
  return BigInt.asUintN(32, BigInt(low)) | (BigInt.asUintN(32, BigInt(high)) << 32n);
}

function areEqualNaNs({ mnemonic, result }: Operator, actual: bigint, expected: bigint): boolean {
  if (exact.test(mnemonic)) return false;
  const quiet = result === 'f32' ? 0x400000n : 0x8000000000000n;
  return isNaNBits(result, expected) && isNaNBits(result, actual) && (actual & quiet) !== 0n;
}

/** One operator on some operands, in functions of several shapes: see `numeric-shapes.fixture.ts`. */
export class NumericAgreement {
  readonly #operator: Operator;
  readonly #shapes: readonly Shape[];
  readonly #operands: Operands;
  readonly #expected: Expected;
  readonly #bytes: Uint8Array;

  /** The first of the shapes is what V8 runs. Selections are of `operands`. */
  constructor(operator: Operator, shapes: readonly Shape[], operands: Operands) {
    this.#operator = operator;
    this.#shapes = shapes;
    this.#operands = operands;
    this.#expected = expectedResults(operator, shapes[0], operands);
    this.#bytes = moduleOf(operator, shapes);
  }

  /** Throws where a runtime gives another result than V8. */
  check(runtime: Runtime, machine: string): void {
    const module = runtime.compile(this.#bytes);
    const instance = runtime.instantiate(module);
    const { drive, memory } = instance.exports;
    assert.ok(drive instanceof Func && memory instanceof Memory);
    const { buffer } = memory;
    const results = new Int32Array(buffer, resultsAddress, 2 * this.#operands.length);
    writeOperands(this.#operands, buffer);
    for (const [index, shape] of this.#shapes.entries()) {
      results.fill(0);
      const traps = run(drive as Drive, buffer, index, shape.selection, messageOfTrap);
      const difference = this.#firstDifference(shape, results, traps);
      if (difference === undefined) continue;
      assert.fail(`${difference}, with ${shape.name}, ${machine}:\n${shape.code}`);
    }
    instance.dispose();
    module.dispose();
  }

  /**
   * Compares a function's results, which are in memory, with what V8 computed; returns what is wrong with the
   * first.
   */
  #firstDifference(
    { selection, choice }: Shape,
    results: Int32Array,
    traps: ReadonlyMap<number, string>,
  ): string | undefined {
    const operator = this.#operator;
    const expected = this.#expected;
    const { words } = expected;
    for (let index = selection.start; index < selection.end; index += selection.step) {
      let low = words[2 * index];
      let high = words[2 * index + 1];
      if (choice !== undefined) {
        low = (low | high) === 0 ? choice.whenZero : choice.otherwise;
        high = 0;
      }
      const [actualLow, actualHigh] = [results[2 * index], results[2 * index + 1]];
      const trapAgrees = traps.get(index) === expected.traps.get(index);
      if (trapAgrees && (traps.has(index) || (low === actualLow && high === actualHigh))) continue;
      if (trapAgrees && areEqualNaNs(operator, bits(actualLow, actualHigh), bits(low, high))) continue;
      const operands = this.#operands[index].map((value) => `0x${value.toString(16)}`);
      const actual = traps.get(index) ?? `0x${bits(actualLow, actualHigh).toString(16)}`;
      const wanted = expected.traps.get(index) ?? `0x${bits(low, high).toString(16)}`;
      return `${operator.mnemonic} of ${operands.join(', ')} is ${actual}, not ${wanted}`;
    }
    return undefined;
  }
}

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap, trapMessages } from '../../code/traps.js';
import { Func } from '../../runtime/func.js';
import { Memory } from '../../runtime/memory.js';
import { TrapError } from '../../runtime/trap-error.js';
import { isV8Trap, machines, v8Exports } from '../test-execution.js';
import {
  cursorAddress,
  moduleOf,
  type Operator,
  operandCount,
  operandsAt,
  operators,
  resultsAddress,
  type Selection,
  type Shape,
  shapesOf,
} from './numeric-shapes.js';

/*
 * Every numeric operator on all edge values, with its operands from everywhere and its result used in every way, gives
 * what V8 gives. V8 runs the plainest function of each.
 */

/** Results by index of the operands: bits, or the message of a trap. */
type Results = ReadonlyArray<bigint | string>;

/** Runs one function of a module for a selection of operands. */
function run(
  drive: (shape: number, start: number, end: number, step: number) => unknown,
  buffer: ArrayBuffer,
  operator: Operator,
  shape: number,
  { start, end, step }: Selection,
  trapMessage: (error: unknown, operands: readonly bigint[]) => string,
): Map<number, bigint | string> {
  const bits = new BigUint64Array(buffer);
  const cursor = new Int32Array(buffer, cursorAddress, 1);
  const outcomes = new Map<number, bigint | string>();
  bits.fill(0n, resultsAddress / 8, resultsAddress / 8 + operandCount(operator));
  let from = start;
  while (from < end) {
    try {
      drive(shape, from, end, step);
      break;
    } catch (error) {
      outcomes.set(cursor[0], trapMessage(error, operandsAt(operator, cursor[0])));
      from = cursor[0] + step;
    }
  }
  for (let index = start; index < end; index += step) {
    if (!outcomes.has(index)) outcomes.set(index, bits[resultsAddress / 8 + index]);
  }
  return outcomes;
}

function writeOperands(operator: Operator, buffer: ArrayBuffer): void {
  const bits = new BigUint64Array(buffer);
  for (let index = 0; index < operandCount(operator); index++) {
    operandsAt(operator, index).forEach((value, k) => {
      bits[2 * index + k] = value;
    });
  }
}

function isNaNBits(type: string, bits: bigint): boolean {
  if (type === 'f32') return (bits & 0x7fffffffn) > 0x7f800000n;
  return type === 'f64' && (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n;
}

/** V8's messages of traps, which for conversions do not tell a NaN from a number that is too large. */
function messageOfV8(error: unknown, { operands }: Operator, [value]: readonly bigint[]): string {
  if (!isV8Trap(error)) throw error;
  if (/by zero/.test(error.message)) return trapMessages[Trap.integerDivideByZero];
  if (/divide result unrepresentable/.test(error.message)) return trapMessages[Trap.integerOverflow];
  assert.match(error.message, /float unrepresentable/);
  return trapMessages[isNaNBits(operands[0], value) ? Trap.invalidConversionToInteger : Trap.integerOverflow];
}

function messageOfTrap(error: unknown): string {
  if (!(error instanceof TrapError)) throw error;
  return error.message;
}

function expectedResults(operator: Operator, plainest: Shape): Results {
  const exports = v8Exports(moduleOf(operator, [plainest]));
  const { buffer } = exports['memory'] as unknown as { buffer: ArrayBuffer };
  writeOperands(operator, buffer);
  const outcomes = run(exports['drive'], buffer, operator, 0, plainest.selection, (error, operands) =>
    messageOfV8(error, operator, operands),
  );
  return Array.from({ length: operandCount(operator) }, (_, index) => outcomes.get(index) ?? 'nothing');
}

/** Operators that keep the payloads of NaNs. Others give any quiet NaN. */
const exact = /\.(abs|neg|copysign|reinterpret_\w+)$/;

function agree(operator: Operator, actual: bigint | string, expected: bigint | string): boolean {
  if (actual === expected) return true;
  if (typeof actual === 'string' || typeof expected === 'string' || exact.test(operator.mnemonic))
    return false;
  const quiet = operator.result === 'f32' ? 0x400000n : 0x8000000000000n;
  return (
    isNaNBits(operator.result, expected) && isNaNBits(operator.result, actual) && (actual & quiet) !== 0n
  );
}

const text = (outcome: bigint | string): string =>
  typeof outcome === 'string' ? outcome : `0x${outcome.toString(16)}`;

describe('numeric operators agree with V8', () => {
  const runtimes = machines.map(({ make }) => make());
  for (const operator of operators) {
    test(operator.mnemonic, () => {
      const shapes = shapesOf(operator);
      const expected = expectedResults(operator, shapes[0]);
      const bytes = moduleOf(operator, shapes);
      for (const [k, runtime] of runtimes.entries()) {
        const module = runtime.compile(bytes);
        const instance = runtime.instantiate(module);
        const { drive, memory } = instance.exports;
        assert.ok(drive instanceof Func && memory instanceof Memory);
        const { callable } = drive;
        writeOperands(operator, memory.buffer);
        for (const [index, shape] of shapes.entries()) {
          const outcomes = run(callable, memory.buffer, operator, index, shape.selection, messageOfTrap);
          for (const [at, actual] of outcomes) {
            const plain = expected[at];
            const wanted = typeof plain === 'string' ? plain : shape.outcome(plain, at);
            if (agree(operator, actual, wanted)) continue;
            const operands = operandsAt(operator, at).map(text).join(', ');
            assert.fail(
              `${operator.mnemonic} of ${operands} is ${text(actual)}, not ${text(wanted)}, with ${shape.name}, ` +
                `${machines[k].name}:\n${shape.code}`,
            );
          }
        }
        instance.dispose();
        module.dispose();
      }
    });
  }
});

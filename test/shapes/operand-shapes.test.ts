import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baselineCpu, Func, type Instance, type MemoryMode, Runtime, TrapError } from '../../src/index.js';
import { opcodes } from '../../src/wasm/opcodes.js';
import { valTypeName } from '../../src/wasm/types.js';
import { parseText } from '../../src/wast/text-parser.js';

/*
 * A compiler chooses between forms of an instruction by its operands (constants, locals that live on or die,
 * values in memory, the same value twice) and by what uses the result (a branch, a select, another local).
 * Whatever it chooses, the result must be that of the plain form with two parameters, which the scripts in
 * test/wat check.
 */

/** Bit patterns to try, by type. */
const edges: Readonly<Record<string, readonly bigint[]>> = {
  i32: [
    ...[0n, 1n, 2n, 3n, 5n, 7n, 8n, 9n, 10n, 31n, 32n, 33n, 0xffn, 0x10000n, 0x7fffffffn, 0x80000000n],
    ...[0xfffffff8n, 0xfffffff9n, 0xfffffffen, 0xffffffffn],
  ],
  i64: [
    ...[0n, 1n, 2n, 3n, 5n, 7n, 8n, 9n, 10n, 63n, 64n, 65n, 0xffn, 0x7fffffffn, 0x80000000n, 0xffffffffn],
    ...[0x100000000n, 0x7fffffffffffffffn, 0x8000000000000000n, 0xffffffff80000000n, 0xffffffff7fffffffn],
    ...[0xfffffffffffffff8n, 0xfffffffffffffff9n, 0xffffffffffffffffn],
  ],
  f32: [
    ...[0n, 0x80000000n, 1n, 0x3f800000n, 0xbf800000n, 0x3fc00000n, 0x40200000n, 0x7f7fffffn, 0x7f800000n],
    ...[0xff800000n, 0x7fc00000n, 0xffa00001n, 0x4effffffn, 0x4f000000n, 0x4f800000n, 0xdf000000n],
  ],
  f64: [
    ...[0n, 0x8000000000000000n, 1n, 0x3ff0000000000000n, 0xbff0000000000000n, 0x3ff8000000000000n],
    ...[0x4004000000000000n, 0x7fefffffffffffffn, 0x7ff0000000000000n, 0xfff0000000000000n],
    ...[0x7ff8000000000000n, 0xfff4000000000001n, 0x41dfffffffc00000n, 0x41e0000000000000n],
    ...[0x41f0000000000000n, 0xc3e0000000000000n, 0x43f0000000000000n],
  ],
};

/** A constant from its bits: floats by their hexadecimal digits, NaNs with their payload. */
function literal(type: string, bits: bigint): string {
  if (type !== 'f32' && type !== 'f64') return `(${type}.const ${bits})`;
  const [mantissaBits, exponentBits] = type === 'f32' ? [23n, 8n] : [52n, 11n];
  const mantissa = bits & ((1n << mantissaBits) - 1n);
  const exponent = (bits >> mantissaBits) & ((1n << exponentBits) - 1n);
  const sign = bits >> (mantissaBits + exponentBits) === 1n ? '-' : '';
  const special = exponent === (1n << exponentBits) - 1n;
  if (special) return `(${type}.const ${sign}${mantissa === 0n ? 'inf' : `nan:0x${mantissa.toString(16)}`})`;
  const whole = exponent === 0n ? mantissa : mantissa | (1n << mantissaBits);
  const bias = (1n << (exponentBits - 1n)) - 1n;
  const power = (exponent === 0n ? 1n : exponent) - bias - mantissaBits;
  return `(${type}.const ${sign}0x${whole.toString(16)}p${power})`;
}

interface Operation {
  readonly mnemonic: string;
  readonly operands: readonly string[];
  readonly result: string;
}

/** Those of scalars; `src/fast-jit/x64/vectors.test.ts` does the same with those of vectors. */
const operations: readonly Operation[] = opcodes.flatMap(({ mnemonic, kind, immediates, signature }) => {
  if (kind === 'vector' || immediates.length > 0 || signature?.result === undefined) return [];
  const { operands, result } = signature;
  return operands.length === 0
    ? []
    : [{ mnemonic, operands: operands.map(valTypeName), result: valTypeName(result) }];
});

/** A function of a test module, and which operands its parameters stand for. */
interface Shape {
  readonly name: string;
  readonly text: string;
  /** Constant operands, by index. */
  readonly fixed: ReadonlyMap<number, bigint>;
  /** Both operands are parameter 0. */
  readonly same?: boolean;
  /** What the function makes of the operation's result. */
  readonly outcome: (bits: bigint) => bigint;
}

/** The shapes of one operation. Parameters have the types of the operands that are not fixed. */
function shapesOf({ mnemonic, operands, result }: Operation): Shape[] {
  const shapes: Shape[] = [];
  const parameters = `(param ${operands.join(' ')})`;
  const plain = `(${mnemonic} ${operands.map((_, index) => `(local.get ${index})`).join(' ')})`;
  const add = (
    name: string,
    header: string,
    body: string,
    rest: Partial<Pick<Shape, 'fixed' | 'same' | 'outcome'>> = {},
  ): void => {
    const text = `(func (export "${name}") ${header} ${body})`;
    shapes.push({ name, text, fixed: new Map(), outcome: (bits) => bits, ...rest });
  };
  add('plain', `${parameters} (result ${result})`, plain);

  operands.forEach((type, index) => {
    const overwrite = type === result;
    if (overwrite) {
      // The result replaces an operand.
      add(
        `into ${index}`,
        `${parameters} (result ${result})`,
        `(local.set ${index} ${plain}) (local.get ${index})`,
      );
    }
    // An operand comes from memory.
    const from = operands.map((_, k) => (k === index ? `(${type}.load (i32.const 8))` : `(local.get ${k})`));
    const loaded = `(${type}.store (i32.const 8) (local.get ${index})) (${mnemonic} ${from.join(' ')})`;
    add(`memory ${index}`, `${parameters} (result ${result})`, loaded);
    // An operand is needed afterwards, bit for bit.
    const kept = `(local $r ${result}) (local.set $r ${plain}) (${type}.store (i32.const 16) (local.get ${index}))
      (local.get $r)`;
    add(`alive ${index}`, `${parameters} (result ${result})`, kept);
  });
  add(
    'store',
    `${parameters} (result ${result})`,
    `(${result}.store (i32.const 24) ${plain}) (${result}.load (i32.const 24))`,
  );
  if (result === 'i32') {
    const truth = (bits: bigint): bigint => (bits === 0n ? 2n : 1n);
    const header = `${parameters} (result i32)`;
    add('if', header, `(if (result i32) ${plain} (then (i32.const 1)) (else (i32.const 2)))`, {
      outcome: truth,
    });
    add('br_if', header, `(block (br_if 0 ${plain}) (return (i32.const 2))) (i32.const 1)`, {
      outcome: truth,
    });
    add('br_if not', header, `(block (br_if 0 (i32.eqz ${plain})) (return (i32.const 1))) (i32.const 2)`, {
      outcome: truth,
    });
    add('select', header, `(select (i32.const 1) (i32.const 2) ${plain})`, { outcome: truth });
    add('widened', `${parameters} (result i64)`, `(i64.extend_i32_u ${plain})`);
  }
  if (operands.length === 1) {
    for (const bits of edges[operands[0]]) {
      add(`constant ${bits}`, `(result ${result})`, `(${mnemonic} ${literal(operands[0], bits)})`, {
        fixed: new Map([[0, bits]]),
      });
    }
    return shapes;
  }
  const [left, right] = operands;
  const stores = `(${left}.store (i32.const 8) (local.get 0)) (${right}.store (i32.const 16) (local.get 1))`;
  const loads = `(${mnemonic} (${left}.load (i32.const 8)) (${right}.load (i32.const 16)))`;
  add('memory both', `${parameters} (result ${result})`, `${stores} ${loads}`);
  if (left === right) {
    add('same', `(param ${left}) (result ${result})`, `(${mnemonic} (local.get 0) (local.get 0))`, {
      same: true,
    });
  }
  for (const bits of edges[right]) {
    const text = `(${mnemonic} (local.get 0) ${literal(right, bits)})`;
    const fixed = new Map([[1, bits]]);
    add(`right ${bits}`, `(param ${left}) (result ${result})`, text, { fixed });
    const loaded = `(${left}.store (i32.const 8) (local.get 0))
      (${mnemonic} (${left}.load (i32.const 8)) ${literal(right, bits)})`;
    add(`right ${bits}, memory`, `(param ${left}) (result ${result})`, loaded, { fixed });
    if (result !== 'i32') continue;
    const choice = `(if (result i32) ${text} (then (i32.const 1)) (else (i32.const 2)))`;
    const outcome = (value: bigint): bigint => (value === 0n ? 2n : 1n);
    add(`if right ${bits}`, `(param ${left}) (result i32)`, choice, { fixed, outcome });
  }
  for (const bits of edges[left]) {
    const text = `(${mnemonic} ${literal(left, bits)} (local.get 0))`;
    add(`left ${bits}`, `(param ${right}) (result ${result})`, text, { fixed: new Map([[0, bits]]) });
    const loaded = `(${right}.store (i32.const 8) (local.get 0))
      (${mnemonic} ${literal(left, bits)} (${right}.load (i32.const 8)))`;
    add(`left ${bits}, memory`, `(param ${right}) (result ${result})`, loaded, {
      fixed: new Map([[0, bits]]),
    });
    const other = edges[right][(Number(bits % 11n) + 1) % edges[right].length];
    const constants = `(${mnemonic} ${literal(left, bits)} ${literal(right, other)})`;
    const fixed = new Map([
      [0, bits],
      [1, other],
    ]);
    add(`both ${bits} ${other}`, `(result ${result})`, constants, { fixed });
  }
  return shapes;
}

/** Instructions that work on the bits of floats: their NaNs are exact. */
const bitwise = /\.(abs|neg|copysign|reinterpret_\w+)$/;

function isNaNOf(type: string, bits: bigint): boolean {
  if (type === 'f32') return (bits & 0x7fffffffn) > 0x7f800000n;
  return type === 'f64' && (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n;
}

/** Runs a function; a trap becomes its message. NaNs whose payload is open become the same one. */
function call(func: Func, args: readonly bigint[], operation: Operation): bigint | string {
  try {
    const [bits] = func.callBits(args);
    return isNaNOf(operation.result, bits) && !bitwise.test(operation.mnemonic) ? 'NaN' : bits;
  } catch (error) {
    if (error instanceof TrapError) return error.message;
    throw error;
  }
}

function exportedFunction(instance: Instance, name: string): Func {
  const func = instance.exports[name];
  assert.ok(func instanceof Func);
  return func;
}

/** All tuples of edge values of some types. */
function tuples(types: readonly string[]): bigint[][] {
  return types.reduce<bigint[][]>(
    (all, type) => all.flatMap((tuple) => edges[type].map((bits) => [...tuple, bits])),
    [[]],
  );
}

async function checkOperation(runtime: Runtime, operation: Operation): Promise<void> {
  const shapes = shapesOf(operation);
  const text = `(module (memory 1) ${shapes.map((shape) => shape.text).join('\n')})`;
  const module = runtime.compile(await parseText('shapes.wat', Buffer.from(text)));
  const instance = runtime.instantiate(module);
  const plain = exportedFunction(instance, 'plain');
  const expected = new Map<string, bigint | string>();
  for (const args of tuples(operation.operands)) expected.set(args.join(), call(plain, args, operation));
  for (const shape of shapes) {
    const func = exportedFunction(instance, shape.name);
    for (const args of tuples(operation.operands)) {
      if (shape.same === true && args[0] !== args[1]) continue;
      if ([...shape.fixed].some(([index, bits]) => args[index] !== bits)) continue;
      const passed = args.filter(
        (_, index) => !shape.fixed.has(index) && !(shape.same === true && index === 1),
      );
      const wanted = expected.get(args.join()) ?? 'nothing';
      const target = typeof wanted === 'bigint' ? shape.outcome(wanted) : wanted;
      const got = call(func, passed, operation);
      if (got !== target) {
        assert.fail(
          `${operation.mnemonic} of ${args.join(' ')}: expected ${target}, got ${got}\n${shape.text}`,
        );
      }
    }
  }
  instance.dispose();
  module.dispose();
}

const configurations: readonly { memoryMode: MemoryMode; host: boolean }[] = [
  { memoryMode: 'guarded', host: true },
  { memoryMode: 'checked', host: false },
];

for (const { memoryMode, host } of configurations) {
  test(`all operand shapes, ${memoryMode} memory, ${host ? 'host' : 'baseline'} cpu`, async (context) => {
    const runtime = new Runtime(host ? { memoryMode } : { memoryMode, cpu: baselineCpu });
    for (const operation of operations) {
      await context.test(operation.mnemonic, () => checkOperation(runtime, operation));
    }
    runtime.dispose();
  });
}

/*
 * How numeric operators are put to work in tests: small functions around one operator that differ in where
 * its operands come from and in what becomes of its result. All of an operator's functions are in one module
 * and have one type, `(a, b, address) -> result`, with the operands as parameters and also in memory at
 * `address` and `address + 8`. The module's `drive` calls one of them for many operands, so that a test takes
 * few calls from JavaScript.
 */
import { wat } from '../../runtime/modules.fixture.js';
import { isNumericKind } from '../../wasm/opcode-row.js';
import { opcodes } from '../../wasm/opcodes.js';
import { valTypeName } from '../../wasm/types.js';

export interface Operator {
  readonly mnemonic: string;
  /** Types by name, one or two. */
  readonly operands: readonly string[];
  readonly result: string;
}

/** All but those on vectors: see `vector-shapes.fixture.ts`. */
export const operators: readonly Operator[] = opcodes.flatMap(({ mnemonic, kind, signature }) =>
  signature?.result === undefined || !isNumericKind(kind) || kind === 'vector'
    ? []
    : [{ mnemonic, operands: signature.operands.map(valTypeName), result: valTypeName(signature.result) }],
);

/**
 * Integers near 0, of each kind of immediate, of each sign; shift counts; powers of two and their neighbours.
 */
const i32Values = [
  ...[0n, 1n, 2n, 3n, 4n, 5n, 8n, 9n, 10n, 31n, 32n, 33n, 0x7fn, 0x80n, 0xffn, 0x8000n, 0xffffn, 0x10000n],
  ...[0x12345678n, 0x40000000n, 0x7fffffffn, 0x80000000n, 0x80000001n, 0xffff8000n, 0xffffff80n],
  ...[0xfffffffen, 0xffffffffn],
];
const i64Values = [
  ...i32Values.map((value) => BigInt.asUintN(64, BigInt.asIntN(32, value))),
  ...[63n, 64n, 65n, 0x80000000n, 0xffffffffn, 0x100000000n, 0x100000001n, 0x123456789abcdef0n],
  ...[0x4000000000000000n, 0x7fffffffffffffffn, 0x8000000000000000n, 0x8000000000000001n],
  ...[0xffffffff7fffffffn, 0xffffffff00000000n],
  // Halfway between two floats, or just not, if they are unsigned.
  ...[
    0x8000000000000400n,
    0x8000000000000401n,
    0x8000000000000c00n,
    0x8000008000000000n,
    0x8000008000000001n,
  ],
];

/** Zero, subnormal, ordinary and great numbers; their negatives and NaNs are added. */
const floats = [
  0,
  1e-45,
  5e-324,
  0.1,
  1,
  1.5,
  3.4028234663852886e38,
  1.7976931348623157e308,
  Number.POSITIVE_INFINITY,
];

/** Halves, and the limits of what converts to integers. */
const conversions = [
  ...[...floats, 0.5, 0.49999999999999994, 2, 2.5, 3.5, 255.9, 2147483647, 2147483647.5, 2147483648],
  ...[2147483648.5, 4294967295, 4294967295.5, 4294967296, 8388607.5, 8388608.5, 16777217, 4503599627370495.5],
  ...[2 ** 53, 2 ** 63, 2 ** 63 - 1024, 2 ** 64, 2 ** 64 - 2048, 1e30],
  ...[2.2250738585072014e-308, 1.1754943508222875e-38],
];

function bitsOf(type: 'f32' | 'f64', value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (type === 'f64') view.setFloat64(0, value, true);
  else view.setFloat32(0, value, true);
  return view.getBigUint64(0, true);
}

function floatBits(type: 'f32' | 'f64', numbers: readonly number[]): bigint[] {
  const sign = type === 'f32' ? 0x80000000n : 0x8000000000000000n;
  const nans =
    type === 'f32' ? [0x7fc00000n, 0x7fa00001n, 0x7fffffffn] : [0x7ff8000000000000n, 0x7ff4000000000001n];
  const magnitudes = [...numbers.map((value) => bitsOf(type, value)), ...nans];
  return [...new Set(magnitudes.flatMap((bits) => [bits, bits | sign]))];
}

/** Bit patterns to try, by type: for a single operand, and for pairs of operands. */
const singles: Readonly<Record<string, readonly bigint[]>> = {
  i32: i32Values,
  i64: [...new Set(i64Values)],
  f32: floatBits('f32', conversions),
  f64: floatBits('f64', conversions),
};
const paired: typeof singles = {
  ...singles,
  f32: floatBits('f32', floats),
  f64: floatBits('f64', floats),
};

function valuesOf({ operands }: Operator, index: number): readonly bigint[] {
  return (operands.length === 1 ? singles : paired)[operands[index]];
}

/** A constant in the text format, exact for NaNs too. */
export function literal(type: string, bits: bigint): string {
  if (type === 'i32' || type === 'i64') return `(${type}.const ${bits})`;
  const [mantissaBits, exponentBits] = type === 'f32' ? [23n, 8n] : [52n, 11n];
  const mantissa = bits & ((1n << mantissaBits) - 1n);
  const exponent = (bits >> mantissaBits) & ((1n << exponentBits) - 1n);
  const sign = bits >> (mantissaBits + exponentBits) === 0n ? '' : '-';
  if (exponent === (1n << exponentBits) - 1n) {
    return `(${type}.const ${sign}${mantissa === 0n ? 'inf' : `nan:0x${mantissa.toString(16)}`})`;
  }
  const bias = (1n << (exponentBits - 1n)) - 1n;
  const scale = (exponent === 0n ? 1n : exponent) - bias - mantissaBits;
  const whole = exponent === 0n ? mantissa : mantissa | (1n << mantissaBits);
  return `(${type}.const ${sign}0x${whole.toString(16)}p${scale})`;
}

/** Which of all operands a function is for: entries `start`, `start + step` … below `end`. */
export interface Selection {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** One of the functions around an operator. */
export interface Shape {
  readonly name: string;
  /** Locals and code in the text format. */
  readonly code: string;
  readonly selection: Selection;
  /**
   * Where the operator's result is used as a condition: the function's results where it is zero and where it
   * is not.
   */
  readonly choice?: { readonly whenZero: number; readonly otherwise: number };
}

/** Number of operands to try: all values, or all pairs of them (the first changes slowest). */
function operandCount(operator: Operator): number {
  return operator.operands.reduce((count, _, k) => count * valuesOf(operator, k).length, 1);
}

/** Operands to try, by index: one or two bit patterns each. */
export type Operands = readonly (readonly bigint[])[];

/** All edge values, or all pairs of them. */
export function edgeOperands(operator: Operator): Operands {
  return Array.from({ length: operandCount(operator) }, (_, index) => operandsAt(operator, index));
}

/** So many random operands: of few bits and of many, sparse and dense. The same seed gives the same ones. */
export function randomOperands({ operands }: Operator, count: number, seed: number): Operands {
  let state = seed;
  const word = (): bigint => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return BigInt((state ^ (state >>> 15)) >>> 0);
  };
  return Array.from({ length: count }, () =>
    operands.map((type) => {
      const width = type === 'i32' || type === 'f32' ? 32 : 64;
      const dense = (word() << 32n) | word();
      const bits = (word() & 1n) === 0n ? dense : dense & word() & ((word() << 32n) | word());
      return BigInt.asUintN(width, BigInt.asIntN(width, bits) >> (word() % BigInt(width)));
    }),
  );
}

/** Operands `index` of an operator. */
function operandsAt(operator: Operator, index: number): bigint[] {
  if (operator.operands.length === 1) return [valuesOf(operator, 0)[index]];
  const [left, right] = [valuesOf(operator, 0), valuesOf(operator, 1)];
  return [left[Math.floor(index / right.length)], right[index % right.length]];
}

const get = (index: number): string => `(local.get ${index})`;

/** Ways in which two operands (or one) reach the operator. */
function operandShapes({
  operands,
}: Operator): Array<readonly [name: string, operands: string[], before: string]> {
  const own = operands.map((_, k) => get(k));
  const loads = operands.map((type, k) => `(${type}.load ${k === 0 ? '' : 'offset=8'} ${get(2)})`);
  const shapes: Array<readonly [string, string[], string]> = [['parameters', own, '']];
  operands.forEach((type, k) => {
    const replaced = (text: string): string[] => own.map((plain, at) => (at === k ? text : plain));
    shapes.push([`operand ${k} from memory`, replaced(loads[k]), '']);
    shapes.push([
      `operand ${k} from a constant address`,
      replaced(`(${type}.load (i32.const ${scratchAddress}))`),
      `(${type}.store (i32.const ${scratchAddress}) ${get(k)})`,
    ]);
    shapes.push([
      `operand ${k} from a global`,
      replaced(`(global.get $${type})`),
      `(global.set $${type} ${get(k)})`,
    ]);
    shapes.push([`operand ${k} from memory, behind a call`, replaced(loads[k]), '(call $nothing)']);
  });
  shapes.push(['operands that outlive a call', own, '(call $nothing)']);
  if (operands.length === 2) shapes.push(['both operands from memory', loads, '']);
  return shapes;
}

/** Ten locals that live across everything, and the check that they have kept their values. */
const crowd = Array.from({ length: 10 }, (_, k) => `$c${k}`);
const crowdDeclared = crowd.map((name) => `(local ${name} i32)`).join(' ');
const crowdSet = crowd.map((name, k) => `(local.set ${name} (i32.add ${get(2)} (i32.const ${k})))`).join(' ');
const crowdSum = crowd.reduce((sum, name) => `(i32.add ${sum} (local.get ${name}))`, '(i32.const 0)');
const crowdCheck = `(if (i32.ne ${crowdSum} (i32.add (i32.mul ${get(2)} (i32.const 10)) (i32.const 45)))
  (then (unreachable)))`;

/**
 * What can become of an i32 that serves as a condition: code around it, and the results for true and false.
 */
const conditionShapes: ReadonlyArray<
  readonly [name: string, code: (condition: string) => string, whenTrue: number, whenFalse: number]
> = [
  ['if', (c) => `(if (result i32) ${c} (then (i32.const 1)) (else (i32.const 2)))`, 1, 2],
  ['br_if', (c) => `(block (br_if 0 ${c}) (return (i32.const 2))) (i32.const 1)`, 1, 2],
  ['br_if with a value', (c) => `(block (result i32) (br_if 0 (i32.const 1) ${c}) drop (i32.const 2))`, 1, 2],
  ['br_if not', (c) => `(block (br_if 0 (i32.eqz ${c})) (return (i32.const 1))) (i32.const 2)`, 1, 2],
  [
    'br_if not not',
    (c) => `(block (br_if 0 (i32.eqz (i32.eqz ${c}))) (return (i32.const 2))) (i32.const 1)`,
    1,
    2,
  ],
  ['if not', (c) => `(if (result i32) (i32.eqz ${c}) (then (i32.const 1)) (else (i32.const 2)))`, 2, 1],
  ['not', (c) => `(i32.eqz ${c})`, 0, 1],
  ['not not', (c) => `(i32.eqz (i32.eqz ${c}))`, 1, 0],
  ['select of constants', (c) => `(select (i32.const 3) (i32.const 4) ${c})`, 3, 4],
  ['select not', (c) => `(select (i32.const 3) (i32.const 4) (i32.eqz ${c}))`, 4, 3],
  [
    'select of i64 locals',
    (c) => `(local $x i64) (local $y i64) (local.set $x (i64.const -5)) (local.set $y (i64.const 6))
      (i32.wrap_i64 (i64.shr_u (i64.add (select (local.get $x) (local.get $y) ${c}) (local.get $y)) (i64.const 1)))`,
    0,
    6,
  ],
  [
    'select of f64',
    (c) => `(local $x f64) (local.set $x (f64.const 7))
      (i32.trunc_f64_s (f64.sub (select (local.get $x) (f64.const 3) ${c}) (f64.mul (local.get $x) (f64.const 0))))`,
    7,
    3,
  ],
  [
    'select of f32 that ends the first',
    (c) => `(local $x f32) (local $y f32) (local.set $x (f32.const 7)) (local.set $y (f32.const 2))
      (i32.trunc_f32_s (f32.mul (local.get $y) (select (local.get $x) (local.get $y) ${c})))`,
    14,
    4,
  ],
];

/** Those that are tried wherever the operands come from. */
const usualConditions: ReadonlySet<string> = new Set(['if', 'br_if not', 'not not', 'select not']);

/** All functions around an operator. The first one is the plainest. */
export function shapesOf(operator: Operator): Shape[] {
  const { mnemonic, operands, result } = operator;
  const count = operandCount(operator);
  const all: Selection = { start: 0, end: count, step: 1 };
  const shapes: Shape[] = [];
  const apply = (texts: readonly string[]): string => `(${mnemonic} ${texts.join(' ')})`;
  const plain = apply(operands.map((_, k) => get(k)));
  const conditions = (name: string, value: string, selection: Selection, before = ''): void => {
    if (result !== 'i32') return;
    for (const [use, code, whenTrue, whenFalse] of conditionShapes) {
      if (name !== 'parameters' && !usualConditions.has(use)) continue;
      shapes.push({
        name: `${name}, ${use}`,
        // Locals come before all code.
        code: code(value).replace(/^((?:\(local \S+ \w+\)\s*)*)/, `$1 ${before} `),
        selection,
        choice: { whenZero: whenFalse, otherwise: whenTrue },
      });
    }
  };

  for (const [name, texts, before] of operandShapes(operator)) {
    shapes.push({ name, code: `${before} ${apply(texts)}`, selection: all });
    if (!name.includes('call') && !name.includes('constant')) conditions(name, apply(texts), all, before);
  }
  const kept = operands.map((type, k) => `(${type}.store offset=${8 * k} ${get(2)} ${get(k)})`).join(' ');
  shapes.push({
    name: 'operands that live on',
    code: `(local $r ${result}) (local.set $r ${plain}) ${kept} (local.get $r)`,
    selection: all,
  });
  shapes.push({
    name: 'no register free',
    code: `(local $r ${result}) ${crowdDeclared} ${crowdSet} (call $nothing) (local.set $r ${plain}) ${crowdCheck}
      (local.get $r)`,
    selection: all,
  });
  shapes.push({
    name: 'no register free, operands live on',
    code: `(local $r ${result}) ${crowdDeclared} ${crowdSet} (local.set $r ${plain}) (call $nothing) ${kept}
      ${crowdCheck} (local.get $r)`,
    selection: all,
  });
  shapes.push({
    name: 'in a loop',
    code: `(local $r ${result}) (local $n i32)
      (loop (local.set $r ${plain})
        (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))
      (local.get $r)`,
    selection: all,
  });
  operands.forEach((type, k) => {
    if (type !== result) return;
    shapes.push({
      name: `result in place of operand ${k}`,
      code: `(local.set ${k} ${plain}) ${get(k)}`,
      selection: all,
    });
  });
  if (operands.length === 2) {
    const inner = valuesOf(operator, 1).length;
    const twice: Selection = { start: 0, end: count, step: inner + 1 };
    shapes.push({ name: 'one value twice', code: apply([get(0), get(0)]), selection: twice });
    conditions('one value twice', apply([get(0), get(0)]), twice);
    const load = `(${operands[0]}.load ${get(2)})`;
    shapes.push({ name: 'one place twice', code: apply([load, load]), selection: twice });
  }
  if (result === 'i32') {
    // What reads an i32 as 64 bits (an address, a conversion) relies on zeros in the upper half.
    shapes.push({
      name: 'upper half',
      code: `(i32.wrap_i64 (i64.shr_u (i64.extend_i32_u ${plain}) (i64.const 32)))`,
      selection: all,
      choice: { whenZero: 0, otherwise: 0 },
    });
  }
  if (result === 'i64') {
    for (const [name, code, whenZero, otherwise] of [
      ['eqz in if', `(if (result i64) (i64.eqz ${plain}) (then (i64.const 1)) (else (i64.const 2)))`, 1, 2],
      ['eqz as i64', `(i64.extend_i32_u (i64.eqz ${plain}))`, 1, 0],
      ['ne 0 in select', `(select (i64.const 1) (i64.const 2) (i64.ne ${plain} (i64.const 0)))`, 2, 1],
    ] as const) {
      shapes.push({ name, code, selection: all, choice: { whenZero, otherwise } });
    }
  }
  return [...shapes, ...constantShapes(operator)];
}

/** Functions in which operands are constants. */
function constantShapes(operator: Operator): Shape[] {
  const { mnemonic, operands, result } = operator;
  const shapes: Shape[] = [];
  const add = (name: string, texts: readonly string[], selection: Selection): void => {
    const code = `(${mnemonic} ${texts.join(' ')})`;
    shapes.push({ name, code, selection });
    if (result !== 'i32') return;
    shapes.push({
      name: `${name}, if`,
      code: `(if (result i32) ${code} (then (i32.const 1)) (else (i32.const 2)))`,
      selection,
      choice: { whenZero: 2, otherwise: 1 },
    });
  };
  const [left, right] = operands;
  if (operands.length === 1) {
    valuesOf(operator, 0).forEach((bits, k) => {
      add(`constant 0x${bits.toString(16)}`, [literal(left, bits)], { start: k, end: k + 1, step: 1 });
    });
    return shapes;
  }
  const rights = valuesOf(operator, 1);
  const inner = rights.length;
  const count = operandCount(operator);
  rights.forEach((bits, k) => {
    const name = `constant 0x${bits.toString(16)} on the right`;
    const selection = { start: k, end: count, step: inner };
    add(name, [get(0), literal(right, bits)], selection);
    if (k % 4 === 1) add(`${name} of memory`, [`(${left}.load ${get(2)})`, literal(right, bits)], selection);
  });
  valuesOf(operator, 0).forEach((bits, k) => {
    const name = `constant 0x${bits.toString(16)} on the left`;
    const selection = { start: k * inner, end: (k + 1) * inner, step: 1 };
    add(name, [literal(left, bits), get(1)], selection);
    if (k % 4 === 1)
      add(`${name} of memory`, [literal(left, bits), `(${right}.load offset=8 ${get(2)})`], selection);
    const other = (7 * k + 3) % inner;
    const at = k * inner + other;
    add(`constants ${k} and ${other}`, [literal(left, bits), literal(right, rights[other])], {
      start: at,
      end: at + 1,
      step: 1,
    });
  });
  return shapes;
}

/**
 * Where things are in the modules' memory: operands from 0 on, 16 bytes each; results; what `drive` is at.
 */
export const resultsAddress = 0x20000;
export const cursorAddress = 0x1fff0;
const scratchAddress = 0x1ffe0;
const memoryPages = 4;

/** The module with an operator's functions. */
export function moduleOf({ operands, result }: Operator, shapes: readonly Shape[]): Uint8Array {
  const [a, b] = [operands[0], operands[1] ?? 'i32'];
  const type = `(param ${a} ${b} i32) (result ${result})`;
  const store = result === 'i32' ? 'i32.store' : `${result}.store`;
  const functions = shapes.map(({ code }, k) => `(func $f${k} ${type} ${code})`).join('\n');
  return wat(`(module (memory (export "memory") ${memoryPages}) (type $shape (func ${type}))
    ${['i32', 'i64', 'f32', 'f64'].map((name) => `(global $${name} (mut ${name}) (${name}.const 0))`).join(' ')}
    (table funcref (elem ${shapes.map((_, k) => `$f${k}`).join(' ')}))
    (func $nothing) ${functions}
    (func (export "drive") (param $shape i32) (param $i i32) (param $end i32) (param $step i32)
      (loop $next
        (if (i32.lt_u (local.get $i) (local.get $end))
          (then
            (i32.store (i32.const ${cursorAddress}) (local.get $i))
            (${store} offset=${resultsAddress} (i32.shl (local.get $i) (i32.const 3))
              (call_indirect (type $shape)
                (${a}.load (i32.shl (local.get $i) (i32.const 4)))
                (${b}.load offset=8 (i32.shl (local.get $i) (i32.const 4)))
                (i32.shl (local.get $i) (i32.const 4))
                (local.get $shape)))
            (local.set $i (i32.add (local.get $i) (local.get $step)))
            (br $next))))))`);
}

/**
 * Operators on vectors, each with its operands from memory and as constants, on edge values and random ones:
 * what a runtime's code computes is compared with a reference.
 */
import assert from 'node:assert/strict';
import { wat } from '../../runtime/modules.fixture.js';
import { opcodes } from '../../wasm/opcodes.js';
import { type ValType, valTypeName } from '../../wasm/types.js';

const vectorSize = 16;

export interface VectorOperator {
  readonly mnemonic: string;
  readonly isRelaxed: boolean;
  readonly operands: readonly string[];
  readonly result: string;
  /** What can follow the mnemonic: lanes. */
  readonly immediates: readonly string[];
}

/** Lanes that shuffles move: patterns that processors have instructions for, and others. */
const shuffles: readonly (readonly number[])[] = [
  ...[0, 1, 4, 8, 13, 16].map((first) => Array.from({ length: vectorSize }, (_, k) => first + k)),
  Array.from({ length: vectorSize }, (_, k) => 15 - k),
  ...[1, 2, 4, 8].flatMap((width) =>
    [0, 8].map((first) => {
      const from = (k: number): number => first + width * (k >> 1) + (k & 1 ? vectorSize : 0);
      return Array.from({ length: vectorSize }, (_, k) => from(Math.floor(k / width)) + (k % width));
    }),
  ),
  Array.from({ length: vectorSize }, (_, k) => (k * 2) & 31),
  Array.from({ length: vectorSize }, (_, k) => (k * 4 + (k >> 3)) & 31),
  Array.from({ length: vectorSize }, (_, k) => (k & 4 ? k : k + vectorSize)),
  Array.from({ length: vectorSize }, () => 7),
  [28, 29, 30, 31, 4, 5, 6, 7, 16, 17, 18, 19, 0, 1, 2, 3],
  [30, 2, 17, 9, 9, 31, 0, 5, 12, 22, 1, 1, 16, 28, 7, 13],
];

function immediatesOf(mnemonic: string, kind: string | undefined): readonly string[] {
  if (kind === 'lanes') return shuffles.map((lanes) => lanes.join(' '));
  if (kind !== 'lane') return [''];
  return Array.from({ length: Number(/x(\d+)/.exec(mnemonic)?.[1]) }, (_, lane) => `${lane}`);
}

/** All operators on vectors. */
export const vectorOperators: readonly VectorOperator[] = opcodes.flatMap(
  ({ mnemonic, kind, feature, signature, immediates }) => {
    if (kind !== 'vector' || signature?.result === undefined) return [];
    return {
      mnemonic,
      isRelaxed: feature === 'relaxed-simd',
      operands: signature.operands.map(valTypeName),
      result: valTypeName(signature.result as ValType),
      immediates: immediatesOf(mnemonic, immediates[0]),
    };
  },
);

// Operands

function ofLanes(write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(vectorSize);
  write(new DataView(bytes.buffer));
  return bytes;
}

const f32Edges = [
  0,
  -0,
  1,
  -1,
  0.5,
  -1.5,
  2.5,
  1e10,
  -3e9,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  3.4e38,
  1e-40,
  Infinity,
];
const f32Bits = [0x7fc00000, 0xffc00001, 0x7fa00000, 0xff800000, 0x4effffff, 0x4f7fffff, 0x00000001];
const f64Edges = [
  0,
  -0,
  1,
  -1,
  0.5,
  -2.5,
  2147483647.5,
  -2147483648.5,
  4294967295.5,
  1e300,
  5e-324,
  -Infinity,
];
const f64Bits = [0x7ff8000000000000n, 0xfff8000000000001n, 0x7ff4000000000000n, 0x41dfffffffc00000n];
const integers = [
  0, 1, -1, 2, 7, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, -0x80000000, 0x5a5aa5a5,
];

/** One of a list, by a number that may be beyond its end. */
function pick<Value>(list: readonly Value[], k: number): Value {
  return list[k % list.length];
}

/** Vectors that are special for some shape of lanes: neighbouring lanes differ. */
const edges: readonly Uint8Array[] = [
  ...f32Edges.map((_, k) =>
    ofLanes((view) => {
      for (let lane = 0; lane < 4; lane++) view.setFloat32(4 * lane, pick(f32Edges, k + lane * lane), true);
    }),
  ),
  ...f32Bits.map((_, k) =>
    ofLanes((view) => {
      for (let lane = 0; lane < 4; lane++) view.setUint32(4 * lane, pick(f32Bits, k + 3 * lane), true);
    }),
  ),
  ...f64Edges.map((_, k) =>
    ofLanes((view) => {
      for (let lane = 0; lane < 2; lane++) view.setFloat64(8 * lane, pick(f64Edges, k + 5 * lane), true);
    }),
  ),
  ...f64Bits.map((_, k) =>
    ofLanes((view) => {
      for (let lane = 0; lane < 2; lane++) view.setBigUint64(8 * lane, pick(f64Bits, k + lane), true);
    }),
  ),
  ...integers.flatMap((_, k) => [
    ofLanes((view) => {
      for (let lane = 0; lane < 4; lane++) view.setInt32(4 * lane, pick(integers, k + lane), true);
    }),
    ofLanes((view) => {
      for (let lane = 0; lane < 8; lane++) view.setInt16(2 * lane, pick(integers, k + lane), true);
    }),
    ofLanes((view) => {
      for (let lane = 0; lane < 16; lane++) view.setInt8(lane, pick(integers, k + 3 * lane));
    }),
  ]),
];

/** Constants that LLVM could simplify by. */
const constants: readonly string[] = [
  'i64x2 0 0',
  'i64x2 -1 -1',
  'f32x4 1 1 1 1',
  'f32x4 -0 -0 -0 -0',
  'f64x2 1 1',
  'f64x2 -1 2',
  'f32x4 nan:0x200000 0 -1 inf',
  'i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15',
  'i16x8 -32768 -32768 1 0x7fff -1 255 256 128',
  'i32x4 -1 0 -1 0',
];

/** Constants of scalars. */
const scalars: Readonly<Record<string, string>> = {
  i32: '0x81',
  i64: '0x123456789abcdef0',
  f32: '1',
  f64: '-1',
};

/** A pseudo-random sequence (xorshift32). */
function* randomWords(seed: number): Generator<number, never> {
  for (let word = seed; ; ) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    yield word;
  }
}

const operandCount = 3;
const stride = operandCount * vectorSize;
const randomSets = 200;

/** Sets of three operands: edges with edges, then random ones. */
const sets: Uint8Array = (() => {
  const random = randomWords(20);
  const pairs = edges.flatMap((a, j) =>
    edges.flatMap((b, k) => ((j + k) % 5 === 0 ? [[a, b, pick(edges, j + 2 * k)]] : [])),
  );
  const bytes = new Uint8Array(stride * (pairs.length + randomSets));
  for (const [k, set] of pairs.entries())
    for (const [n, vector] of set.entries()) bytes.set(vector, stride * k + vectorSize * n);
  const words = new Int32Array(bytes.buffer, stride * pairs.length);
  for (let k = 0; k < words.length; k++) words[k] = random.next().value;
  return bytes;
})();

const setCount = sets.length / stride;

// Modules

const loads: Readonly<Record<string, string>> = {
  v128: 'v128.load',
  i32: 'i32.load',
  i64: 'i64.load',
  f32: 'f32.load',
  f64: 'f64.load',
};

function constantOf(type: string, k: number): string {
  return type === 'v128' ? `(v128.const ${pick(constants, k)})` : `(${type}.const ${scalars[type]})`;
}

/** Operands from memory. */
function loaded({ operands }: VectorOperator): string[] {
  return operands.map((type, k) => `(${loads[type]} offset=${k * vectorSize} (local.get $p))`);
}

/** An operator with its operands from memory, and with each immediate. */
function plainExpressions(operator: VectorOperator): string[] {
  const { mnemonic, immediates } = operator;
  return immediates.map((immediate) => `(${mnemonic} ${immediate} ${loaded(operator).join(' ')})`);
}

/** The same with constants, in all places where there can be one. */
function expressionsWithConstants(operator: VectorOperator): string[] {
  const { mnemonic, operands, immediates } = operator;
  const fromMemory = loaded(operator);
  const shapes: string[] = [];
  const [immediate] = immediates;
  const apply = (...args: readonly string[]): string => `(${mnemonic} ${immediate} ${args.join(' ')})`;
  for (const [place, type] of operands.entries()) {
    const count = type === 'v128' ? constants.length : 1;
    for (let k = 0; k < count; k++) {
      shapes.push(apply(...fromMemory.map((operand, n) => (n === place ? constantOf(type, k) : operand))));
    }
  }
  for (let k = 0; k < constants.length; k += 3) {
    shapes.push(apply(...operands.map((type, n) => constantOf(type, k + n))));
  }
  // The same value twice, and one that is in a local.
  if (operands.length > 1 && operands.every((type) => type === 'v128')) {
    shapes.push(apply(...operands.map(() => fromMemory[0])));
    shapes.push(`(local.set $v ${constantOf('v128', 2)}) ${apply('(local.get $v)', ...fromMemory.slice(1))}`);
  }
  return shapes;
}

const stores: Readonly<Record<string, string>> = {
  v128: 'v128.store',
  i32: 'i32.store',
  i64: 'i64.store',
  f32: 'f32.store',
  f64: 'f64.store',
};

/** Where the results of one expression are, for all sets. */
const resultsAt = sets.length + vectorSize;

/** A module that evaluates expression k for all sets as `f${k}`. */
function moduleOf(shapes: readonly string[], result: string): Uint8Array {
  const pages = Math.ceil((resultsAt + setCount * vectorSize) / 0x10000);
  const functions = shapes.map(
    (shape, k) => `(func (export "f${k}") (local $p i32) (local $to i32) (local $v v128)
      (local.set $to (i32.const ${resultsAt}))
      (loop $next
        (${stores[result]} (local.get $to) ${shape.startsWith('(local.set') ? `(block (result ${result}) ${shape})` : shape})
        (local.set $to (i32.add (local.get $to) (i32.const ${vectorSize})))
        (local.set $p (i32.add (local.get $p) (i32.const ${stride})))
        (br_if $next (i32.lt_u (local.get $p) (i32.const ${sets.length})))))`,
  );
  return wat(`(module (memory (export "memory") ${pages}) ${functions.join('\n')})`);
}

export interface RunningModule {
  readonly buffer: ArrayBuffer;
  call(name: string): unknown;
}

/** Makes an instance of a module. */
export type Engine = (bytes: Uint8Array) => RunningModule;

/** Makes NaNs equal, which may have any sign and payload; but signalling ones stay as they are. */
function canonical(results: Uint8Array, lanes: 'f32' | 'f64' | undefined): Uint8Array {
  if (lanes === 'f32') {
    const words = new Uint32Array(results.buffer);
    for (let k = 0; k < words.length; k++) if ((words[k] & 0x7fc00000) === 0x7fc00000) words[k] = 0x7fc00000;
  } else if (lanes === 'f64') {
    const words = new Uint32Array(results.buffer);
    for (let k = 1; k < words.length; k += 2) {
      if ((words[k] & 0x7ff80000) !== 0x7ff80000) continue;
      words[k] = 0x7ff80000;
      words[k - 1] = 0;
    }
  }
  return results;
}

/** Operators that compute floats: NaNs that they make may have any sign and payload. */
const arithmetic =
  /^(f32x4|f64x2)\.(add|sub|mul|div|min|max|sqrt|ceil|floor|trunc|nearest|demote|promote|relaxed_n?madd)/;

/** Compares what engines make of one operator, by their names, with what a reference does. */
export class VectorAgreement {
  readonly #operator: VectorOperator;
  #shapes: readonly string[];
  readonly #bytes: Uint8Array;
  readonly #expected: readonly Uint8Array[];

  constructor(operator: VectorOperator, reference: Engine, withConstants: boolean) {
    this.#operator = operator;
    this.#shapes = plainExpressions(operator);
    if (withConstants) this.#shapes = [...this.#shapes, ...expressionsWithConstants(operator)];
    this.#bytes = moduleOf(this.#shapes, operator.result);
    this.#expected = this.#run(reference);
  }

  check(engine: Engine, name: string): void {
    const actual = this.#run(engine);
    for (const [k, expected] of this.#expected.entries()) {
      const at = expected.findIndex((byte, index) => byte !== actual[k][index]);
      if (at < 0) continue;
      const set = Math.floor(at / vectorSize);
      const hex = (bytes: Uint8Array, index: number): string =>
        Buffer.from(bytes.subarray(vectorSize * index, vectorSize * (index + 1))).toString('hex');
      const operands = Array.from({ length: operandCount }, (_, n) => hex(sets, operandCount * set + n));
      assert.fail(
        `${name}: ${this.#shapes[k]} of ${operands.join(', ')} is ${hex(actual[k], set)}, not ${hex(expected, set)}`,
      );
    }
  }

  #run(engine: Engine): Uint8Array[] {
    const { mnemonic } = this.#operator;
    const lanes = arithmetic.test(mnemonic) ? (mnemonic.slice(0, 3) as 'f32' | 'f64') : undefined;
    const instance = engine(this.#bytes);
    new Uint8Array(instance.buffer).set(sets);
    return this.#shapes.map((_, k) => {
      instance.call(`f${k}`);
      const results = new Uint8Array(instance.buffer, resultsAt, setCount * vectorSize).slice();
      return canonical(results, lanes);
    });
  }
}

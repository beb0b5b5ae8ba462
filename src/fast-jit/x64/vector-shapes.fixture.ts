/*
 * How vector operators are put to work in tests: small functions around one operator, `(address)`, that
 * differ in where its operands come from and in what becomes of its result. Operands lie in memory at the
 * address, 16 bytes each, and the result goes behind them. The module's `drive` calls one function for all
 * operands.
 */
import { wat } from '../../runtime/modules.fixture.js';
import { opcodes } from '../../wasm/opcodes.js';
import { valTypeName } from '../../wasm/types.js';

export interface VectorOperator {
  readonly mnemonic: string;
  /** Types by name. */
  readonly operands: readonly string[];
  readonly result: string;
  /** Immediates in the text format; the first is the usual one. */
  readonly immediates: readonly string[];
}

const shuffles = [
  '0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15',
  '16 1 18 3 20 5 22 7 24 9 26 11 28 13 30 15',
  '8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7',
  '3 3 3 3 7 7 7 7 31 31 31 31 0 0 0 0',
  '5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20',
];

function immediatesOf(mnemonic: string): readonly string[] {
  if (mnemonic === 'i8x16.shuffle') return shuffles;
  const lanes = /x(\d+)\.(?:extract|replace)_lane/.exec(mnemonic);
  return lanes === null ? [''] : Array.from({ length: Number(lanes[1]) }, (_, lane) => `${lane}`);
}

/** All operators on vectors but accesses to memory and constants. */
export const vectorOperators: readonly VectorOperator[] = opcodes.flatMap(({ mnemonic, kind, signature }) =>
  kind !== 'vector' || signature?.result === undefined
    ? []
    : [
        {
          mnemonic,
          operands: signature.operands.map(valTypeName),
          result: valTypeName(signature.result),
          immediates: immediatesOf(mnemonic),
        },
      ],
);

/** Vectors in the text format: edges of integers of all widths, and of floats. */
export const values: readonly string[] = [
  'i32x4 0 0 0 0',
  'i32x4 -1 -1 -1 -1',
  'i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15',
  'i8x16 127 -128 255 16 15 64 -64 1 -1 2 0 126 -127 31 32 33',
  'i8x16 17 1 255 3 31 128 0 9 100 14 5 77 2 16 8 30',
  'i16x8 0x7fff 0x8000 0xffff 1 0 0x4000 0xc000 0x00ff',
  'i16x8 0x8000 0x8000 0x8000 0x8000 0x7fff 0x8001 0x0100 0xff00',
  'i32x4 0x7fffffff 0x80000000 0xffffffff 1',
  'i32x4 0x80000000 0x80000000 0x12345678 0x00010000',
  'i64x2 0x7fffffffffffffff 0x8000000000000000',
  'i64x2 0x00000000ffffffff 0xffffffff00000000',
  'i64x2 0x8000000000000001 -1',
  'i64x2 0x123456789abcdef0 0x0fedcba987654321',
  'f32x4 0 -0 1 -1.5',
  'f32x4 inf -inf nan -nan:0x400123',
  'f32x4 2147483648 4294967296 -2147483648 2147483520',
  'f32x4 0.5 1.5 2.5 -0.5',
  'f32x4 3e9 -1e-40 1e30 4294967040',
  'f32x4 -0 0 -1 1',
  'f64x2 0 -0',
  'f64x2 -0 0',
  'f64x2 nan inf',
  'f64x2 -inf -nan:0x8000000000123',
  'f64x2 2147483647.5 -2147483649',
  'f64x2 4294967295.5 1e300',
  'f64x2 0.5 -2.5',
];

/** Those that serve as constants. */
const constants = [0, 1, 2, 4, 7, 10, 13, 22];
const scalarConstants: Readonly<Record<string, readonly string[]>> = {
  i32: ['0', '1', '3', '4', '7', '8', '13', '31', '33', '-1'],
  i64: ['0', '-1', '0x123456789abcdef0'],
  f32: ['0', '-1.5', 'inf'],
  f64: ['0', '-1.5', 'inf'],
};

/** One of the functions around an operator. */
export interface VectorShape {
  readonly name: string;
  /** Locals and code in the text format; it leaves the result. */
  readonly code: string;
  /** Type of what it leaves. */
  readonly result: string;
  /** The result is not the operator's own, but made of its bits. */
  readonly isDerived: boolean;
}

const address = '(local.get 0)';

function load(type: string, k: number): string {
  return `(${type}.load offset=${16 * k} ${address})`;
}

/** Vectors that live across everything, and the check that they have kept their values. */
const crowd = Array.from({ length: 14 }, (_, k) => k);
const crowdDeclared = crowd.map((k) => `(local $c${k} v128)`).join(' ');
const crowdSet = crowd
  .map((k) => `(local.set $c${k} (i32x4.splat (i32.add ${address} (i32.const ${k}))))`)
  .join(' ');
const crowdCheck = crowd
  .map(
    (k) => `(if (i32.eqz (i32x4.all_true (i32x4.eq (local.get $c${k})
      (i32x4.splat (i32.add ${address} (i32.const ${k})))))) (then (unreachable)))`,
  )
  .join(' ');

/** What can become of an i32 that serves as a condition. */
const conditions: readonly (readonly [string, (condition: string) => string])[] = [
  ['if', (c) => `(if (result i32) ${c} (then (i32.const 1)) (else (i32.const 2)))`],
  ['br_if not', (c) => `(block (br_if 0 (i32.eqz ${c})) (return (call $found ${address}))) (i32.const 2)`],
  ['not not', (c) => `(i32.eqz (i32.eqz ${c}))`],
  ['not', (c) => `(i32.eqz ${c})`],
  ['select', (c) => `(select (i32.const 3) (i32.const 4) ${c})`],
  ['select of vectors', (c) => `(i32x4.bitmask (select ${load('v128', 0)} ${load('v128', 1)} ${c}))`],
];

/** What can become of a vector, with another instruction. */
const uses: readonly (readonly [string, string, (vector: string) => string])[] = [
  ['any_true', 'i32', (v) => `(v128.any_true ${v})`],
  [
    'any_true in if',
    'i32',
    (v) => `(if (result i32) (v128.any_true ${v}) (then (i32.const 1)) (else (i32.const 2)))`,
  ],
  ...(['i8x16', 'i16x8', 'i32x4', 'i64x2'] as const).flatMap((lanes) => [
    [`${lanes}.all_true`, 'i32', (v: string) => `(${lanes}.all_true ${v})`] as const,
    [
      `${lanes}.all_true in if`,
      'i32',
      (v: string) => `(if (result i32) (${lanes}.all_true ${v}) (then (i32.const 1)) (else (i32.const 2)))`,
    ] as const,
    [`${lanes}.bitmask`, 'i32', (v: string) => `(${lanes}.bitmask ${v})`] as const,
  ]),
  ['mask of bitselect', 'v128', (v) => `(v128.bitselect ${load('v128', 0)} ${load('v128', 2)} ${v})`],
  ['extended twice', 'v128', (v) => `(i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u ${v}))`],
  ['its lowest lane', 'i32', (v) => `(i32x4.extract_lane 0 ${v})`],
];

/** All functions around an operator. The first one is the plainest. */
export function vectorShapesOf({ mnemonic, operands, result, immediates }: VectorOperator): VectorShape[] {
  const shapes: VectorShape[] = [];
  const [usual] = immediates;
  const apply = (texts: readonly string[], immediate = usual): string =>
    `(${mnemonic} ${immediate} ${texts.join(' ')})`;
  const locals = operands.map((_, k) => `(local.get $${k})`);
  const declared = operands.map((type, k) => `(local $${k} ${type})`).join(' ');
  const set = operands.map((type, k) => `(local.set $${k} ${load(type, k)})`).join(' ');
  const add = (name: string, code: string, type = result, isDerived = false): void => {
    shapes.push({ name, code, result: type, isDerived });
  };
  const plain = apply(locals);

  add('locals', `${declared} ${set} ${plain}`);
  add('all from memory', apply(operands.map(load)));
  for (const immediate of immediates.slice(1)) {
    add(`immediate ${immediate}`, `${declared} ${set} ${apply(locals, immediate)}`);
    add(`immediate ${immediate}, from memory`, apply(operands.map(load), immediate));
  }
  operands.forEach((type, k) => {
    const replaced = (text: string): string[] => locals.map((local, at) => (at === k ? text : local));
    add(`operand ${k} from memory`, `${declared} ${set} ${apply(replaced(load(type, k)))}`);
    add(
      `operand ${k} from a global`,
      `${declared} ${set} (global.set $${type} ${load(type, k)}) ${apply(replaced(`(global.get $${type})`))}`,
    );
    const literals = type === 'v128' ? constants.map((index) => values[index]) : scalarConstants[type];
    for (const literal of literals) {
      const constant = `(${type}.const ${literal})`;
      add(`operand ${k} ${literal}`, `${declared} ${set} ${apply(replaced(constant))}`);
    }
    if (type === 'v128') {
      add(
        `operand ${k} a constant in a local`,
        `${declared} (local $k v128) ${set} (local.set $k (v128.const ${values[4]}))
          ${apply(replaced('(local.get $k)'))} (v128.store offset=48 ${address} (local.get $k))`,
      );
      add(
        `operand ${k} masked`,
        `${declared} ${set} ${apply(replaced(`(v128.and (local.get $${k}) (v128.const i64x2 0xffffffff 0xffffffff))`))}`,
      );
      add(
        `operand ${k} of small bytes`,
        `${declared} ${set} ${apply(replaced(`(i8x16.shr_u (local.get $${k}) (i32.const 4))`))}`,
      );
      add(
        `operand ${k} a comparison`,
        `${declared} ${set} ${apply(replaced(`(i16x8.gt_s (local.get $${k}) (i16x8.splat (i32.const 0)))`))}`,
      );
    }
    if (type === result)
      add(`in place of operand ${k}`, `${declared} ${set} (local.set $${k} ${plain}) (local.get $${k})`);
    for (const other of operands.keys()) {
      if (other !== k && operands[other] === type) {
        add(
          `operand ${k} as operand ${other}`,
          `${declared} ${set} ${apply(locals.map((local, at) => (at === other ? `(local.get $${k})` : local)))}`,
        );
      }
    }
  });
  if (operands.length > 1 && operands.every((type) => type === operands[0])) {
    add('one value everywhere', `${declared} ${set} ${apply(operands.map(() => '(local.get $0)'))}`);
  }
  const kept = operands
    .map((type, k) => `(${type}.store offset=${48 + 16 * k} ${address} (local.get $${k}))`)
    .join(' ');
  const r = `(local $r ${result})`;
  add('operands that live on', `${declared} ${r} ${set} (local.set $r ${plain}) ${kept} (local.get $r)`);
  add('operands that outlive a call', `${declared} ${set} (call $nothing) ${plain}`);
  add(
    'no register free',
    `${declared} ${r} ${crowdDeclared} ${set} ${crowdSet} (local.set $r ${plain}) ${crowdCheck} (local.get $r)`,
  );
  add(
    'no register free, operands live on',
    `${declared} ${r} ${crowdDeclared} ${set} ${crowdSet} (local.set $r ${plain}) ${crowdCheck} ${kept} (local.get $r)`,
  );
  add(
    'in a loop',
    `${declared} ${r} (local $n i32) ${set}
      (loop (local.set $r ${plain})
        (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))
      (local.get $r)`,
  );
  add('as a result', `${declared} ${set} (call $same_${result} ${plain})`);
  if (result === 'i32') {
    for (const [name, code] of conditions) {
      add(`${name}, from memory`, code(apply(operands.map(load))));
      add(name, `${declared} ${set} ${code(plain)}`);
    }
  }
  if (result === 'v128') {
    for (const [name, type, code] of uses) {
      add(name, `${declared} ${set} ${code(plain)}`, type, true);
      add(`${name}, from memory`, code(apply(operands.map(load))), type, true);
    }
  }
  return shapes;
}

/** Where things are in the modules' memory: operands from 0 on, so many bytes each time. */
export const stride = 128;
export const resultOffset = 96;
const memoryPages = 8;

/** The module with an operator's functions. */
export function vectorModule(shapes: readonly VectorShape[]): Uint8Array {
  const functions = shapes.map(
    ({ code, result }, k) => `(func $g${k} (param i32) (result ${result}) ${code})
      (func $f${k} (param i32) (${result}.store offset=${resultOffset} ${address} (call $g${k} ${address})))`,
  );
  const types = ['i32', 'i64', 'f32', 'f64', 'v128'];
  const zero = (type: string): string => `(${type}.const ${type === 'v128' ? 'i64x2 0 0' : '0'})`;
  return wat(`(module (memory (export "memory") ${memoryPages}) (type $shape (func (param i32)))
    ${types.map((type) => `(global $${type} (mut ${type}) ${zero(type)})`).join(' ')}
    (table funcref (elem ${shapes.map((_, k) => `$f${k}`).join(' ')}))
    (func $nothing) (func $found (param i32) (result i32) (i32.const 1))
    ${types.map((type) => `(func $same_${type} (param ${type}) (result ${type}) (local.get 0))`).join(' ')}
    ${functions.join('\n')}
    (func (export "drive") (param $shape i32) (param $end i32) (local $i i32)
      (loop $next
        (call_indirect (type $shape) (i32.mul (local.get $i) (i32.const ${stride})) (local.get $shape))
        (br_if $next
          (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $end))))))`);
}

/** The bytes of `values`. */
export function valueBytes(): Uint8Array {
  const bytes = new Uint8Array(16 * values.length);
  const view = new DataView(bytes.buffer);
  const write: Readonly<Record<string, (at: number, lane: number, text: string) => void>> = {
    i8x16: (at, lane, text) => view.setInt8(at + lane, Number(text)),
    i16x8: (at, lane, text) => view.setInt16(at + 2 * lane, Number(text), true),
    i32x4: (at, lane, text) => view.setInt32(at + 4 * lane, Number(text), true),
    i64x2: (at, lane, text) => view.setBigInt64(at + 8 * lane, BigInt(text), true),
    f32x4: (at, lane, text) => view.setUint32(at + 4 * lane, float(text), true),
    f64x2: (at, lane, text) => view.setBigUint64(at + 8 * lane, double(text), true),
  };
  for (const [index, text] of values.entries()) {
    const [shape, ...lanes] = text.split(' ');
    for (const [lane, number] of lanes.entries()) write[shape](16 * index, lane, number);
  }
  return bytes;
}

/** The bits of a float in the text format, as far as `values` go. */
function float(text: string): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, numberOf(text), true);
  const nan = /^(-?)nan(?::(0x[0-9a-f]+))?$/.exec(text);
  if (nan !== null)
    view.setUint32(0, (nan[1] === '' ? 0x7f800000 : 0xff800000) + Number(nan[2] ?? 0x400000), true);
  return view.getUint32(0, true);
}

function double(text: string): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, numberOf(text), true);
  const nan = /^(-?)nan(?::(0x[0-9a-f]+))?$/.exec(text);
  if (nan !== null) {
    const infinity = nan[1] === '' ? 0x7ff0000000000000n : 0xfff0000000000000n;
    view.setBigUint64(0, infinity + BigInt(nan[2] ?? '0x8000000000000'), true);
  }
  return view.getBigUint64(0, true);
}

function numberOf(text: string): number {
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  return text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

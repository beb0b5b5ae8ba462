/**
 * For tests: modules of random functions that always end, never trap, and want more registers than there are.
 * The same seed gives the same module.
 */
import { wat } from '../runtime/modules.fixture.js';

const scalarTypes = ['i32', 'i64', 'f32', 'f64'] as const;
const allTypes = [...scalarTypes, 'v128', 'v128'] as const;
type Type = (typeof allTypes)[number];

const parameters: readonly Type[] = ['i32', 'i64', 'f32', 'f64', 'i32', 'i64', 'f64'];
/** With vectors, of which some are passed on the stack. */
const vectorParameters: readonly Type[] = [
  ...parameters,
  ...Array.from({ length: 7 }, () => 'v128' as const),
];

/** Operators that never trap. */
const unary: Readonly<Record<Type, readonly (readonly [operator: string, operand: Type])[]>> = {
  i32: [
    ...(['clz', 'ctz', 'popcnt', 'eqz', 'extend8_s', 'extend16_s'] as const).map(
      (name) => [`i32.${name}`, 'i32'] as const,
    ),
    ...[['i64.eqz', 'i64'] as const, ['i32.wrap_i64', 'i64'] as const],
    ...[['i32.trunc_sat_f32_s', 'f32'] as const, ['i32.trunc_sat_f64_u', 'f64'] as const],
  ],
  i64: [
    ...(['clz', 'ctz', 'popcnt', 'extend32_s'] as const).map((name) => [`i64.${name}`, 'i64'] as const),
    ...[['i64.extend_i32_s', 'i32'] as const, ['i64.extend_i32_u', 'i32'] as const],
    ...[['i64.trunc_sat_f32_u', 'f32'] as const, ['i64.trunc_sat_f64_s', 'f64'] as const],
  ],
  f32: [
    ...(['abs', 'neg', 'ceil', 'floor', 'nearest', 'sqrt'] as const).map(
      (name) => [`f32.${name}`, 'f32'] as const,
    ),
    ...[
      ['f32.convert_i32_s', 'i32'] as const,
      ['f32.convert_i64_u', 'i64'] as const,
      ['f32.demote_f64', 'f64'] as const,
    ],
  ],
  f64: [
    ...(['abs', 'neg', 'trunc', 'floor', 'sqrt'] as const).map((name) => [`f64.${name}`, 'f64'] as const),
    ...[
      ['f64.convert_i32_u', 'i32'] as const,
      ['f64.convert_i64_s', 'i64'] as const,
      ['f64.promote_f32', 'f32'] as const,
    ],
  ],
  // No operator that makes NaNs, whose bits would show.
  v128: [
    ...(
      ['i8x16.abs', 'i16x8.neg', 'i32x4.abs', 'i64x2.abs', 'i64x2.neg', 'v128.not', 'i8x16.popcnt'] as const
    ).map((operator) => [operator, 'v128'] as const),
    ...(
      ['i16x8.extend_low_i8x16_s', 'i16x8.extend_high_i8x16_u', 'i32x4.extadd_pairwise_i16x8_u'] as const
    ).map((operator) => [operator, 'v128'] as const),
    ...[['i32x4.splat', 'i32'] as const, ['i64x2.splat', 'i64'] as const, ['i8x16.splat', 'i32'] as const],
    ...[['i32x4.trunc_sat_f32x4_u', 'v128'] as const, ['f32x4.convert_i32x4_u', 'v128'] as const],
  ],
};

/** Operators from vectors to scalars. */
const fromVector: Readonly<Record<Type, readonly string[]>> = {
  i32: ['v128.any_true', 'i8x16.all_true', 'i16x8.bitmask', 'i8x16.extract_lane_s 7', 'i32x4.extract_lane 1'],
  i64: ['i64x2.extract_lane 0', 'i64x2.extract_lane 1'],
  f32: ['f32x4.extract_lane 0', 'f32x4.extract_lane 3'],
  f64: ['f64x2.extract_lane 0', 'f64x2.extract_lane 1'],
  v128: ['v128.not', 'f32x4.neg', 'f64x2.abs'],
};

const integers = ['add', 'sub', 'mul', 'and', 'or', 'xor', 'shl', 'shr_s', 'shr_u', 'rotl', 'rotr'];
const floats = ['add', 'sub', 'mul', 'div', 'min', 'max', 'copysign'];
const binary: Readonly<Record<Type, readonly string[]>> = {
  i32: integers,
  i64: integers,
  f32: floats,
  f64: floats,
  v128: [
    ...['v128.and', 'v128.or', 'v128.xor', 'v128.andnot', 'i8x16.add', 'i16x8.sub', 'i32x4.add', 'i64x2.sub'],
    ...['i16x8.mul', 'i32x4.mul', 'i64x2.mul', 'i8x16.min_u', 'i16x8.max_s', 'i32x4.min_s', 'i8x16.avgr_u'],
    ...[
      'i8x16.swizzle',
      'i8x16.narrow_i16x8_s',
      'i8x16.eq',
      'i16x8.gt_s',
      'i32x4.le_u',
      'i64x2.ge_s',
      'f32x4.lt',
    ],
    ...['i8x16.add_sat_u', 'i16x8.sub_sat_s', 'i32x4.dot_i16x8_s', 'i64x2.extmul_low_i32x4_u', 'f64x2.pmin'],
    'i8x16.shuffle 0 17 2 19 4 21 6 23 24 25 10 11 28 29 14 15',
    'i8x16.shuffle 3 2 1 0 7 6 5 4 11 10 9 8 15 14 13 12',
    'i8x16.shuffle 4 5 6 7 16 17 18 19 0 1 2 3 28 29 30 31',
  ],
};

const comparisons: Readonly<Record<Type, readonly string[]>> = {
  i32: ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'ge_u', 'le_s'],
  i64: ['eq', 'ne', 'lt_u', 'gt_s', 'ge_s', 'le_u'],
  f32: ['eq', 'ne', 'lt', 'ge'],
  f64: ['eq', 'ne', 'gt', 'le'],
  v128: ['i8x16.eq', 'i16x8.ne', 'i32x4.gt_u', 'i64x2.lt_s', 'v128.and'],
};

const constants: Readonly<Record<Type, readonly string[]>> = {
  i32: ['0', '1', '-1', '3', '8', '127', '-128', '65536', '0x7fffffff', '-0x80000000', '0x12345678'],
  i64: ['0', '1', '-1', '5', '64', '0x7fffffff', '0x80000000', '-0x80000001', '0x123456789abcdef'],
  f32: ['0', '-0', '1', '-1.5', '1e10', 'inf', '0.1'],
  f64: ['0', '-0', '1', '2.5', '-1e100', 'inf', '0.1'],
  v128: ['i64x2 0 0', 'i64x2 -1 -1', 'i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15', 'f32x4 1 -2 0.5 1e10'],
};

/**
 * A value with 1 in place of a NaN, whose sign and payload are nobody's business; it goes by way of a local.
 */
function withoutNaN(type: Type, value: string): string {
  if (type !== 'f32' && type !== 'f64') return value;
  const local = `$any_${type}`;
  return `(select (local.tee ${local} ${value}) (${type}.const 1)
    (${type}.eq (local.get ${local}) (local.get ${local})))`;
}

/** An operator with its type, which those of vectors have already. */
function operatorOf(type: Type, operator: string): string {
  return type === 'v128' ? operator : `${type}.${operator}`;
}

class Generator {
  #state: number;
  /** Type of each local, parameters included. */
  readonly #locals: Type[];
  #loops = 0;
  /** Functions before this one, which it may call: their number. */
  readonly #callees: number;
  readonly #types: readonly Type[];
  readonly #parameters: readonly Type[];

  constructor(seed: number, callees: number, hasVectors: boolean) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) | 1;
    this.#callees = callees;
    this.#types = hasVectors ? allTypes : scalarTypes;
    this.#parameters = hasVectors ? vectorParameters : parameters;
    const count = [2, 8, 20, 36][this.#below(4)];
    this.#locals = [...this.#parameters, ...Array.from({ length: count }, () => this.#pick(this.#types))];
  }

  #below(limit: number): number {
    // xorshift32
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 8) % limit;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)];
  }

  #local(type: Type): number | undefined {
    const alike = this.#locals.flatMap((other, k) => (other === type ? [k] : []));
    return alike.length === 0 ? undefined : this.#pick(alike);
  }

  #leaf(type: Type): string {
    const local = this.#local(type);
    if (local === undefined || this.#below(5) === 0) return `(${type}.const ${this.#pick(constants[type])})`;
    return `(local.get ${local})`;
  }

  #address(depth: number): string {
    return `(i32.and ${this.#expression('i32', depth - 1)} (i32.const 0xff8))`;
  }

  #condition(depth: number): string {
    const type = this.#pick(this.#types);
    if (type === 'v128') {
      return `(v128.any_true (${this.#pick(comparisons.v128)} ${this.#expression(type, depth - 1)}
        ${this.#expression(type, depth - 1)}))`;
    }
    return `(${type}.${this.#pick(comparisons[type])} ${this.#expression(type, depth - 1)}
      ${this.#expression(type, depth - 1)})`;
  }

  #expression(type: Type, depth: number): string {
    if (depth <= 0) return this.#leaf(type);
    const inner = (of: Type): string => this.#expression(of, depth - 1);
    switch (this.#below(15)) {
      case 0:
      case 1: {
        const [operator, operand] = this.#pick(unary[type]);
        return `(${operator} ${inner(operand)})`;
      }
      case 2:
        return `(select ${inner(type)} ${inner(type)} ${this.#condition(depth - 1)})`;
      case 3:
        return `(if (result ${type}) ${this.#condition(depth - 1)} (then ${inner(type)}) (else ${inner(type)}))`;
      case 4:
        return `(${type}.load offset=${this.#below(32)} ${this.#address(depth)})`;
      case 5: {
        const local = this.#local(type);
        return local === undefined ? inner(type) : `(local.tee ${local} ${inner(type)})`;
      }
      case 6:
        return `(block (result ${type}) (br_if 0 ${inner(type)} ${this.#condition(depth - 1)}) drop ${inner(type)})`;
      case 7:
        return type === 'i64' && this.#callees > 0 ? this.#call(depth) : inner(type);
      case 8:
        return this.#types === allTypes && this.#below(2) === 0
          ? `(${this.#pick(fromVector[type])} ${inner('v128')})`
          : `(global.get $${type})`;
      case 9: {
        // A local that is on the stack while one way sets it.
        const local = this.#local(type);
        if (local === undefined) return inner(type);
        return `(${operatorOf(type, binary[type][0])} (local.get ${local}) (if (result ${type}) ${this.#condition(depth - 1)}
          (then (local.tee ${local} ${inner(type)})) (else ${inner(type)})))`;
      }
      default: {
        const operator = this.#pick(binary[type]);
        const right = operator === 'copysign' ? withoutNaN(type, inner(type)) : inner(type);
        if (type === 'v128' && this.#below(6) === 0) return this.#shift(inner);
        return `(${operatorOf(type, operator)} ${inner(type)} ${right})`;
      }
    }
  }

  #shift(inner: (type: Type) => string): string {
    const lanes = this.#pick(['i8x16', 'i16x8', 'i32x4', 'i64x2']);
    const count = this.#below(2) === 0 ? `(i32.const ${this.#below(70)})` : inner('i32');
    return `(${lanes}.${this.#pick(['shl', 'shr_s', 'shr_u'])} ${inner('v128')} ${count})`;
  }

  #call(depth: number): string {
    const args = this.#parameters.map((type) => this.#expression(type, Math.min(depth - 2, 1)));
    // The fuel that every call gets less of bounds the number of calls.
    return `(if (result i64) (i32.gt_s (global.get $fuel) (i32.const 0))
      (then (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
        (call $f${this.#below(this.#callees)} ${args.join(' ')}))
      (else (i64.const 77)))`;
  }

  #statement(depth: number): string {
    const choice = this.#below(depth > 0 ? 12 : 6);
    if (choice < 4) {
      const type = this.#pick(this.#types);
      const local = this.#local(type);
      return local === undefined ? '' : `(local.set ${local} ${this.#expression(type, 3)})`;
    }
    if (choice === 4) {
      const type = this.#pick(this.#types);
      return `(${type}.store offset=${this.#below(16)} ${this.#address(2)}
        ${withoutNaN(type, this.#expression(type, 2))})`;
    }
    if (choice === 5) {
      const type = this.#pick(this.#types);
      return `(global.set $${type} ${this.#expression(type, 2)})`;
    }
    const body = (): string => this.#statements(depth - 1);
    if (choice < 8) return `(if ${this.#condition(2)} (then ${body()}) (else ${body()}))`;
    if (choice === 8) return `(block ${body()} (br_if 0 ${this.#condition(2)}) ${body()})`;
    if (choice === 9) {
      return `(block (block (block (br_table 0 1 2 1 ${this.#expression('i32', 1)})) ${body()}) ${body()})`;
    }
    const counter = `$n${this.#loops++}`;
    return `(local.set ${counter} (i32.const ${1 + this.#below(4)}))
      (loop ${body()} (br_if 0 (local.tee ${counter} (i32.sub (local.get ${counter}) (i32.const 1)))))`;
  }

  #statements(depth: number): string {
    return Array.from({ length: 1 + this.#below(4) }, () => this.#statement(depth)).join('\n');
  }

  /** A function that returns all its locals mixed into one number. */
  text(name: string): string {
    const body = `${this.#statements(3)} ${this.#statements(3)}`;
    const bits: Readonly<Record<Type, (value: string) => string>> = {
      i32: (value) => `(i64.extend_i32_u ${value})`,
      i64: (value) => value,
      f32: (value) => `(i64.extend_i32_u (i32.reinterpret_f32 ${value}))`,
      f64: (value) => `(i64.reinterpret_f64 ${value})`,
      v128: (
        value,
      ) => `(i64x2.extract_lane 0 (i64x2.add ${value} (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
        ${value} ${value})))`,
    };
    const mixed = this.#locals.reduce(
      (sum, type, k) =>
        `(i64.add (i64.mul ${sum} (i64.const 0x9e3779b97f4a7c15)) ${bits[type](withoutNaN(type, `(local.get ${k})`))})`,
      '(i64.const 0)',
    );
    const counters = Array.from({ length: this.#loops }, (_, k) => `(local $n${k} i32)`).join(' ');
    return `(func $${name} (param ${this.#parameters.join(' ')}) (result i64)
      (local ${this.#locals.slice(this.#parameters.length).join(' ')}) (local $any_f32 f32) (local $any_f64 f64) ${counters} ${body} ${mixed})`;
  }
}

/**
 * A module of so many functions "f0", "f1" …, of which the later ones call the earlier ones. `hasVectors`:
 * with values of type v128 too.
 */
export function randomModule(seed: number, count: number, hasVectors = false): Uint8Array {
  const names = Array.from({ length: count }, (_, k) => `f${k}`);
  const functions = names.map((name, k) => new Generator(seed * 1000 + k, k, hasVectors).text(name));
  const signature = `(param ${parameters.join(' ')}) (result i64)`;
  const gets = parameters.map((_, k) => `(local.get ${k})`).join(' ');
  const vectors = vectorParameters.slice(parameters.length).map(
    (_, k) => `(i64x2.splat (i64.mul (local.get 1)
    (i64.const ${k + 1})))`,
  );
  const args = hasVectors ? `${gets} ${vectors.join(' ')}` : gets;
  const types = new Set<Type>(hasVectors ? allTypes : scalarTypes);
  const zero = (type: Type, k: number): string =>
    type === 'v128' ? `(v128.const i32x4 ${k} ${k} ${k} ${k})` : `(${type}.const ${k})`;
  return wat(`(module (memory 1) (global $fuel (mut i32) (i32.const 0))
    ${[...types].map((type) => `(global $${type} (mut ${type}) ${zero(type, 0)})`).join(' ')}
    ${functions.join('\n')}
    (func $reset
      (global.set $fuel (i32.const 100))
      (memory.fill (i32.const 0) (i32.const 0x3d) (i32.const 65536))
      ${[...types].map((type) => `(global.set $${type} ${zero(type, 3)})`).join(' ')})
    ${names.map((name) => `(func (export "${name}") ${signature} (call $reset) (call $${name} ${args}))`).join('\n')})`);
}

/** Arguments for the functions of a random module. */
export const randomModuleArguments: readonly (readonly (number | bigint)[])[] = [
  [0, 0n, 0, 0, 0, 0n, 0],
  [1, -1n, 1.5, -2.5, 7, 1n << 40n, 1e9],
  [-0x80000000, 1n << 62n, -0, Number.POSITIVE_INFINITY, -5, -(1n << 63n), 0.1],
];

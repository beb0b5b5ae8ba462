import { integerBits, literalBits } from './float-literal.js';
import {
  type FloatType,
  floatFormats,
  isFloatType,
  isNaNPattern,
  isNumberType,
  type NaNPattern,
  type NumberType,
  nanPattern,
  numbers,
} from './numbers.js';
import type { Node } from './s-expression.js';
import {
  type LanePattern,
  lanesText,
  matchesLanes,
  readLanes,
  type Shape,
  vectorBits,
  vectorText,
} from './vectors.js';

/** A value that goes into or comes out of an engine. Numbers are exact bit patterns, zero-extended. */
export type Value =
  | { readonly type: NumberType; readonly bits: bigint }
  | { readonly type: 'funcref'; readonly value: 'null' | 'function' }
  /** `(ref.extern n)`: the host value number n. */
  | { readonly type: 'externref'; readonly value: 'null' | number }
  /** Scripts cannot make exceptions: only null goes in and out. */
  | { readonly type: 'exnref'; readonly value: 'null' | 'exception' }
  /** `(ref.host n)`. No engine here has such references; this exists to read the text of scripts. */
  | { readonly type: 'anyref'; readonly value: 'null' | number }
  /** All 128 bits, lane 0 in the lowest. */
  | { readonly type: 'v128'; readonly bits: bigint };

export type ValueType = Value['type'];
/** The top types of references. */
export type ReferenceType = 'funcref' | 'externref' | 'exnref' | 'anyref';

/** The type of a null by the heap type that it is written with; a defined type is one of functions. */
function nullType(heapType: string): ReferenceType {
  switch (heapType) {
    case 'extern':
    case 'noextern':
      return 'externref';
    case 'exn':
    case 'noexn':
      return 'exnref';
    case 'any':
    case 'eq':
    case 'i31':
    case 'struct':
    case 'array':
    case 'none':
      return 'anyref';
    default:
      return 'funcref';
  }
}

/** What an assertion expects of one result. */
export type Expected =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'nan'; readonly type: FloatType; readonly nan: NaNPattern }
  | ({ readonly kind: 'vector' } & LanePattern)
  /**
   * `(ref.func)` or `(ref.extern)`: any reference but null. `(ref.null)` without a type: any null. The type
   * `anyref` stands for the references of later versions, which no engine here has.
   */
  | {
      readonly kind: 'reference';
      readonly type: ReferenceType | 'any';
      readonly isNull: boolean;
    }
  | { readonly kind: 'either'; readonly choices: readonly Expected[] };

function atoms(node: Node): string[] {
  if (node.kind !== 'list') throw new Error('a value is a list');
  return node.items.map((item) => {
    if (item.kind !== 'atom') throw new Error('a value holds atoms only');
    return item.text;
  });
}

/** The type of a constant, such as `i32.const`; empty for other instructions. */
function constType(head: string): string {
  return /^(\w+)\.const$/.exec(head)?.[1] ?? '';
}

/** Reads `(i32.const 1)`, `(ref.null func)`, `(ref.extern 1)` and the like. */
export function readValue(node: Node): Value {
  const [head, ...literals] = atoms(node);
  const [literal = ''] = literals;
  const type = constType(head);
  if (isNumberType(type)) return { type, bits: literalBits[type](literal) };
  switch (head) {
    case 'v128.const':
      return { type: 'v128', bits: vectorBits(readLanes(literals)) };
    case 'ref.null':
      return { type: nullType(literal), value: 'null' };
    case 'ref.extern':
      return { type: 'externref', value: Number(integerBits(literal, 32)) };
    case 'ref.host':
      return { type: 'anyref', value: Number(integerBits(literal, 32)) };
    default:
      throw new Error(`unknown value: ${head}`);
  }
}

/** Patterns for kinds of references that later versions have. */
const laterReferences = new Set(['ref.any', 'ref.eq', 'ref.i31', 'ref.struct', 'ref.array', 'ref.host']);

/** Reads an expected result: a value, or a pattern. */
export function readExpected(node: Node): Expected {
  if (node.kind === 'list' && node.items[0]?.kind === 'atom' && node.items[0].text === 'either') {
    return { kind: 'either', choices: node.items.slice(1).map(readExpected) };
  }
  const [head, ...literals] = atoms(node);
  const [literal] = literals;
  if (head === 'v128.const') return { kind: 'vector', ...readLanes(literals) };
  if (head === 'ref.func') return { kind: 'reference', type: 'funcref', isNull: false };
  if (head === 'ref.extern' && literal === undefined) {
    return { kind: 'reference', type: 'externref', isNull: false };
  }
  if (head === 'ref.exn') return { kind: 'reference', type: 'exnref', isNull: false };
  if (laterReferences.has(head)) return { kind: 'reference', type: 'anyref', isNull: false };
  if (head === 'ref.null' && literal === undefined) return { kind: 'reference', type: 'any', isNull: true };
  const nan = nanPattern(literal ?? '');
  const type = constType(head);
  if (nan !== undefined && isFloatType(type)) return { kind: 'nan', type, nan };
  return { kind: 'value', value: readValue(node) };
}

/** The type of the values that an expectation can match. */
export function expectedType(expected: Expected): ValueType {
  if (expected.kind === 'value') return expected.value.type;
  if (expected.kind === 'vector') return 'v128';
  if (expected.kind === 'either') return expectedType(expected.choices[0]);
  return expected.type === 'any' ? 'externref' : expected.type;
}

/** Signalling NaNs become quiet where a host passes floats as doubles. */
export function isSignallingNaN(value: Value): boolean {
  if (!('bits' in value) || !isFloatType(value.type)) return false;
  const { sign, infinity, quiet } = floatFormats[value.type];
  const magnitude = value.bits & ~sign;
  return magnitude > infinity && (magnitude & quiet) === 0n;
}

export function matches(expected: Expected, actual: Value): boolean {
  switch (expected.kind) {
    case 'either':
      return expected.choices.some((choice) => matches(choice, actual));
    case 'reference': {
      if ('bits' in actual) return false;
      if (expected.type !== 'any' && expected.type !== actual.type) return false;
      return (actual.value === 'null') === expected.isNull;
    }
    case 'nan':
      return actual.type === expected.type && isNaNPattern(expected.nan, expected.type, actual.bits);
    case 'vector':
      return actual.type === 'v128' && matchesLanes(expected, actual.bits);
    case 'value': {
      const value = expected.value;
      if ('bits' in value)
        return 'bits' in actual && value.type === actual.type && value.bits === actual.bits;
      return value.type === actual.type && 'value' in actual && value.value === actual.value;
    }
  }
}

function numberText(type: NumberType, bits: bigint): string {
  const value = numbers[type].value(bits);
  const text = Object.is(value, -0) ? '-0' : `${value}`;
  return isFloatType(type) ? `${text} [0x${bits.toString(16)}]` : text;
}

/** A value as in a script; a vector in the shape of what was expected. */
export function valueText(value: Value, like?: Expected): string {
  if (value.type === 'v128') return vectorText(value.bits, like === undefined ? undefined : shapeOf(like));
  if ('bits' in value) return `(${value.type}.const ${numberText(value.type, value.bits)})`;
  const kind = value.type.replace('ref', '');
  if (value.value === 'null') return `(ref.null ${kind})`;
  if (value.type === 'anyref') return `(ref.host ${value.value})`;
  return value.type === 'externref' ? `(ref.extern ${value.value})` : `(ref.${kind})`;
}

function shapeOf(expected: Expected): Shape | undefined {
  if (expected.kind === 'either') return shapeOf(expected.choices[0]);
  return expected.kind === 'vector' ? expected.shape : undefined;
}

export function expectedText(expected: Expected): string {
  switch (expected.kind) {
    case 'value':
      return valueText(expected.value);
    case 'nan':
      return `(${expected.type}.const nan:${expected.nan})`;
    case 'vector':
      return lanesText(expected);
    case 'reference':
      return expected.isNull ? '(ref.null)' : `(ref.${expected.type.replace('ref', '')})`;
    case 'either':
      return `(either ${expected.choices.map(expectedText).join(' ')})`;
  }
}

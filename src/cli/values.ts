import { ValType, valTypeName } from '../wasm/types.js';
import { UsageError } from './errors.js';

/** Reads an argument of a function called by name. Throws a UsageError if it is no value of the type. */
export function parseValue(text: string, type: number): number | bigint {
  const value = readValue(text, type);
  if (value === undefined)
    throw new UsageError(`${JSON.stringify(text)} is not a value of type ${valTypeName(type)}`);
  return value;
}

function readValue(text: string, type: number): number | bigint | undefined {
  switch (type) {
    case ValType.i32: {
      const value = integer(text, 32);
      return value === undefined ? undefined : Number(value);
    }
    case ValType.i64:
      return integer(text, 64);
    case ValType.f32:
    case ValType.f64:
      return float(text);
    default:
      return undefined;
  }
}

/** A signed or unsigned integer of `bits` bits, decimal or hexadecimal. */
function integer(text: string, bits: number): bigint | undefined {
  const match = /^([+-]?)(\d+|0x[\da-f]+)$/i.exec(text);
  if (match === null) return undefined;
  const magnitude = BigInt(match[2]);
  const value = match[1] === '-' ? -magnitude : magnitude;
  if (value < -(1n << BigInt(bits - 1)) || value >= 1n << BigInt(bits)) return undefined;
  return BigInt.asIntN(bits, value);
}

function float(text: string): number | undefined {
  const match = /^([+-]?)(inf|nan)$/i.exec(text);
  if (match !== null) {
    const magnitude = match[2].toLowerCase() === 'inf' ? Number.POSITIVE_INFINITY : Number.NaN;
    return match[1] === '-' ? -magnitude : magnitude;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

/** A result as text: the shortest decimal that reads back as the same value; integers signed. */
export function valueText(value: unknown, type: number): string {
  switch (type) {
    case ValType.i32:
    case ValType.i64:
      return String(value);
    case ValType.f32:
    case ValType.f64:
      return floatText(value as number, type === ValType.f32);
    default:
      return value === null ? 'null' : valTypeName(type);
  }
}

function floatText(value: number, single: boolean): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0';
  if (single) {
    for (let digits = 1; digits <= 9; digits++) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === value) return String(short);
    }
  }
  return String(value);
}

import { described } from './describe.js';
import { argumentRangeError, argumentTypeError } from './errors.js';
import { suggestion } from './suggest.js';

/**
 * Says what a value must be. Options are described by tables of these (`OptionTable`), from which they are
 * checked; arguments by one.
 */
export interface Check {
  /** Throws where a value is something else; `what` is how the message calls it. */
  readonly test: (what: string, value: unknown) => void;
  /** Whether undefined is refused, too. */
  readonly isRequired?: boolean;
}

/** A check for each option: none can be forgotten, for the type has them all. */
export type OptionTable<Options> = { readonly [Name in keyof Required<Options>]: Check };

/**
 * @throws TypeError for a value that is not what is expected: the message says what that is, and what came
 */
function refuse(what: string, expected: string, value: unknown, hint = ''): never {
  throw argumentTypeError(`${what} must be ${expected}, not ${described(value)}${hint}`);
}

function kind(expected: string, accepts: (value: unknown) => boolean): Check {
  return {
    test: (what, value) => {
      if (!accepts(value)) refuse(what, expected, value);
    },
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whatever it is, for those who look at it themselves. */
export const anything: Check = { test: () => {} };
export const aBoolean = kind('true or false', (value) => typeof value === 'boolean');
export const aString = kind('a string', (value) => typeof value === 'string');
export const aFunction = kind('a function', (value) => typeof value === 'function');
/** Anything that has properties, functions included. */
export const anObject = kind('an object', (value) => isObject(value) || typeof value === 'function');

/** An object of a class. */
export function instanceOf(expected: string, isOne: (value: object) => boolean): Check {
  return kind(expected, (value) => isObject(value) && isOne(value));
}

/** Whether the value is an AbortSignal, also one of another realm. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener } = Object(value) as Partial<AbortSignal>;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}

export const anAbortSignal = kind('an AbortSignal', isAbortSignal);

/** An array, each of whose elements passes. */
export function arrayOf(element: Check): Check {
  return {
    test: (what, value) => {
      if (!Array.isArray(value)) refuse(what, 'an array', value);
      for (const [k, each] of (value as unknown[]).entries()) element.test(`${what}[${k}]`, each);
    },
  };
}

/** An array that passes one check, or something else that passes another. */
export function arrayOr(array: Check, other: Check): Check {
  return { test: (what, value) => (Array.isArray(value) ? array : other).test(what, value) };
}

/** One of several names. */
export function oneOf(names: readonly string[]): Check {
  const expected = `one of ${names.map((name) => JSON.stringify(name)).join(', ')}`;
  return {
    test: (what, value) => {
      if (names.some((name) => name === value)) return;
      refuse(what, expected, value, typeof value === 'string' ? suggestion(value, names) : '');
    },
  };
}

/** A number from `least` to `most`, which may be infinite; not NaN. */
export function numberFrom(least: number, most: number, unit = ''): Check {
  return numeric('a number', least, most, unit, (value) => !Number.isNaN(value));
}

/** An integer from `least` to `most`. */
export function integerFrom(least: number, most: number, unit = ''): Check {
  return numeric('an integer', least, most, unit, Number.isInteger);
}

function numeric(
  noun: string,
  least: number,
  most: number,
  unit: string,
  accepts: (value: number) => boolean,
): Check {
  const upTo = most === Number.POSITIVE_INFINITY ? `${least} or more` : `from ${least} to ${most}`;
  const expected = `${noun}${unit === '' ? '' : ` of ${unit}`}, ${upTo}`;
  return {
    test: (what, value) => {
      if (typeof value !== 'number') refuse(what, expected, value);
      else if (!accepts(value) || value < least || value > most)
        throw argumentRangeError(`${what} must be ${expected}, not ${described(value)}`);
    },
  };
}

/** As `check`, but undefined is refused as well. */
export function required(check: Check): Check {
  return { ...check, isRequired: true };
}

/**
 * An object with options: no other than those of the table, each of which is undefined or passes. Options are
 * own properties, or inherited from other objects than Object.prototype.
 */
export function optionsOf<Options>(table: OptionTable<Options>): Check {
  const checks = new Map(Object.entries<Check>(table));
  const names = [...checks.keys()];
  return {
    test: (what, value) => {
      if (!isPlain(value)) refuse(what, 'an object', value);
      const options = value as Readonly<Record<string, unknown>>;
      for (const name in options) {
        if (checks.has(name)) continue;
        throw argumentTypeError(`${what}: there is no option ${name}${suggestion(name, names)}`);
      }
      for (const [name, check] of checks) {
        const option = options[name];
        if (option !== undefined || check.isRequired === true) check.test(`${what}.${name}`, option);
      }
    },
  };
}

/**
 * An object that may have been meant as options: none of the kinds that are passed in their place by mistake.
 */
function isPlain(value: unknown): boolean {
  return (
    isObject(value) && !Array.isArray(value) && !ArrayBuffer.isView(value) && !(value instanceof Promise)
  );
}

/**
 * Checks an argument.
 *
 * @param what how the message calls it
 * @throws TypeError or RangeError, as `argumentTypeError` and `argumentRangeError` make them
 */
export function checkArgument(what: string, check: Check, value: unknown): void {
  check.test(what, value);
}

import { types } from 'node:util';
import { described } from '../checks/describe.js';
import { argumentTypeError } from '../checks/errors.js';

/** Converted to bytes: strings as UTF-8. */
export type Bytes = string | Uint8Array;

/** Options by name: an object, or, where names are not UTF-8, pairs such as those of a Map. */
export type Named<Value> = Readonly<Record<string, Value>> | Iterable<readonly [name: Bytes, value: Value]>;

/**
 * The bytes of an option.
 *
 * @param what the option, for messages
 * @throws TypeError if it has another type, or contains a NUL, where the program would see it end
 */
export function bytesOf(value: unknown, what: string): Uint8Array {
  if (typeof value !== 'string' && !types.isUint8Array(value)) {
    throw argumentTypeError(`${what}: expected a string or a Uint8Array, not ${described(value)}`);
  }
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : Uint8Array.from(value);
  if (bytes.includes(0)) throw argumentTypeError(`${what}: a NUL character in ${described(value)}`);
  return bytes;
}

/** The names and values of options. Throws a TypeError if they are neither an object nor pairs. */
export function entriesOf(options: unknown, what: string): (readonly [name: Bytes, value: unknown])[] {
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError(
      `${what}: expected an object, or pairs of names and values, not ${described(options)}`,
    );
  }
  if (!(Symbol.iterator in options)) return Object.entries(options);
  return Array.from(options as Iterable<unknown>, (pair) => {
    if (Array.isArray(pair) && pair.length === 2) return pair as [Bytes, unknown];
    throw argumentTypeError(`${what}: expected pairs of a name and a value, not ${described(pair)}`);
  });
}

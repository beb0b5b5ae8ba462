import { isArrayBuffer } from '../checks/bytes.js';

/**
 * Conversions and checks of Web IDL, which the JavaScript API is defined in (https://webidl.spec.whatwg.org).
 */

/** A value that `object` and dictionaries of Web IDL accept. @internal */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** @throws TypeError where a function gets fewer arguments than it requires @internal */
export function requireArguments(what: string, args: readonly unknown[], count: number): void {
  if (args.length >= count) return;
  const arguments_ = count === 1 ? '1 argument' : `${count} arguments`;
  throw new TypeError(`${what} requires ${arguments_}, but only ${args.length} were given`);
}

/**
 * Converts a value to `[EnforceRange] unsigned long` (section 3.3.6).
 *
 * @throws TypeError where it is not finite or, without its fraction, not in 0 … 2³² − 1; what its conversion
 *   throws
 * @internal
 */
export function toUnsignedLong(what: string, value: unknown): number {
  const number = Math.trunc(+(value as number)) + 0;
  if (number >= 0 && number < 2 ** 32) return number;
  throw new TypeError(`${what} must be a number from 0 to 4294967295`);
}

/**
 * Converts a value to an address of 64 bits (JS API, section 5, AddressValueToU64): a bigint, a string or a
 * boolean, but no number.
 *
 * @throws TypeError where it is a number, undefined or null, or not in 0 … 2⁶⁴ − 1; SyntaxError where it is
 *   another text; what its conversion throws
 * @internal
 */
export function toUnsigned64(what: string, value: unknown): bigint {
  // The language's own conversion, which `BigInt()` is not; so many bits change nothing.
  const integer = BigInt.asIntN(Number.MAX_SAFE_INTEGER, value as bigint);
  if (integer >= 0n && integer < 2n ** 64n) return integer;
  throw new TypeError(`${what} must be a BigInt from 0 to 18446744073709551615`);
}

/**
 * The members of a dictionary (section 3.2.17). They are to be read in the lexicographical order of their
 * names.
 *
 * @throws TypeError where the value is neither an object nor undefined or null, which are empty dictionaries
 * @internal
 */
export function toDictionary(what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (isObject(value)) return value as Readonly<Record<string, unknown>>;
  throw new TypeError(`${what} must be an object`);
}

/** A member that is required. Throws a TypeError where it is missing. @internal */
export function required<Value>(what: string, value: Value): NonNullable<Value> | null {
  if (value === undefined) throw new TypeError(`${what} is required`);
  return value as NonNullable<Value> | null;
}

/** An object that passes as bytes. */
export type BufferSource = ArrayBuffer | ArrayBufferView;

/**
 * The bytes of a buffer source, not copied (section 3.2.26, "get a copy of the bytes": those of a detached
 * buffer are none). As in V8, a view may also be one of a SharedArrayBuffer.
 *
 * @throws TypeError where it is anything else
 * @internal
 */
export function toBytes(what: string, value: unknown): Uint8Array {
  if (!ArrayBuffer.isView(value) && !isArrayBuffer(value))
    throw new TypeError(`${what} must be an ArrayBuffer or a view of one`);
  try {
    return ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value);
  } catch {
    // A detached buffer has no bytes, nor has a view of one, or one that a buffer has become too short for.
    return new Uint8Array(0);
  }
}

/**
 * What an interface has, by name. Numbers are those of required arguments: the `length` of the function.
 * @internal
 */
export interface InterfaceMembers {
  readonly constructorLength: number;
  readonly methods?: Readonly<Record<string, number>>;
  readonly attributes?: readonly string[];
  readonly statics?: Readonly<Record<string, number>>;
}

/**
 * Gives a class the properties, with the attributes, that Web IDL's interfaces have (sections 3.7.1 to
 * 3.7.7). @internal
 */
export function defineInterface(
  interfaceObject: { readonly prototype: object },
  name: string,
  { constructorLength, methods = {}, attributes = [], statics = {} }: InterfaceMembers,
): void {
  const { prototype } = interfaceObject;
  Object.defineProperty(interfaceObject, 'name', { value: name, configurable: true });
  Object.defineProperty(interfaceObject, 'length', { value: constructorLength, configurable: true });
  defineTag(prototype, `WebAssembly.${name}`);
  for (const attribute of attributes) Object.defineProperty(prototype, attribute, { enumerable: true });
  defineOperations(prototype, methods);
  defineOperations(interfaceObject, statics);
}

/** Makes methods enumerable and sets their `length`. @internal */
export function defineOperations(holder: object, lengths: Readonly<Record<string, number>>): void {
  for (const [name, length] of Object.entries(lengths)) {
    Object.defineProperty(holder, name, { enumerable: true });
    const method: unknown = Reflect.get(holder, name);
    Object.defineProperty(method, 'length', { value: length, configurable: true });
  }
}

/** Sets an object's Symbol.toStringTag. @internal */
export function defineTag(holder: object, tag: string): void {
  Object.defineProperty(holder, Symbol.toStringTag, { value: tag, configurable: true });
}

import { type AddressType, is64, type Limits, ValType } from '../wasm/types.js';
import { required, toUnsigned64, toUnsignedLong } from './web-idl.js';

/** What stands for addresses and sizes: bigints where they have 64 bits. */
export type AddressValue = number | bigint;

/**
 * Reads the member `address` of a memory's or table's descriptor (JS API 3.0, section 5.3, `AddressType`).
 *
 * @throws TypeError where it is neither of both, nor undefined, which is `i32`
 */
export function toAddressType(what: string, descriptor: Readonly<Record<string, unknown>>): AddressType {
  const { address } = descriptor;
  if (address === undefined) return ValType.i32;
  const name = `${address}`;
  if (name === 'i32') return ValType.i32;
  if (name === 'i64') return ValType.i64;
  throw new TypeError(`${what}: address must be one of i32, i64`);
}

/**
 * Converts an address or size as the limits of what it is for want it. Above 2⁵³ it is rounded: nothing is
 * there.
 *
 * @throws TypeError where it is of the wrong kind, or out of range
 */
export function toAddress(what: string, value: unknown, limits: Pick<Limits, 'address'>): number {
  return limits.address === ValType.i64 ? Number(toUnsigned64(what, value)) : toUnsignedLong(what, value);
}

/** A size as JavaScript sees it. */
export function fromSize(size: number, limits: Limits): AddressValue {
  return is64(limits) ? BigInt(size) : size;
}

/** As `toAddress`; what is above 2⁵³ is taken for less. */
function toSize(what: string, value: unknown, address: AddressType): number {
  return Math.min(toAddress(what, value, { address }), Number.MAX_SAFE_INTEGER);
}

/** Reads `initial` and `maximum` of a descriptor, in that order. Throws a TypeError as `toAddress`. */
export function toLimits(
  what: string,
  descriptor: Readonly<Record<string, unknown>>,
  address: AddressType,
): Limits {
  const initial = required(`${what}: initial`, descriptor['initial']);
  const min = toSize(`${what}: initial`, initial, address);
  const { maximum } = descriptor;
  const max = maximum === undefined ? undefined : toSize(`${what}: maximum`, maximum, address);
  return { min, max, address };
}

/** Addresses, offsets and lengths at which checks of bounds go wrong. */
import { type AddressType, ValType } from '../../src/wasm/types.js';
import type { Random } from '../random.js';

const wrap = 1n << 64n;

/** Where a sum loses a carry, or a number is taken for one of fewer bits, or for a negative one. */
const powers: readonly bigint[] = [31n, 32n, 33n, 47n, 48n, 63n, 64n].map((bits) => 1n << bits);

/** `value` as an address of 64 bits. */
export function wrapped(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

/**
 * Where an access of `width` bytes may begin or end in something that is `size` long: near its ends, and as
 * far beyond powers of two, which it seems to be if upper bits are ignored.
 */
export function edgeOf(size: bigint, width: bigint, random: Random): bigint {
  const inside = random.pick([0n, 1n, size - width, size - width + 1n, size - 1n, size, size / 2n]);
  const outside = random.pick(powers);
  return wrapped(
    random.weighted([
      [60, inside],
      [15, outside + inside],
      [10, outside - BigInt(random.below(20))],
      [10, -BigInt(random.below(20))],
      [5, random.bits64()],
    ]),
  );
}

/** An offset of an access of `width` bytes, mostly small. */
export function edgeOffset(address: AddressType, size: bigint, width: bigint, random: Random): bigint {
  const small = BigInt(random.pick([0, 0, 0, 1, 2, 4, 7, 8, 16, 64, 4096]));
  if (random.chance(60)) return small;
  const top = address === ValType.i64 ? wrap : 1n << 32n;
  const far = random.pick(powers.filter((power) => power <= top));
  const offset = random.pick([
    size - width - small,
    size - small,
    size,
    far - width,
    far - 1n - small,
    far - size,
    far === top ? far - 1n : far + small,
  ]);
  return offset < 0n ? 0n : offset < top ? offset : top - 1n;
}

/**
 * A number of bytes or elements from `start` on in something that is `size` long: all that there is, one
 * more, or so many that the sum wraps around.
 */
export function edgeLength(start: bigint, size: bigint, random: Random): bigint {
  const rest = size > start ? size - start : 0n;
  return wrapped(
    random.weighted([
      [30, random.pick([0n, 1n, 2n, 15n, 16n, 17n])],
      [30, random.pick([rest, rest, rest + 1n, size, size + 1n])],
      [20, wrap - start + BigInt(random.below(20))],
      [10, random.pick(powers) + rest],
      [10, random.pick(powers) - 1n],
    ]),
  );
}

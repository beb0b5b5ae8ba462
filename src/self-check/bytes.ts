/** Stretches of memory that are not the same. */
export interface BytesDifference {
  /** Address of the first byte that differs. */
  readonly address: number;
  /** How many bytes differ. */
  readonly count: number;
  /** Address of the first byte of … */
  readonly shownAt: number;
  /**
   * … the bytes around the first difference, in the program that is checked and in the one it is compared
   * with.
   */
  readonly checked: Uint8Array;
  readonly reference: Uint8Array;
  /** The first difference lies where, of both, a float could be that is not a number: see `compareBytes`. */
  readonly areNans: boolean;
}

export interface BytesComparison {
  readonly difference: BytesDifference | undefined;
  /** NaNs that are the same but for their sign. */
  readonly nanSigns: number;
}

const blockSize = 65536;
/** Bytes that are shown, at an address that is a multiple of this. */
const shownSize = 16;

/**
 * Compares the bytes of two stretches of one length, which lie at `base` in their memories.
 *
 * The sign of a canonical NaN that an operation makes is not determined (spec 2.0, section 4.3.3). So where a
 * float has its natural alignment, both signs count as the same; only the two patterns are concerned, which
 * integers hardly ever have. Everything else has to be the same: to small negative integers, which are NaNs
 * as floats, we owe that.
 */
export function compareBytes(checked: Uint8Array, reference: Uint8Array, base: number): BytesComparison {
  let first = -1;
  let count = 0;
  let nanSigns = 0;
  for (let start = 0; start < checked.length; start += blockSize) {
    const end = Math.min(start + blockSize, checked.length);
    if (Buffer.compare(checked.subarray(start, end), reference.subarray(start, end)) === 0) continue;
    for (let at = start; at < end; at++) {
      if (checked[at] === reference[at]) continue;
      if (((base + at) & 3) === 3 && isNanSign(checked, reference, base, at)) {
        nanSigns++;
      } else {
        if (first < 0) first = at;
        count++;
      }
    }
  }
  const difference = first < 0 ? undefined : differenceAt(checked, reference, base, first, count);
  return { difference, nanSigns };
}

/** Whether byte `at`, which differs, has the sign of a canonical NaN in both. */
function isNanSign(checked: Uint8Array, reference: Uint8Array, base: number, at: number): boolean {
  return [4, 8].some(
    (size) =>
      ((base + at) & (size - 1)) === size - 1 &&
      at >= size - 1 &&
      isCanonicalNan(checked, at - size + 1, size) &&
      isCanonicalNan(reference, at - size + 1, size),
  );
}

/** Whether a float of `size` bytes is a canonical NaN, of any sign. */
function isCanonicalNan(bytes: Uint8Array, at: number, size: number): boolean {
  const high = at + size - 1;
  for (let k = at; k < high - 1; k++) if (bytes[k] !== 0) return false;
  return (bytes[high] & 0x7f) === 0x7f && bytes[high - 1] === (size === 4 ? 0xc0 : 0xf8);
}

function differenceAt(
  checked: Uint8Array,
  reference: Uint8Array,
  base: number,
  at: number,
  count: number,
): BytesDifference {
  const address = base + at;
  const start = Math.max(0, at - (address % shownSize));
  const end = Math.min(checked.length, at - (address % shownSize) + shownSize);
  return {
    address,
    count,
    shownAt: base + start,
    checked: checked.slice(start, end),
    reference: reference.slice(start, end),
    areNans: [4, 8].some((size) => {
      const float = at - (address & (size - 1));
      return float >= 0 && float + size <= checked.length
        ? isNan(checked, float, size) && isNan(reference, float, size)
        : false;
    }),
  };
}

function isNan(bytes: Uint8Array, at: number, size: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, size);
  return Number.isNaN(size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true));
}

import { checksum } from './checksum.js';

/**
 * What each file of the cache ends with, so that the cache can be shown without knowing what is in it:
 *
 * - the entry's title, in UTF-8
 * - 4 bytes: how many bytes the title has, little-endian
 * - 4 bytes: the title's checksum, little-endian
 * - 4 bytes: `mark`
 *
 * The content precedes it: so it begins where the file does, and can be mapped.
 */

/** Bytes behind the title. */
const endLength = 12;
const mark = Buffer.from('UPSH');
/** Bytes of a title. */
const longestTitle = 512;
/** Bytes that a trailer has at most. */
export const longestTrailer = longestTitle + endLength;

export function trailerOf(title: string): Buffer {
  // A character that is cut in two is shown as U+FFFD.
  const text = Buffer.from(title).subarray(0, longestTitle);
  const end = Buffer.alloc(endLength);
  end.writeUInt32LE(text.length, 0);
  end.writeUInt32LE(checksum(text), 4);
  end.set(mark, 8);
  return Buffer.concat([text, end]);
}

/** The trailer that a file ends with. */
export interface Trailer {
  readonly title: string;
  readonly byteLength: number;
}

/**
 * The trailer at the end of some bytes: the last ones of a file, `longestTrailer` of them or all. Undefined
 * if there is none, as in a file that has been cut off, or if it is damaged.
 */
export function trailerIn(tail: Buffer): Trailer | undefined {
  const end = tail.length - endLength;
  if (end < 0 || !tail.subarray(end + 8).equals(mark)) return undefined;
  const length = tail.readUInt32LE(end);
  if (length > Math.min(longestTitle, end)) return undefined;
  const text = tail.subarray(end - length, end);
  if (tail.readUInt32LE(end + 4) !== checksum(text)) return undefined;
  return { title: text.toString(), byteLength: length + endLength };
}

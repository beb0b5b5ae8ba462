/**
 * Arbitrary bytes as a string: UTF-8 is decoded, and each byte that is not part of a character becomes a lone
 * surrogate, U+DC80 to U+DCFF, which UTF-8 cannot contain. So arguments can be taken apart as strings and
 * turned back into the same bytes.
 */

/** What Node substitutes for bytes that are not UTF-8. */
export const replacement = '\ufffd';

/**
 * Applied to a string with one character per byte: a UTF-8 character (Unicode 15, table 3-7), or a byte that
 * is not part of one.
 */
const unit =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

const escapes = 0xdc00;
/** The flag u keeps it from matching the second half of a pair. */
const escaped = /([\u{dc80}-\u{dcff}])/u;

export function textOfBytes(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes).toString('latin1');
  return latin1.replace(unit, (found) => {
    const code = found.charCodeAt(0);
    const isEscaped = found.length === 1 && code >= 0x80;
    return isEscaped ? String.fromCharCode(escapes + code) : Buffer.from(found, 'latin1').toString();
  });
}

export function bytesOfText(text: string): Uint8Array {
  const parts = text.split(escaped);
  return Buffer.concat(
    parts.map((part, index) =>
      index % 2 === 0 ? Buffer.from(part) : Buffer.of(part.charCodeAt(0) - escapes),
    ),
  );
}

/** The file name that such a text stands for. */
export function pathOfText(text: string): Buffer {
  return Buffer.from(bytesOfText(text));
}

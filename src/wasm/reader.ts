import { malformed } from './errors.js';

const unexpectedEnd = 'unexpected end of section or function';
const tooLong = 'integer representation too long';
const tooLarge = 'integer too large';

let textDecoder: InstanceType<typeof TextDecoder> | undefined;

/**
 * Reads the values of the binary format (spec 2.0, sections 5.1 and 5.2), with the errors that the spec's
 * test suite expects. Like the spec's own decoder it is bounded by the whole module, not by sections: the
 * reader of a section checks afterwards that exactly the section's size was read.
 */
export class Reader {
  readonly bytes: Uint8Array;
  /** Offset of the next byte. */
  pos: number;
  /** Offset after the last byte. */
  readonly end: number;
  /** Halves of the integer that `s64Halves` read. */
  low = 0;
  high = 0;

  constructor(bytes: Uint8Array, pos = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }

  u8(): number {
    if (this.pos >= this.end) throw malformed(unexpectedEnd, this.end);
    return this.bytes[this.pos++];
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const at = this.pos;
    let byte = this.u8();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    byte = this.u8();
    if ((byte & 0x70) !== 0) throw malformed(tooLarge, at);
    if (byte >= 0x80) throw malformed(tooLong, at);
    return (value | (byte << 28)) >>> 0;
  }

  /**
   * Unsigned LEB128 of at most 64 bits, as the nearest number: exact up to 2⁵³. The exact integer's halves
   * are left in `low` and `high`, both as signed 32-bit numbers.
   */
  u64(): number {
    const at = this.pos;
    let low = 0;
    let high = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = this.u8();
      const bits = byte & 0x7f;
      if (shift === 63 && bits > 1) throw malformed(byte >= 0x80 ? tooLong : tooLarge, at);
      if (shift === 63 && byte >= 0x80) throw malformed(tooLong, at);
      if (shift < 32) low |= bits << shift;
      if (shift >= 32) high |= bits << (shift - 32);
      else if (shift > 25) high |= bits >> (32 - shift);
      shift += 7;
    } while (byte >= 0x80);
    this.low = low;
    this.high = high;
    return (high >>> 0) * 2 ** 32 + (low >>> 0);
  }

  /** Signed LEB128 of at most 32 bits. */
  s32(): number {
    const at = this.pos;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value << (25 - shift)) >> (25 - shift);
    }
    const byte = this.u8();
    checkLastByte(byte, 4, at);
    return value | (byte << 28);
  }

  /** Signed LEB128 of at most 33 bits: a block type that is not a single byte (section 5.4.1). */
  s33(): number {
    const at = this.pos;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value << (25 - shift)) >> (25 - shift);
    }
    const byte = this.u8();
    checkLastByte(byte, 5, at);
    const sign = (byte & 0x10) === 0 ? 0 : 2 ** 32;
    return ((value | (byte << 28)) >>> 0) - sign;
  }

  /**
   * Signed LEB128 of at most 64 bits; the result is left in `low` and `high`, both as signed 32-bit numbers.
   */
  s64Halves(): void {
    const at = this.pos;
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.low = (low << (25 - shift)) >> (25 - shift);
        this.high = this.low >> 31;
        return;
      }
    }
    let byte = this.u8();
    this.low = low | (byte << 28);
    let high = (byte & 0x7f) >> 4;
    if (byte < 0x80) {
      this.high = (high << 29) >> 29;
      return;
    }
    for (let shift = 3; shift < 31; shift += 7) {
      byte = this.u8();
      high |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.high = (high << (25 - shift)) >> (25 - shift);
        return;
      }
    }
    byte = this.u8();
    checkLastByte(byte, 1, at);
    this.high = high | (byte << 31);
  }

  /** Signed LEB128 of at most 64 bits. */
  s64(): bigint {
    this.s64Halves();
    return (BigInt(this.high) << 32n) | BigInt(this.low >>> 0);
  }

  /** Four bytes, little endian, as an unsigned number. */
  u32Bits(): number {
    const { bytes, pos } = this;
    if (pos + 4 > this.end) throw malformed(unexpectedEnd, this.end);
    this.pos = pos + 4;
    return (bytes[pos] | (bytes[pos + 1] << 8) | (bytes[pos + 2] << 16) | (bytes[pos + 3] << 24)) >>> 0;
  }

  /** Eight bytes, little endian. */
  u64Bits(): bigint {
    const low = this.u32Bits();
    return (BigInt(this.u32Bits()) << 32n) | BigInt(low);
  }

  skip(count: number): void {
    if (count > this.end - this.pos) throw malformed(unexpectedEnd, this.end);
    this.pos += count;
  }

  /** A u32 that counts entries of at least one byte each, or bytes. */
  length(): number {
    const at = this.pos;
    const count = this.u32();
    if (count > this.end - at) throw malformed('length out of bounds', at);
    return count;
  }

  /** A name: a length in bytes, then UTF-8. */
  name(): string {
    const count = this.length();
    const start = this.pos;
    this.skip(count);
    return decodeUtf8(this.bytes, start, this.pos);
  }
}

/**
 * Checks the byte with which an LEB128 integer must end: of its seven bits, the `bits` low ones belong to the
 * integer and the others must repeat its sign.
 */
function checkLastByte(byte: number, bits: number, at: number): void {
  const unused = (0x7f << (bits - 1)) & 0x7f;
  if ((byte & unused) !== 0 && (byte & unused) !== unused) throw malformed(tooLarge, at);
  if (byte >= 0x80) throw malformed(tooLong, at);
}

function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  // Most names are short and ASCII, for which a call of TextDecoder would take longer.
  if (end - start <= 32) {
    let text = '';
    let at = start;
    while (at < end && bytes[at] < 0x80) text += String.fromCharCode(bytes[at++]);
    if (at === end) return text;
  }
  textDecoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return textDecoder.decode(bytes.subarray(start, end));
  } catch {
    throw malformed('malformed UTF-8 encoding', start);
  }
}

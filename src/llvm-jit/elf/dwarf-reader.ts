import { ObjectError } from './object.js';

const twoTo32 = 2 ** 32;

/** A section of debug information: its name and its relocated contents. */
export interface DebugSection {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Reads the values of DWARF (version 4, section 7), little-endian, within a part of a section. */
export class DwarfReader {
  readonly #name: string;
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** Offset of the next byte in the section. */
  pos: number;
  /** Offset after the last byte. */
  end: number;

  constructor(section: DebugSection, pos = 0, end = section.bytes.length) {
    const { name, bytes } = section;
    this.#name = name;
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.pos = pos;
    this.end = end;
    if (pos > bytes.length || end > bytes.length) throw this.error('offset behind the end');
  }

  /** An error that names the section and the position. */
  error(what: string): ObjectError {
    return new ObjectError(`${this.#name} at ${this.pos}: ${what}`);
  }

  /** Skips bytes; returns the offset of the first. */
  skip(count: number): number {
    const { pos } = this;
    if (!(count <= this.end - pos)) throw this.error('unexpected end');
    this.pos = pos + count;
    return pos;
  }

  u8(): number {
    if (this.pos >= this.end) throw this.error('unexpected end');
    return this.bytes[this.pos++];
  }

  s8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    return this.#view.getUint16(this.skip(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  /** Eight bytes; not exact beyond 2^53. */
  u64(): number {
    const low = this.u32();
    return low + twoTo32 * this.u32();
  }

  /** Unsigned LEB128; not exact beyond 2^53. */
  uleb(): number {
    let byte = this.u8();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let weight = 0x80;
    do {
      byte = this.u8();
      value += (byte & 0x7f) * weight;
      weight *= 0x80;
    } while (byte >= 0x80);
    return value;
  }

  /** Signed LEB128; not exact beyond 2^53. */
  sleb(): number {
    let value = 0;
    let weight = 1;
    let byte: number;
    do {
      byte = this.u8();
      value += (byte & 0x7f) * weight;
      weight *= 0x80;
    } while (byte >= 0x80);
    return (byte & 0x40) === 0 ? value : value - weight;
  }

  /** Skips a string and the zero that ends it; returns the offset of its first byte. */
  string(): number {
    const { pos } = this;
    const end = this.bytes.indexOf(0, pos);
    if (end < 0 || end >= this.end) throw this.error('unexpected end of a string');
    this.pos = end + 1;
    return pos;
  }

  /** Reads the length that a unit starts with; returns the offset after the unit. */
  unitEnd(): number {
    const length = this.u32();
    if (length >= 0xffff_fff0) throw this.error('64-bit DWARF');
    if (length > this.end - this.pos) throw this.error('the unit is truncated');
    return this.pos + length;
  }
}

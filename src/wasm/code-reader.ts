import { isHeapTypePrefix } from './decode-types.js';
import { isPrefix, prefixedOpcode } from './opcodes.js';
import { ValType } from './types.js';

/** Reads the code of a validated function: nothing is checked again, numbers come as 32-bit halves. */
export class CodeReader {
  bytes: Uint8Array = new Uint8Array(0);
  position = 0;
  /** Upper half of the last s64 or u64 read. */
  high = 0;
  #floats: DataView = new DataView(new ArrayBuffer(0));

  open(bytes: Uint8Array, position: number): void {
    if (this.bytes !== bytes) {
      this.bytes = bytes;
      this.#floats = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.position = position;
  }

  u8(): number {
    return this.bytes[this.position++];
  }

  /** An opcode, prefix included. */
  opcode(): number {
    const byte = this.bytes[this.position++];
    return isPrefix[byte] === 0 ? byte : prefixedOpcode(byte, this.u32());
  }

  /** u32 LEB128, as a number from 0 to 2^32 - 1. */
  u32(): number {
    const first = this.bytes[this.position++];
    if (first < 0x80) return first;
    let result = first & 0x7f;
    let shift = 7;
    for (;;) {
      const byte = this.bytes[this.position++];
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result >>> 0;
      shift += 7;
    }
  }

  /** s32 LEB128; also reads the s33 of type indices, which fit 32 bits. */
  s32(): number {
    const first = this.bytes[this.position++];
    if (first < 0x80) return (first << 25) >> 25;
    let result = first & 0x7f;
    let shift = 7;
    for (;;) {
      const byte = this.bytes[this.position++];
      result |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte < 0x80) return shift < 32 ? (result << (32 - shift)) >> (32 - shift) : result;
    }
  }

  /**
   * A value type, as far as code depends on it: any reference that takes more than a byte to write down is
   * `funcref`.
   */
  valType(): number {
    const code = this.bytes[this.position++];
    if (!isHeapTypePrefix(code)) return code;
    this.skipLeb();
    return ValType.funcref;
  }

  /** A block type: the index of a type, or less than 0. Then the lower 7 bits are 0x40 or a `valType`. */
  blockType(): number {
    if (!isHeapTypePrefix(this.bytes[this.position])) return this.s32();
    return this.valType() - 0x80;
  }

  /** s64 LEB128: returns the lower half as s32 and leaves the upper one in `high`. */
  s64(): number {
    const start = this.position;
    const low = this.u64();
    const bits = 7 * (this.position - start);
    const isNegative = (this.bytes[this.position - 1] & 0x40) !== 0;
    if (!isNegative || bits >= 64) return low;
    if (bits >= 32) {
      this.high |= -1 << (bits - 32);
      return low;
    }
    this.high = -1;
    return low | (-1 << bits);
  }

  /** u64 LEB128: returns the lower half as s32 and leaves the upper one, as s32 too, in `high`. */
  u64(): number {
    let low = 0;
    let high = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = this.bytes[this.position++];
      const bits = byte & 0x7f;
      if (shift < 32) {
        low |= bits << shift;
        if (shift > 25) high |= bits >> (32 - shift);
      } else {
        high |= bits << (shift - 32);
      }
      shift += 7;
    } while (byte >= 0x80);
    this.high = high;
    return low;
  }

  /** Four bytes, little endian. */
  bits32(): number {
    const value = this.#floats.getInt32(this.position, true);
    this.position += 4;
    return value;
  }

  /** Skips a LEB128 number of any width. */
  skipLeb(): void {
    while (this.bytes[this.position++] >= 0x80);
  }
}

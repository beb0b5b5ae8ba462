import { CodeFileError } from './code-file-error.js';

/**
 * Tables as they lie in a section of a file: columns of little-endian numbers, one after another, each at a
 * multiple of 8. How long a column is follows from numbers that come before it. They are read as views of
 * the file, which therefore must lie at a multiple of 8 in its buffer.
 */

const columnAlignment = 8;

export function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

type Column = Uint8Array | Uint32Array | Int32Array | Float64Array;

/** Puts columns together. */
export class ColumnWriter {
  readonly #columns: Column[] = [];
  #size = 0;

  /** A column of any length. Its reader must know how long it is. */
  add(column: Column): this {
    this.#columns.push(column);
    this.#size = alignUp(this.#size, columnAlignment) + column.byteLength;
    return this;
  }

  /** A column of 4-byte numbers, from 0 to 2^32 - 1. */
  numbers(...numbers: readonly number[]): this {
    return this.add(Uint32Array.from(numbers));
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const { buffer, byteOffset, byteLength } of this.#columns) {
      at = alignUp(at, columnAlignment);
      bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
      at += byteLength;
    }
    return bytes;
  }
}

/** Reads columns in the order in which they were added. Throws a `CodeFileError` where one is not there. */
export class ColumnReader {
  readonly #section: Uint8Array;
  readonly #name: string;
  #at = 0;

  /** `name` is that of the section. */
  constructor(section: Uint8Array, name: string) {
    this.#section = section;
    this.#name = name;
  }

  u8(length: number): Uint8Array {
    const at = this.#take(length, 1);
    return this.#section.subarray(at, at + length);
  }

  u32(length: number): Uint32Array {
    return new Uint32Array(this.#section.buffer, this.#section.byteOffset + this.#take(length, 4), length);
  }

  i32(length: number): Int32Array {
    return new Int32Array(this.#section.buffer, this.#section.byteOffset + this.#take(length, 4), length);
  }

  f64(length: number): Float64Array {
    return new Float64Array(this.#section.buffer, this.#section.byteOffset + this.#take(length, 8), length);
  }

  /** Checks that the section ends here. */
  end(): void {
    if (this.#at !== this.#section.length) this.fail(`it has ${this.#section.length} bytes, not ${this.#at}`);
  }

  /** `problem` follows the section's name. */
  fail(problem: string): never {
    throw new CodeFileError('inconsistent', `it is inconsistent: ${this.#name}: ${problem}`);
  }

  #take(length: number, size: number): number {
    const start = alignUp(this.#at, columnAlignment);
    const end = start + length * size;
    if (end > this.#section.length)
      this.fail(`it ends at ${this.#section.length}, within ${length} numbers at ${start}`);
    this.#at = end;
    return start;
  }
}

import { type DebugSection, DwarfReader } from './dwarf-reader.js';

/** The line table: parallel arrays, ascending by address. */
export interface LineRows {
  readonly count: number;
  /** Offsets in the image: each row holds up to the next one's. */
  readonly addresses: Uint32Array;
  /** Lines; 0 where there is none, `noRow` after the end of a sequence. */
  readonly lines: Uint32Array;
}

/** The line of a row that ends a sequence: nothing is known of the code from its address on. */
export const noRow = 0xffff_ffff;

/** Standard opcodes (DWARF 4, section 6.2.5.2), and extended ones (6.2.5.3). */
const Standard = {
  extended: 0,
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  constAddPc: 8,
  fixedAdvancePc: 9,
} as const;
const Extended = { endSequence: 1, setAddress: 2 } as const;

/**
 * Reads all line programs of a `.debug_line` section, of DWARF versions 2 to 4. `imageSize` bounds the
 * addresses.
 */
export function readLineRows(section: DebugSection, imageSize: number): LineRows {
  const programs = new LinePrograms(section, imageSize);
  programs.run();
  return programs.sorted();
}

class LinePrograms {
  readonly #reader: DwarfReader;
  readonly #imageSize: number;
  // An opcode is a byte at least, and makes a row at most.
  readonly #addresses: Uint32Array;
  readonly #lines: Uint32Array;
  #count = 0;
  /** Index of the first row of each sequence. */
  readonly #sequences: number[] = [];
  #inSequence = false;

  constructor(section: DebugSection, imageSize: number) {
    this.#reader = new DwarfReader(section);
    this.#imageSize = imageSize;
    this.#addresses = new Uint32Array(section.bytes.length);
    this.#lines = new Uint32Array(section.bytes.length);
  }

  run(): void {
    const reader = this.#reader;
    const sectionEnd = reader.end;
    while (reader.pos < sectionEnd) {
      reader.end = reader.unitEnd();
      this.#runProgram();
      reader.pos = reader.end;
      reader.end = sectionEnd;
    }
  }

  #runProgram(): void {
    const reader = this.#reader;
    const version = reader.u16();
    if (version < 2 || version > 4) throw reader.error(`line table of DWARF version ${version}`);
    const headerLength = reader.u32();
    const headerEnd = reader.skip(headerLength) + headerLength;
    reader.pos = headerEnd - headerLength;
    const unit = reader.u8();
    if (version === 4 && reader.u8() !== 1) throw reader.error('more than one operation an instruction');
    reader.u8(); // default_is_stmt
    const lineBase = reader.s8();
    const lineRange = reader.u8();
    const opcodeBase = reader.u8();
    if (lineRange === 0 || opcodeBase === 0) throw reader.error('a line range or an opcode base of 0');
    const operands = reader.skip(opcodeBase - 1) - 1;
    // Directories and files follow; the module is the only file.
    reader.pos = headerEnd;

    const constAdvance = unit * Math.trunc((255 - opcodeBase) / lineRange);
    let address = 0;
    let line = 1;
    while (reader.pos < reader.end) {
      const opcode = reader.u8();
      if (opcode >= opcodeBase) {
        const adjusted = opcode - opcodeBase;
        address += unit * Math.trunc(adjusted / lineRange);
        line += lineBase + (adjusted % lineRange);
        this.#row(address, line);
        continue;
      }
      switch (opcode) {
        case Standard.extended: {
          const length = reader.uleb();
          const start = reader.skip(length);
          if (length === 0) break;
          const extended = reader.bytes[start];
          if (extended === Extended.endSequence) {
            this.#endSequence(address);
            address = 0;
            line = 1;
          } else if (extended === Extended.setAddress) {
            if (length !== 9) throw reader.error(`an address of ${length - 1} bytes`);
            reader.pos = start + 1;
            address = reader.u64();
          }
          break;
        }
        case Standard.copy:
          this.#row(address, line);
          break;
        case Standard.advancePc:
          address += unit * reader.uleb();
          break;
        case Standard.advanceLine:
          line += reader.sleb();
          break;
        case Standard.constAddPc:
          address += constAdvance;
          break;
        case Standard.fixedAdvancePc:
          address += reader.u16();
          break;
        default:
          for (let k = reader.bytes[operands + opcode]; k > 0; k--) reader.uleb();
      }
    }
    if (this.#inSequence) throw reader.error('a sequence without an end');
  }

  #row(address: number, line: number): void {
    if (!this.#inSequence) {
      this.#sequences.push(this.#count);
      this.#inSequence = true;
    } else if (address < this.#addresses[this.#count - 1]) throw this.#reader.error('addresses descend');
    if (!(address <= this.#imageSize)) throw this.#reader.error('an address outside of the code');
    if (!(line >= 0 && line <= noRow)) throw this.#reader.error(`line ${line}`);
    this.#addresses[this.#count] = address;
    this.#lines[this.#count] = line;
    this.#count++;
  }

  #endSequence(address: number): void {
    this.#row(address, noRow);
    this.#inSequence = false;
  }

  /** The rows of all sequences, which may come in any order. */
  sorted(): LineRows {
    const count = this.#count;
    const ends = [...this.#sequences.slice(1), count];
    const order = this.#sequences
      .map((start, k) => ({ start, end: ends[k] }))
      .sort(
        (a, b) =>
          this.#addresses[a.start] - this.#addresses[b.start] ||
          this.#addresses[a.end - 1] - this.#addresses[b.end - 1],
      );
    const addresses = new Uint32Array(count);
    const lines = new Uint32Array(count);
    let at = 0;
    for (const { start, end } of order) {
      if (at > 0 && this.#addresses[start] < addresses[at - 1]) throw this.#reader.error('sequences overlap');
      addresses.set(this.#addresses.subarray(start, end), at);
      lines.set(this.#lines.subarray(start, end), at);
      at += end - start;
    }
    return { count, addresses, lines };
  }
}

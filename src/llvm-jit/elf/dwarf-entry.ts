import { type DebugSection, DwarfReader } from './dwarf-reader.js';

/** DWARF 4, section 7.5.4: tags, attributes and forms. */
export const Tag = { compileUnit: 0x11, inlinedSubroutine: 0x1d, subprogram: 0x2e } as const;
const Attribute = {
  name: 0x03,
  lowPc: 0x11,
  highPc: 0x12,
  abstractOrigin: 0x31,
  specification: 0x47,
  ranges: 0x55,
  callLine: 0x59,
} as const;
const Form = {
  addr: 0x01,
  block2: 0x03,
  block4: 0x04,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  string: 0x08,
  block: 0x09,
  block1: 0x0a,
  data1: 0x0b,
  flag: 0x0c,
  sdata: 0x0d,
  strp: 0x0e,
  udata: 0x0f,
  refAddr: 0x10,
  ref1: 0x11,
  ref2: 0x12,
  ref4: 0x13,
  ref8: 0x14,
  refUdata: 0x15,
  secOffset: 0x17,
  exprloc: 0x18,
  flagPresent: 0x19,
  refSig8: 0x20,
} as const;

/** What entries with the same code look like. */
export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  /** Attributes and forms in turn. */
  readonly specifications: readonly number[];
}

const twoTo32 = 2 ** 32;

/** Abbreviations by code, from the table at an offset in `.debug_abbrev`. */
export function readAbbreviations(section: DebugSection, offset: number): Map<number, Abbreviation> {
  const reader = new DwarfReader(section, offset);
  const abbreviations = new Map<number, Abbreviation>();
  for (;;) {
    const code = reader.uleb();
    if (code === 0) return abbreviations;
    const tag = reader.uleb();
    const hasChildren = reader.u8() !== 0;
    const specifications: number[] = [];
    for (;;) {
      const attribute = reader.uleb();
      const form = reader.uleb();
      if (attribute === 0 && form === 0) break;
      specifications.push(attribute, form);
    }
    abbreviations.set(code, { tag, hasChildren, specifications });
  }
}

/** Reads single debugging information entries into its fields. */
export class EntryReader {
  readonly reader: DwarfReader;
  readonly #strings: DwarfReader;
  readonly #abbreviations: ReadonlyMap<number, Abbreviation>;
  /** Offset of the unit's header, which references count from. */
  readonly #unit: number;

  /** The function index in `name`, or -1. */
  name = -1;
  /** An address, or -1. */
  lowPc = -1;
  /** The address after the last byte, or -1. */
  highPc = -1;
  /** Offset of the range list, or -1. */
  ranges = -1;
  callLine = 0;
  /** Offset of the entry that has the attributes missing here, or -1. */
  origin = -1;

  constructor(
    reader: DwarfReader,
    strings: DwarfReader,
    abbreviations: ReadonlyMap<number, Abbreviation>,
    unit: number,
  ) {
    this.reader = reader;
    this.#strings = strings;
    this.#abbreviations = abbreviations;
    this.#unit = unit;
  }

  /** Reads the next entry; undefined for the one that ends a list of siblings. */
  read(): Abbreviation | undefined {
    const { reader } = this;
    const code = reader.uleb();
    if (code === 0) return undefined;
    const abbreviation = this.#abbreviations.get(code);
    if (abbreviation === undefined) throw reader.error(`there is no abbreviation ${code}`);
    this.name = -1;
    this.lowPc = -1;
    this.highPc = -1;
    this.ranges = -1;
    this.callLine = 0;
    this.origin = -1;
    const { specifications } = abbreviation;
    let highIsLength = false;
    for (let k = 0; k < specifications.length; k += 2) {
      const form = specifications[k + 1];
      if (specifications[k] === Attribute.name) {
        this.name = this.#readNumeral(form);
        continue;
      }
      const value = this.#readForm(form);
      switch (specifications[k]) {
        case Attribute.lowPc:
          this.lowPc = value;
          break;
        case Attribute.highPc:
          this.highPc = value;
          highIsLength = form !== Form.addr;
          break;
        case Attribute.ranges:
          this.ranges = value;
          break;
        case Attribute.callLine:
          this.callLine = value;
          break;
        case Attribute.abstractOrigin:
        case Attribute.specification:
          this.origin = value;
          break;
      }
    }
    if (highIsLength) this.highPc += this.lowPc;
    return abbreviation;
  }

  /** The value of an attribute, if it is a number. References are offsets in the section. */
  #readForm(form: number): number {
    const { reader } = this;
    switch (form) {
      case Form.data1:
      case Form.flag:
        return reader.u8();
      case Form.data2:
        return reader.u16();
      case Form.data4:
      case Form.secOffset:
      case Form.strp:
      case Form.refAddr:
        return reader.u32();
      case Form.data8:
      case Form.addr:
      case Form.refSig8:
        return reader.u64();
      case Form.udata:
        return reader.uleb();
      case Form.sdata:
        return reader.sleb();
      case Form.ref1:
        return this.#unit + reader.u8();
      case Form.ref2:
        return this.#unit + reader.u16();
      case Form.ref4:
        return this.#unit + reader.u32();
      case Form.ref8:
        return this.#unit + reader.u64();
      case Form.refUdata:
        return this.#unit + reader.uleb();
      case Form.flagPresent:
        return 1;
      case Form.string:
        return reader.string();
      case Form.block1:
        return reader.skip(reader.u8());
      case Form.block2:
        return reader.skip(reader.u16());
      case Form.block4:
        return reader.skip(reader.u32());
      case Form.block:
      case Form.exprloc:
        return reader.skip(reader.uleb());
      default:
        throw reader.error(`form ${form}`);
    }
  }

  /** The decimal number in a string attribute, or -1 if it is something else. */
  #readNumeral(form: number): number {
    const at = this.#readForm(form);
    if (form === Form.string) return numeral(this.reader.bytes, at);
    if (form !== Form.strp) throw this.reader.error(`a name of form ${form}`);
    this.#strings.pos = at;
    return numeral(this.#strings.bytes, this.#strings.string());
  }
}

/** The decimal number below 2^32 in the zero-terminated string at `at`, or -1. */
function numeral(bytes: Uint8Array, at: number): number {
  let value = 0;
  let end = at;
  for (; bytes[end] !== 0; end++) {
    const digit = bytes[end] - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = 10 * value + digit;
    if (value >= twoTo32) return -1;
  }
  return end === at ? -1 : value;
}

import type { ElfMachine } from './machine.js';

/**
 * Reads ELF relocatable objects of 64-bit little-endian processors (System V gABI, chapters 4 and 5):
 * sections, symbols, relocations. It checks what users of the result rely on: everything lies inside the
 * file, and all indices exist.
 */

/** An object is broken, or asks for something that an image cannot have. */
export class ObjectError extends Error {
  override readonly name: string = 'ObjectError';
}

export const SectionType = {
  progbits: 1,
  symtab: 2,
  strtab: 3,
  rela: 4,
  note: 7,
  nobits: 8,
  rel: 9,
} as const;

export const SectionFlag = { write: 0x1, alloc: 0x2, execute: 0x4, tls: 0x400, compressed: 0x800 } as const;

/** Section indices of symbols that are in no section; those from `reserved` on are special. */
export const SectionIndex = { undefined: 0, reserved: 0xff00 } as const;

export const SymbolType = { func: 2, section: 3 } as const;

export interface Section {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** A power of two. */
  readonly alignment: number;
  /** In bytes, even if the section takes no bytes in the file. */
  readonly size: number;
  /** Contents, a view of the object; empty for `nobits`. */
  readonly bytes: Uint8Array;
}

/** The symbol table: parallel arrays. */
export interface Symbols {
  readonly types: Uint8Array;
  /** Index of the section in which each symbol is defined: one that exists, or a `SectionIndex`. */
  readonly sections: Uint16Array;
  /** Offsets in the section. */
  readonly values: Float64Array;
  /** In bytes. */
  readonly sizes: Float64Array;
  /** A symbol's name; that of a section's symbol is the section's. */
  name(symbol: number): string;
}

/** Relocations with explicit addends: parallel arrays. */
export interface Relocations {
  readonly count: number;
  /** Offsets in the section. */
  readonly offsets: Float64Array;
  readonly types: Uint32Array;
  /** Indices of symbols that exist. */
  readonly symbols: Uint32Array;
  readonly addends: Float64Array;
}

export interface ElfObject {
  readonly sections: readonly Section[];
  readonly symbols: Symbols;
  /** By section index; undefined for a section that has none. */
  readonly relocations: readonly (Relocations | undefined)[];
}

const twoTo32 = 2 ** 32;

const headerSize = 64;
const sectionHeaderSize = 64;
const symbolSize = 24;
const relocationSize = 24;

/** `\x7fELF`, then class 64-bit, little-endian, version 1. */
const identification: readonly number[] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1];
const relocatable = 1;

/** Throws an `ObjectError` if `bytes` are not a whole and consistent object. */
export function parseObject(bytes: Uint8Array, machine: ElfMachine): ElfObject {
  return new ObjectParser(bytes, machine).parse();
}

class ObjectParser {
  readonly #bytes: Uint8Array;
  readonly #machine: ElfMachine;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, machine: ElfMachine) {
    this.#bytes = bytes;
    this.#machine = machine;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  parse(): ElfObject {
    const headers = this.#sectionHeaders();
    const sections = this.#sections(headers);
    const symbols = this.#symbols(headers, sections);
    const symbolCount = symbols.types.length;
    const relocations: (Relocations | undefined)[] = new Array(sections.length);
    for (const [index, section] of sections.entries()) {
      if (section.type === SectionType.rel)
        throw new ObjectError(`${section.name}: relocations without addends`);
      if (section.type !== SectionType.rela) continue;
      const target = this.#view.getUint32(headers + sectionHeaderSize * index + 44, true);
      if (target === 0 || target >= sections.length || relocations[target] !== undefined)
        throw new ObjectError(`${section.name}: relocations of section ${target}`);
      relocations[target] = parseRelocations(section, symbolCount);
    }
    return { sections, symbols, relocations };
  }

  /** An 8-byte number: exact up to 2^53, and beyond that still larger than any object. */
  #u64(at: number): number {
    return this.#view.getUint32(at, true) + twoTo32 * this.#view.getUint32(at + 4, true);
  }

  /** Checks the file's header; returns where the section headers are. */
  #sectionHeaders(): number {
    const { length } = this.#bytes;
    if (length < headerSize) throw new ObjectError(`${length} bytes are no ELF object`);
    const view = this.#view;
    if (identification.some((byte, k) => this.#bytes[k] !== byte))
      throw new ObjectError('not a little-endian 64-bit ELF object');
    const [type, machine] = [view.getUint16(16, true), view.getUint16(18, true)];
    const { number, name } = this.#machine;
    if (type !== relocatable || machine !== number)
      throw new ObjectError(`not a relocatable object for ${name}: type ${type}, machine ${machine}`);
    const entrySize = view.getUint16(58, true);
    if (entrySize !== sectionHeaderSize) throw new ObjectError(`section headers of ${entrySize} bytes`);
    const headers = this.#u64(40);
    const count = this.#sectionCount();
    // 0 also means a count of 0xff00 or more, which our objects never have.
    if (count === 0 || count >= SectionIndex.reserved) throw new ObjectError(`${count} sections`);
    if (headers + count * sectionHeaderSize > length)
      throw new ObjectError('the section headers are truncated');
    return headers;
  }

  #sectionCount(): number {
    return this.#view.getUint16(60, true);
  }

  #sections(headers: number): Section[] {
    const count = this.#sectionCount();
    const nameTable = this.#view.getUint16(62, true);
    if (nameTable >= count) throw new ObjectError(`section ${nameTable} with the names does not exist`);
    const names = this.#section(headers, nameTable, undefined);
    return Array.from({ length: count }, (_, index) => this.#section(headers, index, names));
  }

  #section(headers: number, index: number, names: Section | undefined): Section {
    const view = this.#view;
    const header = headers + sectionHeaderSize * index;
    const name = names === undefined ? '' : nameAt(names, view.getUint32(header, true));
    const type = view.getUint32(header + 4, true);
    const offset = this.#u64(header + 24);
    const size = this.#u64(header + 32);
    const alignment = this.#u64(header + 48) || 1;
    if (!(alignment < twoTo32 && (alignment & (alignment - 1)) === 0))
      throw new ObjectError(`section ${index}: alignment ${alignment}`);
    const inFile = type === SectionType.nobits ? 0 : size;
    if (offset + inFile > this.#bytes.length) throw new ObjectError(`section ${index} is truncated`);
    const bytes = this.#bytes.subarray(offset, offset + inFile);
    return { index, name, type, flags: view.getUint32(header + 8, true), alignment, size, bytes };
  }

  #symbols(headers: number, sections: readonly Section[]): Symbols {
    const tables = sections.filter(({ type }) => type === SectionType.symtab);
    if (tables.length !== 1) throw new ObjectError(`${tables.length} symbol tables`);
    const [{ bytes, index }] = tables;
    const strings = sections[this.#view.getUint32(headers + sectionHeaderSize * index + 40, true)];
    if (strings?.type !== SectionType.strtab) throw new ObjectError('the symbol table has no names');
    const count = entryCount(tables[0], symbolSize);
    const view = viewOf(bytes);
    const types = new Uint8Array(count);
    const sectionIndices = new Uint16Array(count);
    const values = new Float64Array(count);
    const sizes = new Float64Array(count);
    for (let symbol = 0; symbol < count; symbol++) {
      const at = symbolSize * symbol;
      types[symbol] = bytes[at + 4] & 0xf;
      const section = view.getUint16(at + 6, true);
      if (section >= sections.length && section < SectionIndex.reserved)
        throw new ObjectError(`symbol ${symbol} is defined in section ${section}`);
      sectionIndices[symbol] = section;
      values[symbol] = view.getUint32(at + 8, true) + twoTo32 * view.getUint32(at + 12, true);
      sizes[symbol] = view.getUint32(at + 16, true) + twoTo32 * view.getUint32(at + 20, true);
    }
    return {
      types,
      sections: sectionIndices,
      values,
      sizes,
      name: (symbol) => {
        const section = sections[sectionIndices[symbol]];
        if (types[symbol] === SymbolType.section && section !== undefined) return section.name;
        return nameAt(strings, view.getUint32(symbolSize * symbol, true));
      },
    };
  }
}

function parseRelocations(section: Section, symbolCount: number): Relocations {
  const count = entryCount(section, relocationSize);
  const view = viewOf(section.bytes);
  const offsets = new Float64Array(count);
  const types = new Uint32Array(count);
  const symbols = new Uint32Array(count);
  const addends = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const at = relocationSize * k;
    offsets[k] = view.getUint32(at, true) + twoTo32 * view.getUint32(at + 4, true);
    types[k] = view.getUint32(at + 8, true);
    const symbol = view.getUint32(at + 12, true);
    if (symbol >= symbolCount) throw new ObjectError(`${section.name}: symbol ${symbol} does not exist`);
    symbols[k] = symbol;
    addends[k] = view.getUint32(at + 16, true) + twoTo32 * view.getInt32(at + 20, true);
  }
  return { count, offsets, types, symbols, addends };
}

function entryCount(section: Section, entrySize: number): number {
  const count = section.size / entrySize;
  if (!Number.isInteger(count)) throw new ObjectError(`${section.name}: ${section.size} bytes`);
  return count;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The string at an offset in a string table. */
function nameAt(strings: Section, offset: number): string {
  const { bytes } = strings;
  const end = offset < bytes.length ? bytes.indexOf(0, offset) : -1;
  if (end < 0) throw new ObjectError(`${strings.name}: there is no string at ${offset}`);
  let name = '';
  for (let at = offset; at < end; at++) name += String.fromCharCode(bytes[at]);
  return name;
}

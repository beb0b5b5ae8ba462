import { EntryReader, readAbbreviations, Tag } from './dwarf-entry.js';
import { type DebugSection, DwarfReader } from './dwarf-reader.js';

/** Functions in the machine code, and those that were inlined into them: parallel arrays, callers first. */
export interface Scopes {
  readonly count: number;
  /** Index of each scope's wasm function. */
  readonly functions: Uint32Array;
  /** The scope that each one was inlined into, or -1. */
  readonly parents: Int32Array;
  /** Line of the call at which it was inlined; 0 where unknown. */
  readonly callLines: Uint32Array;
  /** The parts of the code that the scopes cover. */
  readonly ranges: ScopeRanges;
}

/** Parallel arrays, a scope's ranges before those of what is inlined into it. */
export interface ScopeRanges {
  readonly count: number;
  /** Offsets in the image. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly scopes: Uint32Array;
}

export interface InfoSections {
  readonly info: DebugSection;
  readonly abbrev: DebugSection;
  readonly strings: DebugSection;
  readonly ranges: DebugSection;
}

/** Length of the longest chain of references to the entry that has a function's name. */
const longestOrigin = 4;
/** Both halves of the word that begins a base address selection entry in a range list. */
const allOnes = 0xffff_ffff;
const twoTo32 = 2 ** 32;

/**
 * Reads the compile units of DWARF versions 2 to 4: subprograms with code, and the inlined subroutines in
 * them. Names of subprograms are decimal numbers, the wasm function indices. `imageSize` bounds the
 * addresses.
 */
export function readScopes(sections: InfoSections, imageSize: number): Scopes {
  const reader = new ScopeReader(sections, imageSize);
  reader.readUnits();
  return reader.scopes();
}

class ScopeReader {
  readonly #sections: InfoSections;
  readonly #imageSize: number;
  readonly #strings: DwarfReader;
  readonly #rangeLists: DwarfReader;

  #scopeCount = 0;
  readonly #functions: Uint32Array;
  readonly #parents: Int32Array;
  readonly #callLines: Uint32Array;
  #rangeCount = 0;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #rangeScopes: Uint32Array;
  /** How many entries of range lists are left to read: no two scopes share a list. */
  #listEntries: number;

  /** Function indices by the offset of the entry that has the name. */
  readonly #functionsByEntry = new Map<number, number>();

  constructor(sections: InfoSections, imageSize: number) {
    this.#sections = sections;
    this.#imageSize = imageSize;
    this.#strings = new DwarfReader(sections.strings);
    this.#rangeLists = new DwarfReader(sections.ranges);
    const { length } = sections.info.bytes;
    // The shortest entry that is a scope: abbreviation code, and the offset of its range list.
    const scopeLimit = Math.ceil(length / 5);
    this.#functions = new Uint32Array(scopeLimit);
    this.#parents = new Int32Array(scopeLimit);
    this.#callLines = new Uint32Array(scopeLimit);
    this.#listEntries = Math.ceil(sections.ranges.bytes.length / 16);
    const rangeLimit = scopeLimit + this.#listEntries;
    this.#starts = new Uint32Array(rangeLimit);
    this.#ends = new Uint32Array(rangeLimit);
    this.#rangeScopes = new Uint32Array(rangeLimit);
  }

  scopes(): Scopes {
    return {
      count: this.#scopeCount,
      functions: this.#functions,
      parents: this.#parents,
      callLines: this.#callLines,
      ranges: {
        count: this.#rangeCount,
        starts: this.#starts,
        ends: this.#ends,
        scopes: this.#rangeScopes,
      },
    };
  }

  readUnits(): void {
    const reader = new DwarfReader(this.#sections.info);
    const sectionEnd = reader.end;
    while (reader.pos < sectionEnd) {
      const unit = reader.pos;
      reader.end = reader.unitEnd();
      this.#readUnit(reader, unit);
      reader.pos = reader.end;
      reader.end = sectionEnd;
    }
  }

  #readUnit(reader: DwarfReader, unit: number): void {
    const version = reader.u16();
    if (version < 2 || version > 4) throw reader.error(`DWARF version ${version}`);
    const abbreviations = readAbbreviations(this.#sections.abbrev, reader.u32());
    const addressSize = reader.u8();
    if (addressSize !== 8) throw reader.error(`addresses of ${addressSize} bytes`);
    const entry = new EntryReader(reader, this.#strings, abbreviations, unit);
    const referred = new EntryReader(
      new DwarfReader(this.#sections.info, unit, reader.end),
      this.#strings,
      abbreviations,
      unit,
    );
    let base = 0;
    /** The scope that the entries being read are in, and those around it. */
    let scope = -1;
    const outer: number[] = [];
    while (reader.pos < reader.end) {
      const start = reader.pos;
      const abbreviation = entry.read();
      if (abbreviation === undefined) {
        scope = outer.pop() ?? -1;
        continue;
      }
      const { tag, hasChildren } = abbreviation;
      let inner = scope;
      if (tag === Tag.compileUnit) base = Math.max(0, entry.lowPc);
      else if (tag === Tag.subprogram || tag === Tag.inlinedSubroutine) {
        inner = -1;
        if (entry.name >= 0) this.#functionsByEntry.set(start, entry.name);
        const hasCode = entry.ranges >= 0 || (entry.lowPc >= 0 && entry.highPc > entry.lowPc);
        if (hasCode) inner = this.#addScope(entry, tag === Tag.subprogram ? -1 : scope, base, referred);
      }
      if (!hasChildren) continue;
      outer.push(scope);
      scope = inner;
    }
  }

  #addScope(entry: EntryReader, parent: number, base: number, referred: EntryReader): number {
    const scope = this.#scopeCount;
    if (scope === this.#functions.length) throw entry.reader.error('too many functions');
    if (!(entry.callLine < twoTo32)) throw entry.reader.error(`line ${entry.callLine}`);
    this.#functions[scope] = entry.name >= 0 ? entry.name : this.#functionAt(entry.origin, referred);
    this.#parents[scope] = parent;
    this.#callLines[scope] = entry.callLine;
    this.#scopeCount++;
    if (entry.ranges >= 0) this.#addRangeList(scope, entry.ranges, base);
    else this.#addRange(scope, entry.lowPc, entry.highPc, entry.reader);
    return scope;
  }

  /**
   * Index of the function that the entry at `offset` names, directly or through an entry that it refers to.
   */
  #functionAt(offset: number, entry: EntryReader): number {
    let at = offset;
    const { reader } = entry;
    for (let k = 0; k < longestOrigin && at >= 0; k++) {
      const known = this.#functionsByEntry.get(at);
      if (known !== undefined) return known;
      reader.pos = at;
      if (!(at < reader.end) || entry.read() === undefined) break;
      if (entry.name >= 0) {
        this.#functionsByEntry.set(offset, entry.name);
        return entry.name;
      }
      at = entry.origin;
    }
    throw reader.error('a function whose name is not an index');
  }

  #addRange(scope: number, start: number, end: number, reader: DwarfReader): void {
    if (!(end <= this.#imageSize)) throw reader.error('an address outside of the code');
    if (start >= end) return;
    this.#starts[this.#rangeCount] = start;
    this.#ends[this.#rangeCount] = end;
    this.#rangeScopes[this.#rangeCount] = scope;
    this.#rangeCount++;
  }

  /** Adds the ranges of a list (DWARF 4, section 2.17.3), which are relative to `base`. */
  #addRangeList(scope: number, offset: number, base: number): void {
    const reader = this.#rangeLists;
    reader.pos = offset;
    let from = base;
    for (;;) {
      if (this.#listEntries-- === 0) throw reader.error('range lists overlap');
      const low = reader.u32();
      const high = reader.u32();
      const end = reader.u64();
      const start = low + twoTo32 * high;
      if (low === allOnes && high === allOnes) from = end;
      else if (start === 0 && end === 0) return;
      else this.#addRange(scope, from + start, from + end, reader);
    }
  }
}

import { array, bytes, struct } from '../layout/struct.js';

/**
 * The structures of ELF files of 64-bit little-endian processors (System V gABI, chapters 4 and 5), and what
 * a file of machine code has of them:
 *
 *     0     ELF header: type ET_DYN, machine x86-64
 *     64    four program headers: the head, the text, the note, and a stack that is not executable
 *     288   note of owner `Upshift`: version of the format, length of the file, SHA-256
 *     4096  text
 *           the other sections, each at a multiple of 8, in the order of `sections`
 *           section headers
 *
 * All sections are always there, though they may be empty. The addresses of head and text are their offsets
 * in the file.
 */

/** An 8-byte number, of which the upper half is always 0. */
const u64 = struct({ low: 'u32', high: 'u32' });

export const elfHeader = struct({
  identification: bytes(16),
  type: 'u16',
  machine: 'u16',
  version: 'u32',
  entry: u64,
  programHeaders: u64,
  sectionHeaders: u64,
  flags: 'u32',
  size: 'u16',
  programHeaderSize: 'u16',
  programHeaderCount: 'u16',
  sectionHeaderSize: 'u16',
  sectionHeaderCount: 'u16',
  sectionNames: 'u16',
});

export const programHeader = struct({
  type: 'u32',
  flags: 'u32',
  offset: u64,
  address: u64,
  physicalAddress: u64,
  fileSize: u64,
  memorySize: u64,
  alignment: u64,
});

export const sectionHeader = struct({
  name: 'u32',
  type: 'u32',
  flags: u64,
  address: u64,
  offset: u64,
  size: u64,
  link: 'u32',
  info: 'u32',
  alignment: u64,
  entrySize: u64,
});

export const symbolEntry = struct({
  name: 'u32',
  info: 'u8',
  other: 'u8',
  section: 'u16',
  value: u64,
  size: u64,
});

export const digestSize = 32;

/** The note: its header, its owner's name, and its description. */
export const noteEntry = struct({
  nameSize: 'u32',
  descriptionSize: 'u32',
  type: 'u32',
  name: bytes(8),
  formatVersion: 'u32',
  fileLength: 'u32',
  digest: bytes(digestSize),
});

/** `\x7fELF`, then class 64-bit, little-endian, version 1, no operating system's extensions. */
export const identification: readonly number[] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0];
/** With the zero at its end. */
export const noteOwner = 'Upshift\0';
export const sharedObjectType = 3;
export const x64Machine = 62;

export const SegmentType = { load: 1, note: 4, stack: 0x6474_e551 } as const;
export const SegmentFlag = { execute: 1, write: 2, read: 4 } as const;
export const SymbolType = { object: 1, func: 2 } as const;

const SectionType = { none: 0, progbits: 1, symtab: 2, strtab: 3, note: 7 } as const;
const SectionFlag = { none: 0, alloc: 2, execute: 4, strings: 0x20 } as const;

export const programHeaderCount = 4;
const head = struct({
  header: elfHeader,
  programs: array(programHeader, programHeaderCount),
  note: noteEntry,
});
export const programsOffset = head.offsets.programs;
export const noteOffset = head.offsets.note;
export const headSize = head.offsets.note + noteEntry.size;
/** A page, so that the text can be mapped from the file. */
export const textOffset = 4096;
export const sectionAlignment = 8;

/** A section that files of machine code have. */
export interface SectionKind {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly alignment: number;
  readonly entrySize: number;
}

function section(name: string, type: number, flags = 0, alignment = 8, entrySize = 0): SectionKind {
  return { name, type, flags, alignment, entrySize };
}

/** The sections, by their index in the file. */
export const sections: readonly SectionKind[] = [
  section('', SectionType.none, 0, 0),
  section('.note.upshift', SectionType.note, SectionFlag.alloc, 4),
  section('.text', SectionType.progbits, SectionFlag.alloc | SectionFlag.execute, textOffset),
  /** `settings-section.ts`: what the code depends on. */
  section('.upshift.settings', SectionType.progbits, SectionFlag.strings, 8, 1),
  /** `fast-section.ts`: the Fast JIT's functions, and the sites in them. */
  section('.upshift.functions', SectionType.progbits),
  section('.upshift.sites', SectionType.progbits),
  /** `handler-section.ts`: where exceptions go that leave calls, in code of both compilers. */
  section('.upshift.handlers', SectionType.progbits),
  /** `image-section.ts`: LLVM's images, where their code comes from, the addresses that they want. */
  section('.upshift.images', SectionType.progbits),
  section('.upshift.locations', SectionType.progbits),
  section('.upshift.externals', SectionType.progbits),
  /** The module, or nothing. */
  section('.wasm', SectionType.progbits),
  /** `symbols.ts`: names of functions for tools, or nothing. */
  section('.symtab', SectionType.symtab, 0, 8, symbolEntry.size),
  section('.strtab', SectionType.strtab, 0, 1),
  section('.shstrtab', SectionType.strtab, 0, 1),
];

function indexOf(name: string): number {
  return sections.findIndex((kind) => kind.name === name);
}

/** Indices in `sections`. */
export const SectionNumber = {
  note: indexOf('.note.upshift'),
  text: indexOf('.text'),
  settings: indexOf('.upshift.settings'),
  functions: indexOf('.upshift.functions'),
  sites: indexOf('.upshift.sites'),
  handlers: indexOf('.upshift.handlers'),
  images: indexOf('.upshift.images'),
  locations: indexOf('.upshift.locations'),
  externals: indexOf('.upshift.externals'),
  wasm: indexOf('.wasm'),
  symbols: indexOf('.symtab'),
  symbolNames: indexOf('.strtab'),
  sectionNames: indexOf('.shstrtab'),
} as const;

/** The contents of `.shstrtab`, and where each section's name lies in it. */
export const sectionNames = sections.map(({ name }) => `${name}\0`).join('');
export const sectionNameOffsets: readonly number[] = sections.map((_, index) =>
  sections.slice(0, index).reduce((sum, { name }) => sum + name.length + 1, 0),
);

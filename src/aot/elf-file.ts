import { CodeFileError } from './code-file-error.js';
import { alignUp } from './columns.js';
import {
  digestSize,
  elfHeader,
  headSize,
  identification,
  noteEntry,
  noteOffset,
  noteOwner,
  programHeader,
  programHeaderCount,
  programsOffset,
  SectionNumber,
  SegmentFlag,
  SegmentType,
  sectionAlignment,
  sectionHeader,
  sectionNameOffsets,
  sectionNames,
  sections,
  sharedObjectType,
  textOffset,
  x64Machine,
} from './elf-layout.js';

/**
 * A file of machine code as ELF, without what its sections say: they are put together and taken apart here,
 * under the file's checksum.
 */

/** The version of all that is in the file's sections, this layout included. */
export const formatVersion = 2;

/** Files are shorter than this, in bytes. */
const lengthLimit = 2 ** 32;

/** SHA-256 of the parts, as if they were joined: 32 bytes. */
export type Digest = (...parts: readonly Uint8Array[]) => Uint8Array;

/** Contents by section number; missing ones are empty. */
export type SectionContents = readonly (Uint8Array | undefined)[];

const digestOffset = noteOffset + noteEntry.offsets.digest;

/**
 * What the checksum covers: the whole file, but for the checksum itself and the contents of `.wasm`, whose
 * own SHA-256 the settings have.
 */
function checksum(file: Uint8Array, wasmStart: number, wasmEnd: number, digest: Digest): Uint8Array {
  return digest(
    file.subarray(0, digestOffset),
    file.subarray(digestOffset + digestSize, wasmStart),
    file.subarray(wasmEnd),
  );
}

/** A file of these sections. Note and names of sections are made here. */
export function writeElf(contents: SectionContents, digest: Digest): Uint8Array {
  const all = sections.map((_, number) => contents[number] ?? new Uint8Array());
  all[SectionNumber.sectionNames] = new TextEncoder().encode(sectionNames);
  const offsets = sections.map(() => 0);
  offsets[SectionNumber.note] = noteOffset;
  let end = textOffset;
  for (let number = SectionNumber.text; number < sections.length; number++) {
    offsets[number] = alignUp(end, sectionAlignment);
    end = offsets[number] + all[number].length;
  }
  const headers = alignUp(end, sectionAlignment);
  const length = headers + sections.length * sectionHeader.size;
  if (length >= lengthLimit) throw new RangeError(`${length} bytes are too many for a file of machine code`);
  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  for (const [number, bytes] of all.entries()) file.set(bytes, offsets[number]);
  writeHead(file, view, headers, all[SectionNumber.text].length);
  for (const [number, { type, flags, alignment, entrySize }] of sections.entries()) {
    const at = headers + number * sectionHeader.size;
    const isSymbols = number === SectionNumber.symbols;
    const isLoaded = number === SectionNumber.note || number === SectionNumber.text;
    putFields(view, at, sectionHeader.offsets, {
      name: sectionNameOffsets[number],
      type,
      flags,
      address: isLoaded ? offsets[number] : 0,
      offset: offsets[number],
      size: number === SectionNumber.note ? noteEntry.size : all[number].length,
      link: isSymbols ? SectionNumber.symbolNames : 0,
      // All symbols are local ones.
      info: isSymbols ? all[number].length / entrySize : 0,
      alignment,
      entrySize,
    });
  }
  const wasmStart = offsets[SectionNumber.wasm];
  const wasmEnd = wasmStart + all[SectionNumber.wasm].length;
  file.set(checksum(file, wasmStart, wasmEnd, digest), digestOffset);
  return file;
}

/** Writes fields of 4 bytes, or the lower halves of fields of 8. */
function putFields<Name extends string>(
  view: DataView,
  at: number,
  offsets: Readonly<Record<Name, number>>,
  values: Readonly<Partial<Record<Name, number>>>,
): void {
  for (const [name, value] of Object.entries(values) as [Name, number][])
    view.setUint32(at + offsets[name], value, true);
}

function writeHead(file: Uint8Array, view: DataView, headers: number, textSize: number): void {
  const at = elfHeader.offsets;
  file.set(identification);
  view.setUint16(at.type, sharedObjectType, true);
  view.setUint16(at.machine, x64Machine, true);
  putFields(view, 0, at, { version: 1, programHeaders: programsOffset, sectionHeaders: headers });
  view.setUint16(at.size, elfHeader.size, true);
  view.setUint16(at.programHeaderSize, programHeader.size, true);
  view.setUint16(at.programHeaderCount, programHeaderCount, true);
  view.setUint16(at.sectionHeaderSize, sectionHeader.size, true);
  view.setUint16(at.sectionHeaderCount, sections.length, true);
  view.setUint16(at.sectionNames, SectionNumber.sectionNames, true);
  const { read, write, execute } = SegmentFlag;
  const programs = [
    [SegmentType.load, read, 0, headSize, textOffset],
    [SegmentType.load, read | execute, textOffset, textSize, textOffset],
    [SegmentType.note, read, noteOffset, noteEntry.size, 4],
    [SegmentType.stack, read | write, 0, 0, 16],
  ] as const;
  for (const [k, [type, flags, offset, size, alignment]] of programs.entries()) {
    putFields(view, programsOffset + k * programHeader.size, programHeader.offsets, {
      ...{ type, flags, offset, address: offset, physicalAddress: offset },
      ...{ fileSize: size, memorySize: size, alignment },
    });
  }
  const note = noteEntry.offsets;
  putFields(view, noteOffset, note, {
    nameSize: noteOwner.length,
    descriptionSize: noteEntry.size - note.formatVersion,
    type: 1,
    formatVersion,
    fileLength: file.length,
  });
  file.set(new TextEncoder().encode(noteOwner), noteOffset + note.name);
}

/**
 * The sections of a file: views of it. The file must lie at a multiple of 8 in its buffer. It is checked that
 * it is whole and unchanged, `.wasm` excepted, and that the sections lie in it one after another.
 */
export function readElf(file: Uint8Array, digest: Digest): readonly Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  checkHead(file, view);
  const headers = view.getUint32(elfHeader.offsets.sectionHeaders, true);
  if (headers % sectionAlignment !== 0 || headers + sections.length * sectionHeader.size !== file.length)
    throw damaged(`its section headers are at ${headers}, and it has ${file.length} bytes`);
  let end = noteOffset;
  const contents = sections.map(({ name, type }, number) => {
    if (number === 0) return file.subarray(0, 0);
    const at = headers + number * sectionHeader.size;
    const field = (offset: number): number => view.getUint32(at + offset, true);
    const [offset, size] = [field(sectionHeader.offsets.offset), field(sectionHeader.offsets.size)];
    const isKnown =
      field(sectionHeader.offsets.name) === sectionNameOffsets[number] &&
      field(sectionHeader.offsets.type) === type;
    if (!isKnown || offset % sectionAlignment !== 0 || offset < end || offset + size > headers)
      throw damaged(`the header at ${at} is not one of ${name}, or places it wrongly`);
    end = offset + size;
    return file.subarray(offset, end);
  });
  const wasmStart = contents[SectionNumber.wasm].byteOffset - file.byteOffset;
  const wasmEnd = wasmStart + contents[SectionNumber.wasm].length;
  if (
    !isSame(
      checksum(file, wasmStart, wasmEnd, digest),
      file.subarray(digestOffset, digestOffset + digestSize),
    )
  )
    throw damaged('its checksum is wrong');
  return contents;
}

function checkHead(file: Uint8Array, view: DataView): void {
  const isElf = file.length >= headSize && identification.every((byte, k) => file[k] === byte);
  if (!isElf) throw new CodeFileError('notAFile', 'it is no AOT file');
  const owner = file.subarray(
    noteOffset + noteEntry.offsets.name,
    noteOffset + noteEntry.offsets.formatVersion,
  );
  if (![...noteOwner].every((character, k) => owner[k] === character.charCodeAt(0)))
    throw new CodeFileError('notAFile', 'it is an ELF file, but no AOT file of Upshift');
  const version = view.getUint32(noteOffset + noteEntry.offsets.formatVersion, true);
  if (version !== formatVersion) {
    const problem = `its format is version ${version}, and this Upshift reads version ${formatVersion}`;
    throw new CodeFileError('version', problem);
  }
  const length = view.getUint32(noteOffset + noteEntry.offsets.fileLength, true);
  if (file.length < length)
    throw new CodeFileError('truncated', `it is truncated: of ${length} bytes it has ${file.length}`);
  if (file.length > length) throw damaged(`of ${length} bytes it has ${file.length}`);
}

function damaged(problem: string): CodeFileError {
  return new CodeFileError('damaged', `it is damaged: ${problem}`);
}

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, k) => byte === b[k]);
}

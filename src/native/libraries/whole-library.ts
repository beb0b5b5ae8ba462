import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { bytes, struct } from '../../layout/struct.js';

/** Elf64_Ehdr and Elf64_Phdr (System V gABI, chapters 4 and 5). */
const header = struct({
  identification: bytes(16),
  type: 'u16',
  machine: 'u16',
  version: 'u32',
  entry: 'u64',
  /** Offsets of the tables of segments and of sections in the file. */
  segments: 'u64',
  sections: 'u64',
  flags: 'u32',
  size: 'u16',
  segmentSize: 'u16',
  segmentCount: 'u16',
  sectionSize: 'u16',
  sectionCount: 'u16',
  sectionNames: 'u16',
});
const segment = struct({
  type: 'u32',
  flags: 'u32',
  offset: 'u64',
  virtualAddress: 'u64',
  physicalAddress: 'u64',
  fileSize: 'u64',
  memorySize: 'u64',
  alignment: 'u64',
});
/** PT_LOAD. */
const loadedSegment = 1;
const elfMagic = 0x7f45_4c46;
const class64 = 2;

/**
 * Says that a shared library ends too early, as when a copy was cut off, and must not be loaded. The loader
 * would map it, and reading past its end raises SIGBUS while the loader's lock is held. Undefined where
 * nothing is wrong, and for files that the loader itself refuses.
 */
export function truncation(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(fd);
    const end = endOfLibrary(fd);
    return end > size ? `it is truncated: it has ${size} of ${end} bytes` : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/**
 * Where the last segment that is loaded, and the table of sections, end; 0 where it is not a 64-bit ELF file.
 */
function endOfLibrary(fd: number): number {
  const head = Buffer.alloc(header.size);
  if (readSync(fd, head, 0, header.size, 0) < header.size) return 0;
  if (head.readUInt32BE(0) !== elfMagic || head[4] !== class64) return 0;
  const { offsets } = header;
  const u64 = (from: Buffer, at: number): number => Number(from.readBigUInt64LE(at));
  const step = head.readUInt16LE(offsets.segmentSize);
  const segments = Buffer.alloc(step * head.readUInt16LE(offsets.segmentCount));
  readSync(fd, segments, 0, segments.length, u64(head, offsets.segments));
  const sections = head.readUInt16LE(offsets.sectionSize) * head.readUInt16LE(offsets.sectionCount);
  let end = u64(head, offsets.sections) + sections;
  for (let at = 0; at + step <= segments.length; at += step) {
    const { type, offset, fileSize } = segment.offsets;
    if (segments.readUInt32LE(at + type) !== loadedSegment) continue;
    end = Math.max(end, u64(segments, at + offset) + u64(segments, at + fileSize));
  }
  return end;
}

import { Reader } from './reader.js';

/** Section ids (spec 3.0, section 5.5.2). */
export const Section = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

const headerSize = 8;

/** Where a section is in a module. */
export interface SectionPlace {
  readonly id: number;
  /** The spec's name, or `section 14` for a section that 3.0 does not have. */
  readonly kind: string;
  /** The name that a custom section has. */
  readonly name: string | undefined;
  /** Byte offset in the module of the contents, after id and size. */
  readonly offset: number;
  /** Bytes of the contents. */
  readonly byteLength: number;
}

/**
 * The sections of a module in order, contents unchecked. Throws a CompileError if they cannot be told apart.
 */
export function listSections(bytes: Uint8Array): SectionPlace[] {
  const reader = new Reader(bytes, headerSize);
  const places: SectionPlace[] = [];
  while (reader.pos < reader.end) {
    const id = reader.u8();
    const byteLength = reader.length();
    const offset = reader.pos;
    const kind = Object.entries(Section).find(([, known]) => known === id)?.[0] ?? `section ${id}`;
    const name = id === Section.custom ? reader.name() : undefined;
    reader.pos = offset;
    reader.skip(byteLength);
    places.push({ id, kind, name, offset, byteLength });
  }
  return places;
}

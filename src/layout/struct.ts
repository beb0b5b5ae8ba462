/**
 * Native structures as tables of fields. Offsets are computed here once; nobody else writes an offset down.
 */
export type FieldType = 'u32' | 'u64';

export interface StructLayout<Name extends string> {
  /** Size in bytes, a multiple of 8. */
  readonly size: number;
  /** Byte offset of each field from the start of the structure. */
  readonly offsets: Readonly<Record<Name, number>>;
}

const sizes: Readonly<Record<FieldType, number>> = { u32: 4, u64: 8 };

/** Lays fields out in their order, each at its natural alignment. */
export function struct<const Fields extends Readonly<Record<string, FieldType>>>(
  fields: Fields,
): StructLayout<keyof Fields & string> {
  const offsets: Record<string, number> = {};
  let at = 0;
  for (const [name, type] of Object.entries(fields)) {
    const size = sizes[type];
    at = Math.ceil(at / size) * size;
    offsets[name] = at;
    at += size;
  }
  return { size: Math.ceil(at / 8) * 8, offsets: offsets as Record<keyof Fields & string, number> };
}

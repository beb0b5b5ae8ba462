/**
 * Native structures as tables of fields, laid out as C lays them out. Offsets are computed here once; nobody
 * else writes an offset down.
 */

/** Bytes of fields that hold a number, which are also their alignment. */
const scalarSizes = { u8: 1, u16: 2, i16: 2, u32: 4, i32: 4, u64: 8, i64: 8, f64: 8 } as const;

export type ScalarType = keyof typeof scalarSizes;

/** What takes room in a structure: an array, bytes, or another structure. */
export interface Extent {
  /** Size in bytes, a multiple of the alignment. */
  readonly size: number;
  /** In bytes, a power of two. */
  readonly alignment: number;
}

export type FieldType = ScalarType | Extent;

export interface StructLayout<Name extends string> extends Extent {
  /** Byte offset of each field from the start of the structure. */
  readonly offsets: Readonly<Record<Name, number>>;
}

/** Lays fields out in their order, each at its natural alignment. */
export function struct<const Fields extends Readonly<Record<string, FieldType>>>(
  fields: Fields,
): StructLayout<keyof Fields & string> {
  const offsets: Record<string, number> = {};
  let at = 0;
  let alignment = 1;
  for (const [name, type] of Object.entries(fields)) {
    const extent = extentOf(type);
    at = roundUp(at, extent.alignment);
    offsets[name] = at;
    at += extent.size;
    alignment = Math.max(alignment, extent.alignment);
  }
  return {
    size: roundUp(at, alignment),
    alignment,
    offsets: offsets as Record<keyof Fields & string, number>,
  };
}

/** `count` elements of a type in a row: element k begins k times the type's size after the first. */
export function array(type: FieldType, count: number): Extent {
  const { size, alignment } = extentOf(type);
  return { size: count * size, alignment };
}

/** Bytes that need no alignment, such as text. */
export function bytes(count: number): Extent {
  return array('u8', count);
}

function extentOf(type: FieldType): Extent {
  if (typeof type !== 'string') return type;
  return { size: scalarSizes[type], alignment: scalarSizes[type] };
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

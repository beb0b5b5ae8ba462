import type { CodeLocations } from '../../code/code-locations.js';
import { readScopes, type ScopeRanges, type Scopes } from './dwarf-info.js';
import { type LineRows, noRow, readLineRows } from './dwarf-line.js';
import type { DebugSection } from './dwarf-reader.js';
import { LocationTable } from './location-table.js';
import { type ElfMachine, RelocationUse } from './machine.js';
import { type ElfObject, ObjectError, type Section, SectionFlag } from './object.js';

const noLocations: CodeLocations = {
  offsets: new Uint32Array(),
  locations: new Int32Array(),
  functions: new Uint32Array(),
  wasmOffsets: new Uint32Array(),
  callers: new Int32Array(),
};

/** Ranges are sorted as numbers `start * maxRanges + index`, which are exact. */
const maxRanges = 2 ** 22;

const twoTo32 = 2 ** 32;

/**
 * Reads from an object's debug information where the machine instructions of its image come from. It is DWARF
 * version 4, in which the name of a subprogram is its wasm function index as a decimal number, and a line is
 * a byte offset in the wasm module, or 0 if that is unknown. Code outside of all subprograms has no location:
 * with the emission kind `LineTablesOnly`, LLVM describes functions that nothing was inlined into only if the
 * compile unit also has `debugInfoForProfiling`. `bases` are the offsets of the sections in the image, -1 for
 * those that are not part of it; `codeEnd` is where its code ends.
 */
export function readLocations(
  object: ElfObject,
  machine: ElfMachine,
  bases: Float64Array,
  codeEnd: number,
): CodeLocations {
  const find = (name: string): DebugSection => {
    const section = object.sections.find((candidate) => candidate.name === name);
    return {
      name,
      bytes: section === undefined ? new Uint8Array() : relocated(object, section, machine, bases),
    };
  };
  const info = find('.debug_info');
  if (info.bytes.length === 0) return noLocations;
  const scopes = readScopes(
    { info, abbrev: find('.debug_abbrev'), strings: find('.debug_str'), ranges: find('.debug_ranges') },
    codeEnd,
  );
  return joinLocations(scopes, readLineRows(find('.debug_line'), codeEnd), codeEnd);
}

/**
 * The contents of a debug section, relocated: addresses are offsets in the image, and references to other
 * debug sections are offsets in these.
 */
function relocated(
  object: ElfObject,
  section: Section,
  machine: ElfMachine,
  bases: Float64Array,
): Uint8Array {
  if ((section.flags & SectionFlag.compressed) !== 0)
    throw new ObjectError(`${section.name}: compressed debug information`);
  const bytes = section.bytes.slice();
  const relocations = object.relocations[section.index];
  if (relocations === undefined) return bytes;
  const view = new DataView(bytes.buffer);
  const { sections, symbols } = object;
  const { count, offsets, types, addends } = relocations;
  for (let k = 0; k < count; k++) {
    const type = types[k];
    const offset = offsets[k];
    const fail = (why: string): never => {
      throw new ObjectError(`${machine.relocationName(type)} in ${section.name} at ${offset}: ${why}`);
    };
    const kind = machine.relocations.get(type) ?? fail('not supported');
    if (kind.use === RelocationUse.none) continue;
    if (kind.use !== RelocationUse.address) fail('not supported');
    if (offset + kind.bytes > bytes.length) fail('outside of the section');
    const symbol = relocations.symbols[k];
    const target = sections[symbols.sections[symbol]];
    if (target === undefined || target.index === 0) fail('the symbol is not in the object');
    const inMemory = (target.flags & SectionFlag.alloc) !== 0;
    const base = inMemory ? bases[target.index] : 0;
    if (base < 0) fail('the symbol is not part of the image');
    const value = base + symbols.values[symbol] + addends[k];
    if (!(value >= 0 && value < twoTo32)) fail(`${value} is no offset`);
    view.setUint32(offset, value, true);
    if (kind.bytes > 4) view.setUint32(offset + 4, 0, true);
  }
  return bytes;
}

/** The innermost scope at each place: parallel arrays, ascending by offset. */
interface ScopeChanges {
  readonly count: number;
  /** Each change holds from its offset up to the next one's. */
  readonly offsets: Uint32Array;
  /** A scope, or -1. */
  readonly scopes: Int32Array;
}

/** Flattens ranges that are nested. */
function scopeChanges(ranges: ScopeRanges): ScopeChanges {
  const { count, starts, ends, scopes } = ranges;
  if (count >= maxRanges) throw new ObjectError(`${count} parts of functions`);
  // By start, outer ranges first: they have smaller indices.
  const order = new Float64Array(count);
  for (let k = 0; k < count; k++) order[k] = starts[k] * maxRanges + k;
  order.sort();
  const offsets = new Uint32Array(2 * count);
  const innermost = new Int32Array(2 * count);
  let changes = 0;
  const change = (offset: number, scope: number): void => {
    // The last change at an offset counts.
    if (changes > 0 && offsets[changes - 1] === offset) changes--;
    offsets[changes] = offset;
    innermost[changes] = scope;
    changes++;
  };
  const open = new Int32Array(count);
  let depth = 0;
  const closeUpTo = (offset: number): void => {
    while (depth > 0 && ends[open[depth - 1]] <= offset) {
      const end = ends[open[--depth]];
      while (depth > 0 && ends[open[depth - 1]] <= end) depth--;
      change(end, depth === 0 ? -1 : scopes[open[depth - 1]]);
    }
  };
  for (let k = 0; k < count; k++) {
    const range = order[k] % maxRanges;
    closeUpTo(starts[range]);
    change(starts[range], scopes[range]);
    open[depth++] = range;
  }
  closeUpTo(Number.POSITIVE_INFINITY);
  return { count: changes, offsets, scopes: innermost };
}

/** Joins the function that an instruction belongs to with the line that it comes from. */
function joinLocations(scopes: Scopes, lines: LineRows, codeEnd: number): CodeLocations {
  const table = new LocationTable();
  const callers = new Int32Array(scopes.count);
  for (let scope = 0; scope < scopes.count; scope++) {
    const parent = scopes.parents[scope];
    callers[scope] =
      parent < 0 ? -1 : table.add(scopes.functions[parent], scopes.callLines[scope], callers[parent]);
  }

  const changes = scopeChanges(scopes.ranges);
  const capacity = changes.count + lines.count;
  const offsets = new Uint32Array(capacity);
  const locations = new Int32Array(capacity);
  let rows = 0;
  const addRow = (offset: number, location: number): void => {
    if (location === (rows === 0 ? -1 : locations[rows - 1])) return;
    offsets[rows] = offset;
    locations[rows] = location;
    rows++;
  };
  let scope = -1;
  let line = noRow;
  let nextChange = 0;
  let nextLine = 0;
  while (nextChange < changes.count || nextLine < lines.count) {
    const changeAt = nextChange < changes.count ? changes.offsets[nextChange] : codeEnd;
    const lineAt = nextLine < lines.count ? lines.addresses[nextLine] : codeEnd;
    const offset = Math.min(changeAt, lineAt);
    while (nextChange < changes.count && changes.offsets[nextChange] === offset)
      scope = changes.scopes[nextChange++];
    while (nextLine < lines.count && lines.addresses[nextLine] === offset) line = lines.lines[nextLine++];
    addRow(
      offset,
      scope < 0 ? -1 : table.add(scopes.functions[scope], line === noRow ? 0 : line, callers[scope]),
    );
  }
  return { offsets: offsets.slice(0, rows), locations: locations.slice(0, rows), ...table.finish() };
}

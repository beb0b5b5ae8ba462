import type { CodeFrames } from '../code/code-frames.js';
import type { CodeHandlers } from '../code/code-object.js';
import { calleeSaved } from '../x64/abi.js';
import { savedFieldBits } from '../x64/frame-layout.js';
import { ColumnReader, ColumnWriter } from './columns.js';

/**
 * The section `.upshift.handlers`: the handlers of the Fast JIT's functions, those of LLVM's images, and the
 * frames of these. Rows of one function or image lie together; where they begin is in the sections that have
 * functions and images.
 */
export interface HandlerTables {
  readonly fast: CodeHandlers;
  readonly images: CodeHandlers;
  readonly frames: CodeFrames;
}

/** Arguments of a call on the stack take less than this, in bytes. */
const adjustLimit = 2 ** 20;
const stackUnit = 8;

export function writeHandlers({ fast, images, frames }: HandlerTables): Uint8Array {
  const writer = new ColumnWriter().numbers(fast.starts.length, images.starts.length, frames.starts.length);
  for (const { starts, ends, pads, adjusts } of [fast, images])
    writer.add(starts).add(ends).add(pads).add(adjusts);
  return writer.add(frames.starts).add(frames.saved).finish();
}

/** Reads the section, as views. What is in the rows is to be checked by `checkHandlers` and `checkFrames`. */
export function readHandlers(reader: ColumnReader): HandlerTables {
  const [fastRows, imageRows, frames] = reader.u32(3);
  const rows = (count: number): CodeHandlers => ({
    starts: reader.u32(count),
    ends: reader.u32(count),
    pads: reader.u32(count),
    adjusts: reader.u32(count),
  });
  const tables = {
    fast: rows(fastRows),
    images: rows(imageRows),
    frames: { starts: reader.u32(frames), saved: reader.u32(frames) },
  };
  reader.end();
  return tables;
}

export function handlerReader(section: Uint8Array): ColumnReader {
  return new ColumnReader(section, '.upshift.handlers');
}

/** The rows of several pieces of code, one piece's after another's. */
export function joinHandlers(tables: readonly CodeHandlers[]): CodeHandlers {
  return {
    starts: joined(tables, ({ starts }) => starts),
    ends: joined(tables, ({ ends }) => ends),
    pads: joined(tables, ({ pads }) => pads),
    adjusts: joined(tables, ({ adjusts }) => adjusts),
  };
}

export function joinFrames(tables: readonly CodeFrames[]): CodeFrames {
  return { starts: joined(tables, ({ starts }) => starts), saved: joined(tables, ({ saved }) => saved) };
}

function joined<Table>(tables: readonly Table[], column: (table: Table) => Uint32Array): Uint32Array {
  const all = new Uint32Array(tables.reduce((sum, table) => sum + column(table).length, 0));
  let at = 0;
  for (const table of tables) {
    all.set(column(table), at);
    at += column(table).length;
  }
  return all;
}

/** Checks the rows from `first` up to `end`, of code that ends at `codeEnd`. */
export function checkHandlers(
  { starts, ends, pads, adjusts }: CodeHandlers,
  first: number,
  end: number,
  codeEnd: number,
  reader: ColumnReader,
): void {
  let least = 0;
  for (let row = first; row < end; row++) {
    const isThere = starts[row] >= least && starts[row] < ends[row] && ends[row] <= codeEnd;
    const isPad = pads[row] < codeEnd && adjusts[row] < adjustLimit && adjusts[row] % stackUnit === 0;
    if (!isThere || !isPad) reader.fail(`handler ${row} is not in its place`);
    least = ends[row];
  }
}

/** Checks the frames from `first` up to `end`, of code that ends at `codeEnd`. */
export function checkFrames(
  { starts, saved }: CodeFrames,
  first: number,
  end: number,
  codeEnd: number,
  reader: ColumnReader,
): void {
  for (let row = first; row < end; row++) {
    if (starts[row] >= codeEnd || (row > first && starts[row] <= starts[row - 1]))
      reader.fail(`frame ${row} is not in its place`);
    checkSaved(saved[row], reader);
  }
}

const fieldLimit = 2 ** savedFieldBits;

/** Checks a `CodeObject.saved`: no two registers lie at the same place. */
export function checkSaved(fields: number, reader: ColumnReader): void {
  let rest = fields;
  const places: number[] = [];
  for (let k = 0; k < calleeSaved.length; k++) {
    const place = rest % fieldLimit;
    rest = Math.floor(rest / fieldLimit);
    if (place === 0) continue;
    if (places.includes(place)) reader.fail(`two registers are saved at ${place}`);
    places.push(place);
  }
  if (rest !== 0) reader.fail(`${fields} says of more registers than there are`);
}

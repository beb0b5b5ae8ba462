import type { CodeFrames } from '../code/code-frames.js';
import type { CodeLocations } from '../code/code-locations.js';
import type { CodeHandlers } from '../code/code-object.js';
import type { ExternalSlot } from '../code/external-slots.js';
import { lastAtMost } from '../code/last-at-most.js';
import { handlersBetween, type ImageFunction, type LlvmImage, textAlignment } from './code-container.js';
import { ColumnReader, ColumnWriter } from './columns.js';
import type { TableLimits } from './fast-section.js';
import { checkFrames, checkHandlers, type HandlerTables } from './handler-section.js';

/**
 * The sections `.upshift.images`, `.upshift.locations` and `.upshift.externals`. The first has a row for each
 * image, and one for each function in an image. Rows that belong to an image lie together, in all three
 * sections and in `.upshift.handlers`; where those of image k begin is in columns that have one number more
 * than there are images.
 */

/** Loop offset of an image that is not entered at a loop: no instruction lies there. */
const noLoop = 0;

interface ImageColumns {
  readonly starts: Uint32Array;
  readonly byteLengths: Uint32Array;
  readonly codeEnds: Uint32Array;
  readonly loopOffsets: Uint32Array;
  /** Where the functions, rows, locations, externals, frames and handlers of each image begin. */
  readonly functionStarts: Uint32Array;
  readonly rowStarts: Uint32Array;
  readonly locationStarts: Uint32Array;
  readonly externalStarts: Uint32Array;
  readonly frameStarts: Uint32Array;
  readonly handlerStarts: Uint32Array;
  readonly indices: Uint32Array;
  readonly offsets: Uint32Array;
  readonly functionLengths: Uint32Array;
}

interface ExternalColumns {
  readonly offsets: Uint32Array;
  /** Numbers of symbols. */
  readonly symbols: Uint32Array;
  readonly addends: Float64Array;
  readonly names: readonly string[];
}

type UnwindTables = Pick<HandlerTables, 'images' | 'frames'>;

export interface ImageSections {
  readonly images: Uint8Array;
  readonly locations: Uint8Array;
  readonly externals: Uint8Array;
}

export function writeImages(images: readonly LlvmImage[]): ImageSections {
  const functions = images.flatMap((image) => image.functions);
  const column = (value: (image: LlvmImage) => number): Uint32Array => Uint32Array.from(images, value);
  /** Where things of each image begin, if all lie in a row. */
  const startsOf = (count: (image: LlvmImage) => number): Uint32Array => {
    const starts = new Uint32Array(images.length + 1);
    for (const [k, image] of images.entries()) starts[k + 1] = starts[k] + count(image);
    return starts;
  };
  return {
    images: new ColumnWriter()
      .numbers(images.length, functions.length)
      .add(column(({ start }) => start))
      .add(column(({ byteLength }) => byteLength))
      .add(column(({ codeEnd }) => codeEnd))
      .add(column(({ loop }) => loop?.wasmOffset ?? noLoop))
      .add(startsOf((image) => image.functions.length))
      .add(startsOf(({ locations }) => locations.offsets.length))
      .add(startsOf(({ locations }) => locations.functions.length))
      .add(startsOf(({ externals }) => externals.length))
      .add(startsOf(({ frames }) => frames.starts.length))
      .add(startsOf(({ handlers }) => handlers.starts.length))
      .add(Uint32Array.from(functions, ({ index }) => index))
      .add(Uint32Array.from(functions, ({ offset }) => offset))
      .add(Uint32Array.from(functions, ({ byteLength }) => byteLength))
      .finish(),
    locations: writeLocations(images.map(({ locations }) => locations)),
    externals: writeExternals(images.flatMap(({ externals }) => externals)),
  };
}

function writeLocations(tables: readonly CodeLocations[]): Uint8Array {
  const sum = (length: (table: CodeLocations) => number): number =>
    tables.reduce((total, table) => total + length(table), 0);
  const rows = sum(({ offsets }) => offsets.length);
  const locations = sum(({ functions }) => functions.length);
  const all: CodeLocations = {
    offsets: new Uint32Array(rows),
    locations: new Int32Array(rows),
    functions: new Uint32Array(locations),
    wasmOffsets: new Uint32Array(locations),
    callers: new Int32Array(locations),
  };
  let [row, location] = [0, 0];
  for (const table of tables) {
    all.offsets.set(table.offsets, row);
    all.locations.set(table.locations, row);
    all.functions.set(table.functions, location);
    all.wasmOffsets.set(table.wasmOffsets, location);
    all.callers.set(table.callers, location);
    row += table.offsets.length;
    location += table.functions.length;
  }
  return new ColumnWriter()
    .numbers(rows, locations)
    .add(all.offsets)
    .add(all.locations)
    .add(all.functions)
    .add(all.wasmOffsets)
    .add(all.callers)
    .finish();
}

/** The columns, then the symbols' names, each ended by a zero. */
function writeExternals(externals: readonly ExternalSlot[]): Uint8Array {
  const names = [...new Set(externals.map(({ symbol }) => symbol))];
  const text = new TextEncoder().encode(names.map((name) => `${name}\0`).join(''));
  return new ColumnWriter()
    .numbers(externals.length, names.length, text.length)
    .add(Uint32Array.from(externals, ({ offset }) => offset))
    .add(Uint32Array.from(externals, ({ symbol }) => names.indexOf(symbol)))
    .add(Float64Array.from(externals, ({ addend }) => addend))
    .add(text)
    .finish();
}

/** An image in a file. What is seldom asked for is made when it is. */
class FileImage implements LlvmImage {
  readonly #columns: ImageColumns;
  readonly #locations: CodeLocations;
  readonly #externals: ExternalColumns;
  readonly #unwinding: UnwindTables;
  readonly #number: number;

  constructor(
    columns: ImageColumns,
    locations: CodeLocations,
    externals: ExternalColumns,
    unwinding: UnwindTables,
    number: number,
  ) {
    this.#columns = columns;
    this.#locations = locations;
    this.#externals = externals;
    this.#unwinding = unwinding;
    this.#number = number;
  }

  get start(): number {
    return this.#columns.starts[this.#number];
  }

  get byteLength(): number {
    return this.#columns.byteLengths[this.#number];
  }

  get codeEnd(): number {
    return this.#columns.codeEnds[this.#number];
  }

  get functions(): readonly ImageFunction[] {
    const { indices, offsets, functionLengths, functionStarts } = this.#columns;
    return this.#rows(functionStarts, (row) => ({
      index: indices[row],
      offset: offsets[row],
      byteLength: functionLengths[row],
    }));
  }

  get loop(): LlvmImage['loop'] {
    const { loopOffsets, functionStarts, indices } = this.#columns;
    const wasmOffset = loopOffsets[this.#number];
    if (wasmOffset === noLoop) return undefined;
    return { functionIndex: indices[functionStarts[this.#number]], wasmOffset };
  }

  get frames(): CodeFrames {
    const { starts, saved } = this.#unwinding.frames;
    const { frameStarts } = this.#columns;
    const [first, end] = [frameStarts[this.#number], frameStarts[this.#number + 1]];
    return { starts: starts.subarray(first, end), saved: saved.subarray(first, end) };
  }

  get handlers(): CodeHandlers {
    const { handlerStarts } = this.#columns;
    const first = handlerStarts[this.#number];
    return handlersBetween(this.#unwinding.images, first, handlerStarts[this.#number + 1]);
  }

  get locations(): CodeLocations {
    const { rowStarts, locationStarts } = this.#columns;
    const [row, rowEnd] = [rowStarts[this.#number], rowStarts[this.#number + 1]];
    const [location, locationEnd] = [locationStarts[this.#number], locationStarts[this.#number + 1]];
    return {
      offsets: this.#locations.offsets.subarray(row, rowEnd),
      locations: this.#locations.locations.subarray(row, rowEnd),
      functions: this.#locations.functions.subarray(location, locationEnd),
      wasmOffsets: this.#locations.wasmOffsets.subarray(location, locationEnd),
      callers: this.#locations.callers.subarray(location, locationEnd),
    };
  }

  get externals(): readonly ExternalSlot[] {
    const { offsets, symbols, addends, names } = this.#externals;
    return this.#rows(this.#columns.externalStarts, (row) => ({
      offset: offsets[row],
      symbol: names[symbols[row]],
      addend: addends[row],
    }));
  }

  #rows<Row>(starts: Uint32Array, read: (row: number) => Row): Row[] {
    const start = starts[this.#number];
    return Array.from({ length: starts[this.#number + 1] - start }, (_, k) => read(start + k));
  }
}

/**
 * Reads the sections, and checks all that `LlvmImage` promises. Images may begin from `textStart` on.
 *
 * @param handlerReader has read `unwinding`
 */
export function readImages(
  sections: ImageSections,
  unwinding: UnwindTables,
  handlerReader: ColumnReader,
  text: Uint8Array,
  textStart: number,
  limits: TableLimits,
): LlvmImage[] {
  const locationReader = new ColumnReader(sections.locations, '.upshift.locations');
  const locations = readLocations(locationReader);
  const externalReader = new ColumnReader(sections.externals, '.upshift.externals');
  const externals = readExternals(externalReader);
  const reader = new ColumnReader(sections.images, '.upshift.images');
  const [count, functionCount] = reader.u32(2);
  const columns: ImageColumns = {
    starts: reader.u32(count),
    byteLengths: reader.u32(count),
    codeEnds: reader.u32(count),
    loopOffsets: reader.u32(count),
    functionStarts: reader.u32(count + 1),
    rowStarts: reader.u32(count + 1),
    locationStarts: reader.u32(count + 1),
    externalStarts: reader.u32(count + 1),
    frameStarts: reader.u32(count + 1),
    handlerStarts: reader.u32(count + 1),
    indices: reader.u32(functionCount),
    offsets: reader.u32(functionCount),
    functionLengths: reader.u32(functionCount),
  };
  reader.end();
  checkStarts(columns.functionStarts, functionCount, 'functions', reader);
  checkStarts(columns.rowStarts, locations.offsets.length, 'rows', reader);
  checkStarts(columns.locationStarts, locations.functions.length, 'locations', reader);
  checkStarts(columns.externalStarts, externals.offsets.length, 'addresses', reader);
  checkStarts(columns.frameStarts, unwinding.frames.starts.length, 'frames', reader);
  checkStarts(columns.handlerStarts, unwinding.images.starts.length, 'handlers', reader);
  checkImages(columns, textStart, limits, reader);
  for (let image = 0; image < count; image++) {
    checkImageFunctions(columns, image, reader);
    checkLocations(columns, locations, image, limits.moduleLength, locationReader);
    checkExternals(columns, externals, image, text, externalReader);
    checkUnwinding(columns, unwinding, image, handlerReader);
  }
  return Array.from({ length: count }, (_, k) => new FileImage(columns, locations, externals, unwinding, k));
}

function readLocations(reader: ColumnReader): CodeLocations {
  const [rows, count] = reader.u32(2);
  const locations = {
    offsets: reader.u32(rows),
    locations: reader.i32(rows),
    functions: reader.u32(count),
    wasmOffsets: reader.u32(count),
    callers: reader.i32(count),
  };
  reader.end();
  return locations;
}

function readExternals(reader: ColumnReader): ExternalColumns {
  const [count, nameCount, nameBytes] = reader.u32(3);
  const columns = { offsets: reader.u32(count), symbols: reader.u32(count), addends: reader.f64(count) };
  const text = reader.u8(nameBytes);
  reader.end();
  const names = new TextDecoder('latin1').decode(text).split('\0');
  if (names.pop() !== '' || names.length !== nameCount || !names.every((name) => /^[\w.]+$/.test(name)))
    reader.fail('the names of symbols are none');
  for (let row = 0; row < count; row++) {
    if (columns.symbols[row] >= nameCount || !Number.isSafeInteger(columns.addends[row]))
      reader.fail(`address ${row} is none`);
  }
  return { ...columns, names };
}

/** Checks that rows are divided among images, without gaps. */
function checkStarts(starts: Uint32Array, count: number, what: string, reader: ColumnReader): void {
  let last = 0;
  for (const start of starts) {
    if (start < last) reader.fail(`${what} from ${last} to ${start}`);
    last = start;
  }
  if (starts[0] !== 0 || last !== count) reader.fail(`${what} from ${starts[0]} to ${last} of ${count}`);
}

function checkImages(
  columns: ImageColumns,
  textStart: number,
  limits: TableLimits,
  reader: ColumnReader,
): void {
  const { starts, byteLengths, codeEnds, loopOffsets, functionStarts, indices } = columns;
  let end = textStart;
  const called: number[] = [];
  const loops: number[] = [];
  for (let k = 0; k < starts.length; k++) {
    const start = starts[k];
    if (start < end || start % textAlignment !== 0 || codeEnds[k] > byteLengths[k])
      reader.fail(`image ${k} at ${start} is not in its place`);
    end = start + byteLengths[k];
    const functionCount = functionStarts[k + 1] - functionStarts[k];
    const isLoop = loopOffsets[k] !== noLoop;
    if (functionCount === 0 || (isLoop && functionCount !== 1) || loopOffsets[k] >= limits.moduleLength)
      reader.fail(`image ${k} has ${functionCount} functions, and a loop at ${loopOffsets[k]}`);
    if (isLoop) loops.push(loopOffsets[k]);
    else for (let row = functionStarts[k]; row < functionStarts[k + 1]; row++) called.push(indices[row]);
  }
  if (end > limits.textLength) reader.fail(`code ends at ${end}, and the text at ${limits.textLength}`);
  if (new Set(called).size !== called.length) reader.fail('a function is in two images');
  if (new Set(loops).size !== loops.length) reader.fail('a loop is in two images');
}

function checkImageFunctions(columns: ImageColumns, image: number, reader: ColumnReader): void {
  const { codeEnds, functionStarts, offsets, functionLengths, indices } = columns;
  for (let row = functionStarts[image]; row < functionStarts[image + 1]; row++) {
    if (offsets[row] + functionLengths[row] > codeEnds[image] || functionLengths[row] === 0)
      reader.fail(`function ${indices[row]} of image ${image} at ${offsets[row]} is not in its code`);
  }
}

function checkLocations(
  { codeEnds, rowStarts, locationStarts }: ImageColumns,
  { offsets, locations, wasmOffsets, callers }: CodeLocations,
  image: number,
  moduleLength: number,
  reader: ColumnReader,
): void {
  const start = locationStarts[image];
  const count = locationStarts[image + 1] - start;
  let least = 0;
  for (let row = rowStarts[image]; row < rowStarts[image + 1]; row++) {
    if (
      offsets[row] < least ||
      offsets[row] > codeEnds[image] ||
      locations[row] < -1 ||
      locations[row] >= count
    )
      reader.fail(`row ${row} is not in its place`);
    least = offsets[row];
  }
  for (let k = 0; k < count; k++) {
    // A caller is noted before what it calls: chains of callers end.
    if (callers[start + k] < -1 || callers[start + k] >= k || wasmOffsets[start + k] >= moduleLength)
      reader.fail(`location ${start + k} is none`);
  }
}

function checkExternals(
  { starts, byteLengths, externalStarts }: ImageColumns,
  { offsets }: ExternalColumns,
  image: number,
  text: Uint8Array,
  reader: ColumnReader,
): void {
  let least = 0;
  for (let row = externalStarts[image]; row < externalStarts[image + 1]; row++) {
    const [offset, end] = [offsets[row], offsets[row] + 8];
    if (offset < least || end > byteLengths[image]) reader.fail(`address ${row} is not in its place`);
    for (let at = offset; at < end; at++)
      if (text[starts[image] + at] !== 0) reader.fail(`address ${row} is not left open`);
    least = end;
  }
}

function checkUnwinding(
  { codeEnds, frameStarts, handlerStarts, functionStarts, offsets }: ImageColumns,
  { images, frames }: UnwindTables,
  image: number,
  reader: ColumnReader,
): void {
  const [first, end] = [frameStarts[image], frameStarts[image + 1]];
  checkFrames(frames, first, end, codeEnds[image], reader);
  checkHandlers(images, handlerStarts[image], handlerStarts[image + 1], codeEnds[image], reader);
  const starts = frames.starts.subarray(first, end);
  for (let row = functionStarts[image]; row < functionStarts[image + 1]; row++) {
    if (starts[lastAtMost(starts, offsets[row])] !== offsets[row])
      reader.fail(`the function at ${offsets[row]} of image ${image} has no frame`);
  }
}

import type { CodeHandlers } from '../code/code-object.js';
import { trapMessages } from '../code/traps.js';
import type { FastCode } from './code-container.js';
import { ColumnReader, ColumnWriter } from './columns.js';
import { checkHandlers, checkSaved } from './handler-section.js';

/**
 * The sections `.upshift.functions` and `.upshift.sites`: the columns of `FastCode`, each section's number of
 * rows first. The handlers are in another section (`handler-section.ts`).
 */

/** `CodeObject.bytes` must be placed at a multiple of this. */
export const codeAlignment = 16;

const trapCount = Object.keys(trapMessages).length;

export function writeFast({ sites, ...functions }: Omit<FastCode, 'handlers'>): {
  functions: Uint8Array;
  sites: Uint8Array;
} {
  return {
    functions: new ColumnWriter()
      .numbers(functions.indices.length)
      .add(functions.indices)
      .add(functions.starts)
      .add(functions.byteLengths)
      .add(functions.entries)
      .add(functions.codeEnds)
      .add(functions.frameSizes)
      .add(functions.siteStarts)
      .add(functions.saved)
      .add(functions.handlerStarts)
      .finish(),
    sites: new ColumnWriter()
      .numbers(sites.offsets.length)
      .add(sites.offsets)
      .add(sites.wasmOffsets)
      .add(sites.traps)
      .finish(),
  };
}

/** What the tables of a container must stay within. */
export interface TableLimits {
  readonly textLength: number;
  readonly moduleLength: number;
}

/**
 * Reads both sections, as views, and checks all that `FastCode` promises.
 *
 * @param handlerReader has read `handlers`
 */
export function readFast(
  functionSection: Uint8Array,
  siteSection: Uint8Array,
  handlers: CodeHandlers,
  handlerReader: ColumnReader,
  limits: TableLimits,
): FastCode {
  const siteReader = new ColumnReader(siteSection, '.upshift.sites');
  const [siteCount] = siteReader.u32(1);
  const sites = {
    offsets: siteReader.u32(siteCount),
    wasmOffsets: siteReader.u32(siteCount),
    traps: siteReader.u8(siteCount),
  };
  siteReader.end();
  const reader = new ColumnReader(functionSection, '.upshift.functions');
  const [count] = reader.u32(1);
  const fast = {
    indices: reader.u32(count),
    starts: reader.u32(count),
    byteLengths: reader.u32(count),
    entries: reader.u32(count),
    codeEnds: reader.u32(count),
    frameSizes: reader.u32(count),
    siteStarts: reader.u32(count + 1),
    sites,
    saved: reader.u32(count),
    handlerStarts: reader.u32(count + 1),
    handlers,
  };
  reader.end();
  checkFunctions(fast, limits.textLength, reader);
  checkSites(fast, limits.moduleLength, siteReader);
  checkUnwinding(fast, handlerReader);
  return fast;
}

/** Where the Fast JIT's code ends in the text. */
export function fastEnd({ starts, byteLengths }: FastCode): number {
  const last = starts.length - 1;
  return last < 0 ? 0 : starts[last] + byteLengths[last];
}

function checkFunctions(fast: FastCode, textLength: number, reader: ColumnReader): void {
  const { indices, starts, byteLengths, entries, codeEnds, siteStarts } = fast;
  const count = indices.length;
  let end = 0;
  for (let k = 0; k < count; k++) {
    const start = starts[k];
    if (k > 0 && indices[k] <= indices[k - 1]) reader.fail(`function ${indices[k]} is not in its place`);
    if (start < end || start % codeAlignment !== 0)
      reader.fail(`the code of function ${indices[k]} begins at ${start}`);
    end = start + byteLengths[k];
    if (entries[k] >= codeEnds[k] || codeEnds[k] > byteLengths[k] || siteStarts[k] > siteStarts[k + 1])
      reader.fail(`the parts of function ${indices[k]} are not in their places`);
  }
  if (end > textLength) reader.fail(`code ends at ${end}, and the text at ${textLength}`);
  const [first, last] = [siteStarts[0], siteStarts[count]];
  if (first !== 0 || last !== fast.sites.offsets.length) reader.fail(`sites from ${first} to ${last}`);
}

function checkSites(fast: FastCode, moduleLength: number, reader: ColumnReader): void {
  const { codeEnds, siteStarts, sites } = fast;
  const { offsets, wasmOffsets, traps } = sites;
  for (let k = 0; k < codeEnds.length; k++) {
    const end = siteStarts[k + 1];
    let least = 0;
    for (let site = siteStarts[k]; site < end; site++) {
      const offset = offsets[site];
      if (offset < least || traps[site] >= trapCount || wasmOffsets[site] >= moduleLength)
        reader.fail(`site ${site} is not in its place`);
      least = offset;
    }
    if (least >= codeEnds[k]) reader.fail(`site ${end - 1} is behind its function's code`);
  }
}

function checkUnwinding({ codeEnds, saved, handlerStarts, handlers }: FastCode, reader: ColumnReader): void {
  const count = saved.length;
  for (const fields of saved) checkSaved(fields, reader);
  const [start, end] = [handlerStarts[0], handlerStarts[count]];
  if (start !== 0 || end !== handlers.starts.length) reader.fail(`handlers from ${start} to ${end}`);
  for (let k = 0; k < count; k++) {
    if (handlerStarts[k] > handlerStarts[k + 1]) reader.fail(`handlers of function ${k}`);
    checkHandlers(handlers, handlerStarts[k], handlerStarts[k + 1], codeEnds[k], reader);
  }
}

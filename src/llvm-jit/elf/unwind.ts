import type { CodeFrames } from '../../code/code-frames.js';
import { type CodeHandlers, noHandlers } from '../../code/code-object.js';
import { DwarfReader } from './dwarf-reader.js';
import { type FrameDescription, placeInImage, readFrames } from './eh-frame.js';
import type { ElfMachine } from './machine.js';
import { type ElfObject, ObjectError, SectionType } from './object.js';

/** DW_EH_PE_…: how numbers in tables of call sites are written. */
const Encoding = { uleb: 1, udata4: 3, omitted: 0xff } as const;

/** A row of a table of call sites: offsets from the function's start. */
interface CallSite {
  readonly start: number;
  readonly end: number;
  readonly pad: number;
}

/**
 * The landing pads of an image's calls, from the object's tables for unwinding: which calls have one follows
 * from the functions' tables of call sites ("LSDA", Itanium C++ ABI: Exception Handling), and how much rsp
 * differs there from `DW_CFA_GNU_args_size`. What the tables say of types and actions is not looked at: code
 * at the pads finds out for itself.
 *
 * Also compares what the tables say of saved registers, where there are any, with `frames`, which come from
 * the code. Throws an `ObjectError` if they differ, or something is not as LLVM makes it. `bases` are the
 * offsets of the sections in the image, -1 for those that are not part of it.
 */
export function readHandlers(
  object: ElfObject,
  machine: ElfMachine,
  bases: Float64Array,
  frames: CodeFrames,
): CodeHandlers {
  const rows: (CallSite & { readonly adjust: number })[] = [];
  for (const frame of readFrames(object, machine)) {
    const start = placeInImage(frame.start, bases);
    checkSaved(frame, start, machine, frames);
    for (const site of callSites(frame)) {
      for (const { from, to, bytes } of argumentRanges(frame)) {
        const [first, end] = [Math.max(from, site.start), Math.min(to, site.end)];
        if (first >= end) continue;
        rows.push({ start: start + first, end: start + end, pad: start + site.pad, adjust: bytes });
      }
    }
  }
  if (rows.length === 0) return noHandlers;
  rows.sort((a, b) => a.start - b.start);
  for (let k = 1; k < rows.length; k++)
    if (rows[k].start < rows[k - 1].end) throw new ObjectError('two landing pads for a call');
  return {
    starts: Uint32Array.from(rows, ({ start }) => start),
    ends: Uint32Array.from(rows, ({ end }) => end),
    pads: Uint32Array.from(rows, ({ pad }) => pad),
    adjusts: Uint32Array.from(rows, ({ adjust }) => adjust),
  };
}

function checkSaved(
  { saved }: FrameDescription,
  start: number,
  machine: ElfMachine,
  { starts, saved: fields }: CodeFrames,
): void {
  const k = starts.indexOf(start);
  if (k < 0 || fields[k] !== machine.savedByTable(saved))
    throw new ObjectError(`the function at ${start}: its registers are not where its first instructions say`);
}

/** The ranges of a function between which the size of the arguments on the stack changes. */
function* argumentRanges({
  argumentSizes,
  size,
}: FrameDescription): Iterable<{ readonly from: number; readonly to: number; readonly bytes: number }> {
  for (const [k, { from, bytes }] of argumentSizes.entries())
    yield { from, to: argumentSizes[k + 1]?.from ?? size, bytes };
}

/** The call sites of a function that have a landing pad. */
function callSites({ callSites: place, size }: FrameDescription): CallSite[] {
  if (place === undefined) return [];
  const { section, offset } = place;
  if (section.type !== SectionType.progbits) throw new ObjectError(`${section.name}: no table of call sites`);
  const reader = new DwarfReader(section, offset);
  // Pads are counted from the function's start.
  if (reader.u8() !== Encoding.omitted) throw reader.error('landing pads of elsewhere');
  if (reader.u8() !== Encoding.omitted) reader.uleb();
  const encoding = reader.u8();
  if (encoding !== Encoding.uleb && encoding !== Encoding.udata4)
    throw reader.error(`call sites of encoding ${encoding}`);
  const number = (): number => (encoding === Encoding.uleb ? reader.uleb() : reader.u32());
  const length = reader.uleb();
  reader.end = reader.skip(length) + length;
  reader.pos -= length;
  const sites: CallSite[] = [];
  let least = 0;
  while (reader.pos < reader.end) {
    const start = number();
    const end = start + number();
    const pad = number();
    reader.uleb();
    if (start < least || end > size || pad >= size)
      throw reader.error('a call site that is not in its place');
    least = end;
    if (pad !== 0) sites.push({ start, end, pad });
  }
  return sites;
}

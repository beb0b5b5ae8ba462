import { DwarfReader } from './dwarf-reader.js';
import { type ElfMachine, RelocationUse } from './machine.js';
import { type ElfObject, ObjectError, type Section } from './object.js';

/**
 * Reads sections `.eh_frame` (Linux Standard Base 5.0, 10.6; DWARF version 4, section 6.4), as far as LLVM
 * makes them for functions whose frame is chained through the frame pointer.
 */

/** A place in a section of the object. */
export interface SectionPlace {
  readonly section: Section;
  readonly offset: number;
}

/** What is known of a function's frame. Offsets are from the function's start. */
export interface FrameDescription {
  readonly start: SectionPlace;
  /** In bytes. */
  readonly size: number;
  /** Its table of call sites; undefined if it has none. */
  readonly callSites: SectionPlace | undefined;
  /** Offsets from the canonical frame address of the registers that it saves, by DWARF's numbers of them. */
  readonly saved: ReadonlyMap<number, number>;
  /** How many bytes of arguments are on the stack, from each offset on; ascending, from 0 on. */
  readonly argumentSizes: readonly { readonly from: number; readonly bytes: number }[];
}

/** What the descriptions of several functions have in common ("CIE"). */
interface CommonPart {
  readonly codeAlignment: number;
  readonly dataAlignment: number;
  readonly hasCallSites: boolean;
}

/**
 * DW_EH_PE_pcrel | DW_EH_PE_sdata4: a distance of 4 bytes; and the address of a pointer, at such a distance.
 */
const distance4 = 0x1b;
const indirectDistance4 = 0x9b;
const pointerBytes = 4;

/** Operations of 6 bits have their first operand in the same byte: DW_CFA_advance_loc, _offset, _restore. */
const Packed = { advance: 1, offset: 2, restore: 3 } as const;

/** DW_CFA_…: other operations. */
const Operation = {
  nop: 0,
  advance1: 2,
  advance2: 3,
  advance4: 4,
  offsetExtended: 5,
  rememberState: 10,
  restoreState: 11,
  defCfa: 12,
  defCfaRegister: 13,
  defCfaOffset: 14,
  argumentsSize: 0x2e,
} as const;

/** All frames that the object describes. Throws an `ObjectError` if something in it is not as expected. */
export function readFrames(object: ElfObject, machine: ElfMachine): FrameDescription[] {
  return object.sections
    .filter(({ name, size }) => name === '.eh_frame' && size > 0)
    .flatMap((section) => new FrameReader(object, machine, section).frames());
}

class FrameReader {
  readonly #object: ElfObject;
  readonly #machine: ElfMachine;
  readonly #section: Section;
  readonly #reader: DwarfReader;
  /** Numbers of relocations, by offset in the section. */
  readonly #relocated = new Map<number, number>();
  /** By offset of their length. */
  readonly #common = new Map<number, CommonPart>();

  constructor(object: ElfObject, machine: ElfMachine, section: Section) {
    this.#object = object;
    this.#machine = machine;
    this.#section = section;
    this.#reader = new DwarfReader(section);
    const { count, offsets } = object.relocations[section.index] ?? { count: 0, offsets: [] };
    for (let k = 0; k < count; k++) this.#relocated.set(offsets[k], k);
  }

  frames(): FrameDescription[] {
    const frames: FrameDescription[] = [];
    const reader = this.#reader;
    const sectionEnd = reader.end;
    while (reader.pos < sectionEnd) {
      const at = reader.pos;
      const end = reader.unitEnd();
      if (end === reader.pos) break;
      reader.end = end;
      const idAt = reader.pos;
      const id = reader.u32();
      if (id === 0) this.#common.set(at, this.#commonPart());
      else frames.push(this.#description(this.#common.get(idAt - id)));
      reader.end = sectionEnd;
      reader.pos = end;
    }
    return frames;
  }

  #commonPart(): CommonPart {
    const reader = this.#reader;
    if (reader.u8() !== 1) throw reader.error('a version that is not known');
    const augmentation = this.#text();
    const [codeAlignment, dataAlignment] = [reader.uleb(), reader.sleb()];
    reader.u8();
    if (!/^z[PLR]*$/.test(augmentation) || !augmentation.includes('R'))
      throw reader.error(`the augmentation "${augmentation}"`);
    const length = reader.uleb();
    const end = reader.pos + length;
    for (const letter of augmentation.slice(1)) {
      const encoding = reader.u8();
      if (encoding !== (letter === 'P' ? indirectDistance4 : distance4))
        throw reader.error(`pointers of encoding ${encoding}`);
      // The personality is a name only.
      if (letter === 'P') reader.skip(pointerBytes);
    }
    if (reader.pos !== end) throw reader.error('more augmentation than is known');
    // What all functions start with: nothing that matters here.
    return { codeAlignment, dataAlignment, hasCallSites: augmentation.includes('L') };
  }

  #text(): string {
    const start = this.#reader.string();
    return String.fromCharCode(...this.#reader.bytes.subarray(start, this.#reader.pos - 1));
  }

  #description(common: CommonPart | undefined): FrameDescription {
    const reader = this.#reader;
    if (common === undefined) throw reader.error('a frame without a common part');
    const start = this.#pointer();
    const size = reader.u32();
    if (start === undefined || start.offset + size > start.section.size)
      throw reader.error('a frame of a function that is not there');
    const length = reader.uleb();
    const end = reader.pos + length;
    const callSites = common.hasCallSites ? this.#pointer() : undefined;
    if (reader.pos !== end) throw reader.error('more augmentation than is known');
    return { start, size, callSites, ...this.#operations(common, size) };
  }

  /** A pointer; undefined if it is null. */
  #pointer(): SectionPlace | undefined {
    const reader = this.#reader;
    const at = reader.pos;
    const k = this.#relocated.get(at);
    const value = reader.u32();
    const relocations = this.#object.relocations[this.#section.index];
    if (k === undefined || relocations === undefined) {
      if (value !== 0) throw reader.error('a pointer that is not relocated');
      return undefined;
    }
    const { sections, symbols } = this.#object;
    const kind = this.#machine.relocations.get(relocations.types[k]);
    const isDistance = kind?.use === RelocationUse.distance || kind?.use === RelocationUse.distanceOrBranch;
    const symbol = relocations.symbols[k];
    const section = sections[symbols.sections[symbol]];
    const offset = symbols.values[symbol] + relocations.addends[k];
    const isThere = section !== undefined && section.index !== 0 && offset >= 0 && offset < section.size;
    if (!isDistance || kind.bytes !== pointerBytes || !isThere)
      throw reader.error('a pointer to what is not there');
    return { section, offset };
  }

  /** Reads the operations up to the end of the description. */
  #operations(
    { codeAlignment, dataAlignment }: CommonPart,
    size: number,
  ): Pick<FrameDescription, 'saved' | 'argumentSizes'> {
    const reader = this.#reader;
    const saved = new Map<number, number>();
    const argumentSizes = [{ from: 0, bytes: 0 }];
    let at = 0;
    const advance = (units: number): void => {
      at += units * codeAlignment;
      if (at > size) throw reader.error('a place behind the function');
    };
    while (reader.pos < reader.end) {
      const operation = reader.u8();
      const low = operation & 0x3f;
      switch (operation >> 6) {
        case Packed.advance:
          advance(low);
          continue;
        case Packed.offset:
          saved.set(low, reader.uleb() * dataAlignment);
          continue;
        case Packed.restore:
          continue;
      }
      switch (operation) {
        case Operation.nop:
        case Operation.rememberState:
        case Operation.restoreState:
          break;
        case Operation.advance1:
          advance(reader.u8());
          break;
        case Operation.advance2:
          advance(reader.u16());
          break;
        case Operation.advance4:
          advance(reader.u32());
          break;
        case Operation.offsetExtended:
          saved.set(reader.uleb(), reader.uleb() * dataAlignment);
          break;
        case Operation.defCfa:
          reader.uleb();
          reader.uleb();
          break;
        case Operation.defCfaRegister:
        case Operation.defCfaOffset:
          reader.uleb();
          break;
        case Operation.argumentsSize:
          argumentSizes.push({ from: at, bytes: reader.uleb() });
          break;
        default:
          throw reader.error(`the operation ${operation}`);
      }
    }
    return { saved, argumentSizes };
  }
}

/** Checks that a place is in a section that is part of the image; returns its offset there. */
export function placeInImage({ section, offset }: SectionPlace, bases: Float64Array): number {
  const base = bases[section.index];
  if (base < 0) throw new ObjectError(`${section.name} at ${offset}: a frame outside of the image`);
  return base + offset;
}

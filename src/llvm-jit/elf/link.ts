import type { CodeFrames } from '../../code/code-frames.js';
import type { CodeLocations } from '../../code/code-locations.js';
import type { CodeHandlers } from '../../code/code-object.js';
import { type ExternalSlot, writeExternals } from '../../code/external-slots.js';
import { pointerSize } from '../../layout/widths.js';
import { readLocations } from './locations.js';
import { type ElfMachine, RelocationUse } from './machine.js';
import {
  type ElfObject,
  ObjectError,
  parseObject,
  type Relocations,
  type Section,
  SectionFlag,
  SectionIndex,
  SectionType,
  SymbolType,
} from './object.js';
import { readHandlers } from './unwind.js';

/** A function of the object. */
export interface LinkedFunction {
  /** The symbol's name. */
  readonly name: string;
  /** Offset of its entry in the image. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
}

/** Machine code that can be placed anywhere. */
export interface LinkedObject {
  /** Machine code, then constants. Must be placed at a multiple of `imageAlignment`. */
  readonly bytes: Uint8Array;
  /** Where the machine code ends and constants begin. */
  readonly codeEnd: number;
  /** All functions, global and local ones, ascending by offset. */
  readonly functions: readonly LinkedFunction[];
  /** The same functions, and what they keep of their callers. */
  readonly frames: CodeFrames;
  /** Where exceptions go that leave a call. */
  readonly handlers: CodeHandlers;
  /** From the debug information, which may be missing. */
  readonly locations: CodeLocations;
  /**
   * Where `bytes` have the addresses of external symbols, ascending. All else is the same wherever these
   * are.
   */
  readonly externals: readonly ExternalSlot[];
}

/** An image must be placed at a multiple of this. */
export const imageAlignment = 64;
/** Distances within an image easily fit 32 bits. */
const imageLimit = 2 ** 30;

/** A section that is read-only once it is relocated. The image is relocated before it is placed. */
const relocatedOnce = '.data.rel.ro';

/**
 * Makes an image of an object that was compiled as position-independent code for the small code model:
 *
 *     executable sections | veneers | other sections | slots
 *
 * A slot holds the absolute address of an external symbol, and a veneer jumps through one. `resolve` gives
 * these addresses; it is asked only for symbols that are referred to. Throws an `ObjectError` if the object
 * is broken, a symbol is not resolved, or the image cannot be position-independent.
 */
export function linkObject(
  object: Uint8Array,
  resolve: (symbol: string) => number | undefined,
  machine: ElfMachine,
): LinkedObject {
  return new Linker(parseObject(object, machine), resolve, machine).link();
}

class Linker {
  readonly #object: ElfObject;
  readonly #resolve: (symbol: string) => number | undefined;
  readonly #machine: ElfMachine;
  /** Offset of each section in the image; -1 for those that are not part of it. */
  readonly #bases: Float64Array;
  /** Number of each external symbol's slot, and of its veneer; -1 for none. */
  readonly #slots: Int32Array;
  readonly #veneers: Int32Array;
  /** Symbol by slot, and slot by veneer. */
  readonly #slotSymbols: number[] = [];
  readonly #veneerSlots: number[] = [];
  readonly #externals: ExternalSlot[] = [];
  readonly #addresses = new Map<string, number>();
  #end = 0;
  #veneerBase = 0;
  #slotBase = 0;
  #bytes = new Uint8Array();
  #view = new DataView(this.#bytes.buffer);

  constructor(object: ElfObject, resolve: (symbol: string) => number | undefined, machine: ElfMachine) {
    this.#object = object;
    this.#resolve = resolve;
    this.#machine = machine;
    this.#bases = new Float64Array(object.sections.length).fill(-1);
    this.#slots = new Int32Array(object.symbols.types.length).fill(-1);
    this.#veneers = new Int32Array(object.symbols.types.length).fill(-1);
  }

  link(): LinkedObject {
    const { veneerSize, unwindSection } = this.#machine;
    const placed = this.#object.sections.filter((section) => hasPlace(section, unwindSection));
    const code = placed.filter(isCode);
    const constants = placed.filter((section) => !isCode(section));
    for (const section of placed) this.#findExternals(section);

    for (const section of code) this.#bases[section.index] = this.#reserve(section.size, section.alignment);
    this.#veneerBase = this.#reserve(veneerSize * this.#veneerSlots.length, veneerSize);
    const codeEnd = this.#end;
    for (const section of constants)
      this.#bases[section.index] = this.#reserve(section.size, section.alignment);
    this.#slotBase = this.#reserve(pointerSize * this.#slotSymbols.length, pointerSize);

    this.#bytes = new Uint8Array(this.#end);
    this.#view = new DataView(this.#bytes.buffer);
    this.#machine.fill(this.#bytes.subarray(0, codeEnd));
    for (const { index, bytes } of placed) this.#bytes.set(bytes, this.#bases[index]);
    this.#writeVeneers();
    this.#noteSlots();
    for (const section of placed) this.#relocate(section);
    this.#externals.sort((a, b) => a.offset - b.offset);
    writeExternals(this.#bytes, this.#externals, (symbol) => this.#addressOf(symbol));
    const functions = this.#functions();
    const frames = this.#frames(functions);
    return {
      bytes: this.#bytes,
      codeEnd,
      functions,
      frames,
      handlers: readHandlers(this.#object, this.#machine, this.#bases, frames),
      locations: readLocations(this.#object, this.#machine, this.#bases, codeEnd),
      externals: this.#externals,
    };
  }

  /** The next `size` bytes of the image. */
  #reserve(size: number, alignment: number): number {
    const start = Math.ceil(this.#end / alignment) * alignment;
    if (!(start + size <= imageLimit)) throw new ObjectError('the image is too large');
    this.#end = start + size;
    return start;
  }

  #relocations(section: Section): Relocations | undefined {
    return this.#object.relocations[section.index];
  }

  #isExternal(symbol: number): boolean {
    return symbol !== 0 && this.#object.symbols.sections[symbol] === SectionIndex.undefined;
  }

  /** Finds out which external symbols need a slot or a veneer. */
  #findExternals(section: Section): void {
    const relocations = this.#relocations(section);
    if (relocations === undefined) return;
    const { count, types, symbols } = relocations;
    for (let k = 0; k < count; k++) {
      const symbol = symbols[k];
      if (!this.#isExternal(symbol)) continue;
      switch (this.#machine.relocations.get(types[k])?.use) {
        case RelocationUse.slot:
          this.#slotOf(symbol);
          break;
        case RelocationUse.branch:
        case RelocationUse.distanceOrBranch:
          if (this.#veneers[symbol] < 0) {
            this.#veneers[symbol] = this.#veneerSlots.length;
            this.#veneerSlots.push(this.#slotOf(symbol));
          }
          break;
      }
    }
  }

  #slotOf(symbol: number): number {
    if (this.#slots[symbol] < 0) {
      this.#slots[symbol] = this.#slotSymbols.length;
      this.#slotSymbols.push(symbol);
    }
    return this.#slots[symbol];
  }

  /** Absolute address of an external symbol, which is asked for once. */
  #addressOf(name: string): number {
    const address = this.#addresses.get(name) ?? this.#resolve(name);
    if (address === undefined) throw new ObjectError(`the symbol ${name} is not known`);
    this.#addresses.set(name, address);
    return address;
  }

  #writeVeneers(): void {
    for (const [veneer, slot] of this.#veneerSlots.entries())
      this.#machine.writeVeneer(this.#view, this.#veneerAt(veneer), this.#slotAt(slot));
  }

  /** Offset of a veneer in the image. */
  #veneerAt(veneer: number): number {
    return this.#veneerBase + this.#machine.veneerSize * veneer;
  }

  /** Offset of a slot in the image. */
  #slotAt(slot: number): number {
    return this.#slotBase + pointerSize * slot;
  }

  #noteSlots(): void {
    for (const [slot, symbol] of this.#slotSymbols.entries())
      this.#noteExternal(this.#slotAt(slot), symbol, 0);
  }

  #noteExternal(offset: number, symbol: number, addend: number): void {
    this.#externals.push({ offset, symbol: this.#object.symbols.name(symbol), addend });
  }

  #relocate(section: Section): void {
    const relocations = this.#relocations(section);
    if (relocations === undefined) return;
    for (let k = 0; k < relocations.count; k++) this.#apply(section, relocations, k);
  }

  #apply(section: Section, relocations: Relocations, k: number): void {
    const machine = this.#machine;
    const type = relocations.types[k];
    const symbol = relocations.symbols[k];
    const offset = relocations.offsets[k];
    const addend = relocations.addends[k];
    const fail = (why: string): never => {
      const name = this.#object.symbols.name(symbol) || `symbol ${symbol}`;
      const place = `${section.name} at ${offset} to ${name}`;
      throw new ObjectError(`${machine.relocationName(type)} in ${place}: ${why}`);
    };
    const kind = machine.relocations.get(type) ?? fail('not supported');
    if (kind.use === RelocationUse.none) return;
    if (offset + kind.bytes > section.size) fail('outside of the section');
    const isExternal = this.#isExternal(symbol);
    const at = this.#bases[section.index] + offset;
    /** Offset in the image of what is referred to, without the addend. */
    const target = (): number => {
      const base = this.#bases[this.#object.symbols.sections[symbol]] ?? -1;
      if (symbol === 0 || base < 0) fail('the symbol is not part of the image');
      return base + this.#object.symbols.values[symbol];
    };
    const writeDistance = (to: number): void => {
      const problem = machine.write(this.#view, at, kind, to + addend - at);
      if (problem !== undefined) fail(problem);
    };
    switch (kind.use) {
      case RelocationUse.address:
        if (kind.bytes !== pointerSize) fail('not supported');
        if (!isExternal) fail('an address that depends on where the image lies');
        this.#noteExternal(at, symbol, addend);
        break;
      case RelocationUse.distance:
        if (isExternal) fail('the symbol is not part of the image');
        writeDistance(target());
        break;
      case RelocationUse.distanceOrBranch:
        // An instruction that does not jump would read the veneer's code.
        if (isExternal && !(isCode(section) && machine.isBranch(this.#view, at)))
          fail('neither a call nor a jump');
        writeDistance(isExternal ? this.#veneerAt(this.#veneers[symbol]) : target());
        break;
      case RelocationUse.branch:
        writeDistance(isExternal ? this.#veneerAt(this.#veneers[symbol]) : target());
        break;
      case RelocationUse.slot: {
        if (isExternal) {
          writeDistance(this.#slotAt(this.#slots[symbol]));
          break;
        }
        // A slot would have to hold the address of a place in the image.
        const to = target();
        if (!isCode(section) || !machine.replaceSlot(this.#view, { at, offset, type, addend }, to))
          fail('not an instruction that can do without a GOT slot');
        break;
      }
    }
  }

  #functions(): LinkedFunction[] {
    const { types, sections, values, sizes, name } = this.#object.symbols;
    const functions: LinkedFunction[] = [];
    for (let symbol = 0; symbol < types.length; symbol++) {
      if (types[symbol] !== SymbolType.func || sections[symbol] === SectionIndex.undefined) continue;
      const section = this.#object.sections[sections[symbol]];
      const inCode = section !== undefined && this.#bases[section.index] >= 0 && isCode(section);
      if (!inCode || values[symbol] + sizes[symbol] > section.size)
        throw new ObjectError(`the function ${name(symbol)} is not in executable code`);
      const offset = this.#bases[section.index] + values[symbol];
      functions.push({ name: name(symbol), offset, size: sizes[symbol] });
    }
    return functions.sort((a, b) => a.offset - b.offset);
  }

  #frames(functions: readonly LinkedFunction[]): CodeFrames {
    return {
      starts: Uint32Array.from(functions, ({ offset }) => offset),
      saved: Uint32Array.from(functions, ({ offset }) => this.#machine.savedByPrologue(this.#bytes, offset)),
    };
  }
}

function isCode(section: Section): boolean {
  return (section.flags & SectionFlag.execute) !== 0;
}

/** Beginnings of names of sections that only unwinding needs; the last has the personality's address. */
const unwinding: readonly string[] = ['.eh_frame', '.gcc_except_table', '.data.DW.ref.'];

/**
 * Whether a section becomes part of the image. Throws if the program needs it, but an image cannot have it.
 */
function hasPlace({ name, type, flags, size, alignment }: Section, unwindSection: number): boolean {
  if ((flags & SectionFlag.alloc) === 0 || size === 0) return false;
  // Tables for unwinding are read here (`unwind.ts`), and nobody uses notes.
  if (type === unwindSection || type === SectionType.note) return false;
  if (unwinding.some((prefix) => name.startsWith(prefix))) return false;
  if (type !== SectionType.progbits || (flags & SectionFlag.tls) !== 0)
    throw new ObjectError(`${name}: only code and constants can be part of an image`);
  if ((flags & SectionFlag.write) !== 0 && name !== relocatedOnce && !name.startsWith(`${relocatedOnce}.`))
    throw new ObjectError(`${name}: variables cannot be part of an image`);
  if (alignment > imageAlignment) throw new ObjectError(`${name}: alignment ${alignment}`);
  return true;
}

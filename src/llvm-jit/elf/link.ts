import type { CodeLocations } from '../../code/code-locations.js';
import { readLocations } from './locations.js';
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
import { gotLoadToAddress, isBranchTarget, Relocation, relocationName } from './relocation.js';

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
  /** Machine code, then constants. To be placed at an address that is a multiple of 64. */
  readonly bytes: Uint8Array;
  /** Where the machine code ends and constants begin. */
  readonly codeEnd: number;
  /** All functions, global and local ones, ascending by offset. */
  readonly functions: readonly LinkedFunction[];
  /** From the debug information, which may be missing. */
  readonly locations: CodeLocations;
}

/** What the image is placed at a multiple of. */
const imageAlignment = 64;
/** Differences within an image fit 32 bits with ease. */
const imageLimit = 2 ** 30;
/** `jmp [rip + slot]`, and `int3` up to a multiple of 8. */
const veneerCode: readonly number[] = [0xff, 0x25, 0, 0, 0, 0, 0xcc, 0xcc];
const veneerSize = 8;
const slotSize = 8;
const int3 = 0xcc;
const twoTo32 = 2 ** 32;

/** Read-only once it is relocated: the image is relocated before it is placed. */
const relocatedOnce = '.data.rel.ro';

/**
 * Makes an image of an object that was compiled as position-independent code for the small code model:
 *
 *     executable sections | veneers | other sections | slots
 *
 * A slot holds the absolute address of an external symbol, a veneer jumps through one. `resolve` says these addresses;
 * it is asked only for symbols that are referred to. Throws an `ObjectError` where the object is broken, a symbol
 * is not resolved, or where it cannot be made position-independent.
 */
export function linkObject(
  object: Uint8Array,
  resolve: (symbol: string) => number | undefined,
): LinkedObject {
  return new Linker(parseObject(object), resolve).link();
}

class Linker {
  readonly #object: ElfObject;
  readonly #resolve: (symbol: string) => number | undefined;
  /** Offset of each section in the image; -1 for those that are not part of it. */
  readonly #bases: Float64Array;
  /** Number of each external symbol's slot, and of its veneer; -1 for none. */
  readonly #slots: Int32Array;
  readonly #veneers: Int32Array;
  /** Absolute address by slot, and slot by veneer. */
  readonly #slotAddresses: number[] = [];
  readonly #veneerSlots: number[] = [];
  #end = 0;
  #veneerBase = 0;
  #slotBase = 0;
  #bytes = new Uint8Array();
  #view = new DataView(this.#bytes.buffer);

  constructor(object: ElfObject, resolve: (symbol: string) => number | undefined) {
    this.#object = object;
    this.#resolve = resolve;
    this.#bases = new Float64Array(object.sections.length).fill(-1);
    this.#slots = new Int32Array(object.symbols.types.length).fill(-1);
    this.#veneers = new Int32Array(object.symbols.types.length).fill(-1);
  }

  link(): LinkedObject {
    const placed = this.#object.sections.filter(hasPlace);
    const code = placed.filter(isCode);
    const constants = placed.filter((section) => !isCode(section));
    for (const section of placed) this.#findExternals(section);

    for (const section of code) this.#bases[section.index] = this.#reserve(section.size, section.alignment);
    this.#veneerBase = this.#reserve(veneerSize * this.#veneerSlots.length, veneerSize);
    const codeEnd = this.#end;
    for (const section of constants)
      this.#bases[section.index] = this.#reserve(section.size, section.alignment);
    this.#slotBase = this.#reserve(slotSize * this.#slotAddresses.length, slotSize);

    this.#bytes = new Uint8Array(this.#end);
    this.#view = new DataView(this.#bytes.buffer);
    this.#bytes.fill(int3, 0, codeEnd);
    for (const { index, bytes } of placed) this.#bytes.set(bytes, this.#bases[index]);
    this.#writeVeneers();
    this.#writeSlots();
    for (const section of placed) this.#relocate(section);
    return {
      bytes: this.#bytes,
      codeEnd,
      functions: this.#functions(),
      locations: readLocations(this.#object, this.#bases, codeEnd),
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
      switch (types[k]) {
        case Relocation.gotpcrel:
        case Relocation.gotpcrelx:
        case Relocation.rexGotpcrelx:
          this.#slotOf(symbol);
          break;
        case Relocation.pc32:
        case Relocation.plt32:
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
      this.#slots[symbol] = this.#slotAddresses.length;
      this.#slotAddresses.push(this.#addressOf(symbol));
    }
    return this.#slots[symbol];
  }

  /** Absolute address of an external symbol. */
  #addressOf(symbol: number): number {
    const name = this.#object.symbols.name(symbol);
    const address = this.#resolve(name);
    if (address === undefined) throw new ObjectError(`the symbol ${name} is not known`);
    return address;
  }

  #writeVeneers(): void {
    for (const [veneer, slot] of this.#veneerSlots.entries()) {
      const at = this.#veneerBase + veneerSize * veneer;
      this.#bytes.set(veneerCode, at);
      this.#view.setInt32(at + 2, this.#slotBase + slotSize * slot - (at + 6), true);
    }
  }

  #writeSlots(): void {
    for (const [slot, address] of this.#slotAddresses.entries())
      this.#writeAddress(this.#slotBase + slotSize * slot, address);
  }

  #writeAddress(at: number, address: number): void {
    this.#view.setUint32(at, address, true);
    this.#view.setUint32(at + 4, Math.floor(address / twoTo32), true);
  }

  #relocate(section: Section): void {
    const relocations = this.#relocations(section);
    if (relocations === undefined) return;
    for (let k = 0; k < relocations.count; k++) this.#apply(section, relocations, k);
  }

  #apply(section: Section, relocations: Relocations, k: number): void {
    const type = relocations.types[k];
    if (type === Relocation.none) return;
    const symbol = relocations.symbols[k];
    const offset = relocations.offsets[k];
    const addend = relocations.addends[k];
    const fail = (why: string): never => {
      const name = this.#object.symbols.name(symbol) || `symbol ${symbol}`;
      throw new ObjectError(`${relocationName(type)} in ${section.name} at ${offset} to ${name}: ${why}`);
    };
    const external = this.#isExternal(symbol);
    const width = type === Relocation.abs64 || type === Relocation.pc64 ? 8 : 4;
    if (offset + width > section.size) fail('outside of the section');
    const at = this.#bases[section.index] + offset;
    /** Offset in the image of what is referred to, without the addend. */
    const target = (): number => {
      const base = this.#bases[this.#object.symbols.sections[symbol]] ?? -1;
      if (symbol === 0 || base < 0) fail('the symbol is not part of the image');
      return base + this.#object.symbols.values[symbol];
    };
    const write32 = (place: number, value: number): void => {
      if (value !== (value | 0)) fail(`${value} does not fit 32 bits`);
      this.#view.setInt32(place, value, true);
    };
    switch (type) {
      case Relocation.abs64:
        if (!external) fail('an address that depends on where the image lies');
        this.#writeAddress(at, this.#addressOf(symbol) + addend);
        break;
      case Relocation.pc64: {
        if (external) fail('the symbol is not part of the image');
        const value = target() + addend - at;
        if (!Number.isSafeInteger(value)) fail(`${value} is no distance`);
        this.#view.setBigInt64(at, BigInt(value), true);
        break;
      }
      case Relocation.pc32:
      case Relocation.plt32: {
        // Whatever does not jump would read the veneer's code.
        if (external && type === Relocation.pc32 && !(isCode(section) && isBranchTarget(this.#bytes, at)))
          fail('neither a call nor a jump');
        const to = external ? this.#veneerBase + veneerSize * this.#veneers[symbol] : target();
        write32(at, to + addend - at);
        break;
      }
      case Relocation.gotpcrel:
      case Relocation.gotpcrelx:
      case Relocation.rexGotpcrelx: {
        if (external) {
          write32(at, this.#slotBase + slotSize * this.#slots[symbol] + addend - at);
          break;
        }
        // A slot would have to hold the address of a place in the image.
        const to = target();
        const decodable = isCode(section) && offset >= 2 && addend === -4;
        const field = decodable ? gotLoadToAddress(this.#bytes, at, type) : -1;
        if (field < 0) fail('not an instruction that can do without a GOT slot');
        write32(field, to - (field + 4));
        break;
      }
      default:
        fail('not supported');
    }
  }

  #functions(): LinkedFunction[] {
    const { types, sections, values, sizes, name } = this.#object.symbols;
    const functions: LinkedFunction[] = [];
    for (let symbol = 0; symbol < types.length; symbol++) {
      if (types[symbol] !== SymbolType.func || sections[symbol] === SectionIndex.undefined) continue;
      const section = this.#object.sections[sections[symbol]];
      const inCode = section !== undefined && hasPlace(section) && isCode(section);
      if (!inCode || values[symbol] + sizes[symbol] > section.size)
        throw new ObjectError(`the function ${name(symbol)} is not in executable code`);
      const offset = this.#bases[section.index] + values[symbol];
      functions.push({ name: name(symbol), offset, size: sizes[symbol] });
    }
    return functions.sort((a, b) => a.offset - b.offset);
  }
}

function isCode(section: Section): boolean {
  return (section.flags & SectionFlag.execute) !== 0;
}

/** Whether a section becomes part of the image. Throws for one that the program needs and an image cannot have. */
function hasPlace({ name, type, flags, size, alignment }: Section): boolean {
  if ((flags & SectionFlag.alloc) === 0 || size === 0) return false;
  // Nobody unwinds through the image by these tables, nor reads its notes.
  if (type === SectionType.x86Unwind || name === '.eh_frame' || type === SectionType.note) return false;
  if (type !== SectionType.progbits || (flags & SectionFlag.tls) !== 0)
    throw new ObjectError(`${name}: only code and constants can be part of an image`);
  if ((flags & SectionFlag.write) !== 0 && name !== relocatedOnce && !name.startsWith(`${relocatedOnce}.`))
    throw new ObjectError(`${name}: variables cannot be part of an image`);
  if (alignment > imageAlignment) throw new ObjectError(`${name}: alignment ${alignment}`);
  return true;
}

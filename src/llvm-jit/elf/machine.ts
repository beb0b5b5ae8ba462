/** What a relocation asks for. S is the symbol's address, A the addend, P the address of the place. */
export const RelocationUse = {
  none: 0,
  /** S + A. */
  address: 1,
  /** S + A - P, where S is in the image. */
  distance: 2,
  /** S + A - P, in an instruction that jumps: it may go through a veneer. */
  branch: 3,
  /** One of these two: the instruction tells which. */
  distanceOrBranch: 4,
  /** G + A - P, where G is the address of a slot that holds S. */
  slot: 5,
} as const;
export type RelocationUse = (typeof RelocationUse)[keyof typeof RelocationUse];

/** A type of relocations that occurs in position-independent code of the small code model. */
export interface RelocationType {
  readonly use: RelocationUse;
  /** How many bytes it changes. */
  readonly bytes: number;
}

/** What linking must know of a processor: its relocations, and the instructions that they occur in. */
export interface ElfMachine {
  /** `e_machine` in the header of an object. */
  readonly number: number;
  /** Its name in messages. */
  readonly name: string;
  /** The type of sections with tables for unwinding. */
  readonly unwindSection: number;
  /** Relocation types by their number. */
  readonly relocations: ReadonlyMap<number, RelocationType>;
  relocationName(type: number): string;
  /** Fills code with instructions that trap. */
  fill(code: Uint8Array): void;
  /** Bytes of a veneer, a power of two: code that jumps to the address in a slot. */
  readonly veneerSize: number;
  /** Writes a veneer at an offset in the image; `slot` is the slot's offset. */
  writeVeneer(image: DataView, at: number, slot: number): void;
  /** Whether a relocated place in code is in an instruction that jumps. */
  isBranch(image: DataView, at: number): boolean;
  /** Writes the value of a relocation at its place. Returns what is wrong with the value, if anything is. */
  write(image: DataView, at: number, type: RelocationType, value: number): string | undefined;
  /**
   * Changes an instruction with a relocation of use `slot` to one that needs no slot, for a symbol at the
   * offset `target` in the image. Returns false if the instruction cannot be changed.
   */
  replaceSlot(image: DataView, place: SlotPlace, target: number): boolean;
  /**
   * As `CodeObject.saved`: where a function keeps the registers of its caller, by the instructions at its
   * entry.
   */
  savedByPrologue(code: Uint8Array, entry: number): number;
  /**
   * The same by a table for unwinding: offsets from the canonical frame address, by DWARF's register numbers.
   */
  savedByTable(offsets: ReadonlyMap<number, number>): number;
}

/** A relocation of use `slot` in code. */
interface SlotPlace {
  /** Its offset in the image. */
  readonly at: number;
  /** Its offset in the section. */
  readonly offset: number;
  /** The number of its type. */
  readonly type: number;
  readonly addend: number;
}

import { NativeBlock } from '../native/block.js';
import type { Address } from '../native/ffi.js';
import { type Cells, cellsOf } from './values.js';

/** A piece of native memory in which a structure lies: `byteOffset` bytes into the block that `cells` shows. */
export interface NativePiece {
  /** Address of the piece's first byte. */
  readonly address: Address;
  readonly cells: Cells;
  readonly byteOffset: number;
}

/** The structure at `byteOffset` in a piece. */
export function pieceAt(piece: NativePiece, byteOffset: number): NativePiece {
  const { address, cells } = piece;
  return { address: address + byteOffset, cells, byteOffset: piece.byteOffset + byteOffset };
}

/** What the arena hands out. */
export interface Allocation extends NativePiece {
  readonly slab: Slab;
}

interface Slab {
  readonly block: NativeBlock;
  readonly cells: Cells;
  /** Pieces of the same size that the block is divided into; undefined for a block that is one piece. */
  readonly sizeClass: SizeClass | undefined;
  /** Byte offsets of free pieces. */
  readonly free: number[];
}

interface SizeClass {
  readonly pieceSize: number;
  readonly piecesPerSlab: number;
  /** Slabs with a free piece. */
  readonly open: Set<Slab>;
}

const smallestPiece = 32;
const largestPiece = 2 ** 14;
/** Blocks for the smaller pieces are of about this size. */
const slabSize = 2 ** 14;

/**
 * Native memory for the many small structures of a runtime: instances, tables, records of host functions. They share
 * blocks, because a block takes microseconds to make visible to JavaScript, and V8 frees what that costs only when
 * the event loop turns.
 */
export class NativeArena {
  readonly #slabs = new Set<Slab>();
  readonly #classes: SizeClass[] = [];

  constructor() {
    for (let pieceSize = smallestPiece; pieceSize <= largestPiece; pieceSize *= 2) {
      this.#classes.push({ pieceSize, piecesPerSlab: Math.max(slabSize / pieceSize, 4), open: new Set() });
    }
  }

  /** How many blocks it has. */
  get blockCount(): number {
    return this.#slabs.size;
  }

  /**
   * Zeroed memory, 16-byte aligned.
   *
   * @throws NativeError where there is none left
   */
  allocate(byteLength: number): Allocation {
    const sizeClass = this.#classes.find(({ pieceSize }) => byteLength <= pieceSize);
    if (sizeClass === undefined) return allocation(this.#addSlab(byteLength, undefined), 0);
    const [slab = this.#addSlab(sizeClass.pieceSize * sizeClass.piecesPerSlab, sizeClass)] = sizeClass.open;
    const byteOffset = slab.free.pop() ?? 0;
    if (slab.free.length === 0) sizeClass.open.delete(slab);
    slab.cells.i32.fill(0, byteOffset >> 2, (byteOffset + byteLength + 3) >> 2);
    return allocation(slab, byteOffset);
  }

  /** Takes a piece back, which nobody may use any more. */
  release({ slab, byteOffset }: Allocation): void {
    const { sizeClass } = slab;
    if (sizeClass === undefined) {
      this.#freeSlab(slab);
      return;
    }
    slab.free.push(byteOffset);
    // Of the blocks that are wholly unused one is kept.
    if (slab.free.length === sizeClass.piecesPerSlab && sizeClass.open.size > 1) {
      sizeClass.open.delete(slab);
      this.#freeSlab(slab);
    } else {
      sizeClass.open.add(slab);
    }
  }

  /** Frees all blocks. */
  dispose(): void {
    for (const slab of this.#slabs) this.#freeSlab(slab);
    for (const { open } of this.#classes) open.clear();
  }

  #addSlab(byteLength: number, sizeClass: SizeClass | undefined): Slab {
    const block = new NativeBlock(byteLength);
    const slab: Slab = { block, cells: cellsOf(block.buffer), sizeClass, free: [] };
    this.#slabs.add(slab);
    if (sizeClass !== undefined) {
      const { pieceSize, piecesPerSlab } = sizeClass;
      for (let k = piecesPerSlab - 1; k >= 0; k--) slab.free.push(k * pieceSize);
      sizeClass.open.add(slab);
    }
    return slab;
  }

  #freeSlab(slab: Slab): void {
    this.#slabs.delete(slab);
    slab.block.free();
  }
}

function allocation(slab: Slab, byteOffset: number): Allocation {
  return { address: slab.block.address + byteOffset, cells: slab.cells, byteOffset, slab };
}

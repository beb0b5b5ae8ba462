import type { Address } from '../../native/ffi/ffi.js';
import { type BufferBlock, makeBufferBlock } from '../../native/memory/buffer-block.js';
import { type Cells, cellsOf } from '../values/cells.js';

/**
 * A piece of native memory in which a structure lies: `byteOffset` bytes into the block that `cells` shows.
 */
export interface Piece {
  /** Address of the piece's first byte. */
  readonly address: Address;
  readonly cells: Cells;
  readonly byteOffset: number;
}

/** The structure at `byteOffset` in a piece. */
export function pieceAt(piece: Piece, byteOffset: number): Piece {
  const { address, cells } = piece;
  return { address: address + byteOffset, cells, byteOffset: piece.byteOffset + byteOffset };
}

/** What the arena hands out. */
export interface Allocation extends Piece {
  readonly slab: Slab;
}

interface Slab {
  readonly block: BufferBlock;
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
 * Memory for the many small structures of a runtime, which machine code and JavaScript both see: instances,
 * tables, records of host functions. They share blocks, because a block takes microseconds to make, and some
 * hundred bytes of V8's.
 */
export class BufferArena {
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
   * @throws RangeError where there is none left
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

  /** Takes back a piece that nobody uses any more. */
  release({ slab, byteOffset }: Allocation): void {
    const { sizeClass } = slab;
    if (sizeClass === undefined) {
      this.#slabs.delete(slab);
      return;
    }
    slab.free.push(byteOffset);
    // One unused block is kept.
    if (slab.free.length === sizeClass.piecesPerSlab && sizeClass.open.size > 1) {
      sizeClass.open.delete(slab);
      this.#slabs.delete(slab);
    } else {
      sizeClass.open.add(slab);
    }
  }

  /** Frees all blocks. */
  dispose(): void {
    this.#slabs.clear();
    for (const { open } of this.#classes) open.clear();
  }

  #addSlab(byteLength: number, sizeClass: SizeClass | undefined): Slab {
    const block = makeBufferBlock(byteLength);
    const slab: Slab = { block, cells: cellsOf(block.buffer), sizeClass, free: [] };
    this.#slabs.add(slab);
    if (sizeClass !== undefined) {
      const { pieceSize, piecesPerSlab } = sizeClass;
      for (let k = piecesPerSlab - 1; k >= 0; k--) slab.free.push(k * pieceSize);
      sizeClass.open.add(slab);
    }
    return slab;
  }
}

function allocation(slab: Slab, byteOffset: number): Allocation {
  return { address: slab.block.address + byteOffset, cells: slab.cells, byteOffset, slab };
}

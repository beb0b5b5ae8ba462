import { NativeBlock } from '../native/block.js';
import type { Address } from '../native/ffi.js';
import { type Cells, cellsOf } from './values.js';

/** A stretch of native memory in which structures lie: its address, and its bytes as cells. */
export interface NativeArea {
  readonly address: Address;
  readonly cells: Cells;
}

/** Bytes of an entry of the pool: enough for each structure that stands alone. */
export const poolEntrySize = 32;
const entriesPerSlab = 128;

interface Slab extends NativeArea {
  readonly block: NativeBlock;
  readonly free: number[];
}

/** One entry of the pool: `byteOffset` is where it starts in its area. */
export interface PoolEntry {
  readonly area: NativeArea;
  readonly byteOffset: number;
}

/**
 * Native memory for the many small structures that lie in no instance: records of host functions, and memory and
 * table instances and globals that the host made.
 */
export class StructPool {
  readonly #slabs = new Set<Slab>();
  /** Slabs with a free entry. */
  readonly #open = new Set<Slab>();

  /** A zeroed entry of `poolEntrySize` bytes. */
  allocate(): PoolEntry {
    const [slab = this.#addSlab()] = this.#open;
    const index = slab.free.pop() ?? 0;
    if (slab.free.length === 0) this.#open.delete(slab);
    const byteOffset = index * poolEntrySize;
    slab.cells.i64.fill(0n, byteOffset >> 3, (byteOffset + poolEntrySize) >> 3);
    return { area: slab, byteOffset };
  }

  /** Takes an entry back. Of the slabs that are wholly unused, one is kept. */
  release(entry: PoolEntry): void {
    const slab = entry.area as Slab;
    slab.free.push(entry.byteOffset / poolEntrySize);
    if (slab.free.length === entriesPerSlab && this.#open.size > 1) {
      this.#open.delete(slab);
      this.#slabs.delete(slab);
      slab.block.free();
    } else {
      this.#open.add(slab);
    }
  }

  dispose(): void {
    for (const slab of this.#slabs) slab.block.free();
    this.#slabs.clear();
    this.#open.clear();
  }

  #addSlab(): Slab {
    const block = new NativeBlock(entriesPerSlab * poolEntrySize);
    const slab: Slab = { block, address: block.address, cells: cellsOf(block.buffer), free: [] };
    for (let index = entriesPerSlab - 1; index >= 0; index--) slab.free.push(index);
    this.#slabs.add(slab);
    this.#open.add(slab);
    return slab;
  }
}

import { openSync } from 'node:fs';
import { type Address, func } from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import { pageSize } from '../linux/memory.js';
import { PageCategory, pagemapScan, pageRegion, pageScan } from '../linux/page-scan.js';
import { NativeBlock } from './block.js';

const ioctl = func('ioctl', 'int', ['int', 'long', 'address']);

/** More regions than this are not worth looking at one by one. */
const mostRegions = 32;

/** Finds out which private pages have been written to. There is one a thread. */
class WrittenPages {
  readonly #file: number;
  readonly #block = new NativeBlock(pageScan.size + mostRegions * pageRegion.size);

  /** @param file a descriptor of `/proc/self/pagemap` */
  constructor(file: number) {
    this.#file = file;
    const block = this.#block;
    const { offsets } = pageScan;
    const { file: ofFile, zeros, present, swapped } = PageCategory;
    block.setAddress(offsets.size, pageScan.size);
    block.setAddress(offsets.regions, block.address + pageScan.size);
    block.setAddress(offsets.regionCount, mostRegions);
    // Those that have memory of their own.
    block.setAddress(offsets.inverted, ofFile | zeros);
    block.setAddress(offsets.allOf, ofFile | zeros);
    block.setAddress(offsets.anyOf, present | swapped);
  }

  /**
   * Looks for pages in [start, end) that have been written to since they were mapped or given back. Pages
   * that have only been read may be among them.
   *
   * @param most bytes that they may be
   * @returns how many regions they are, for `start` and `end`; -1 where they are too many, or the system does
   *   not tell
   */
  find(start: Address, end: Address, most: number): number {
    const block = this.#block;
    const { offsets } = pageScan;
    block.setAddress(offsets.start, start);
    block.setAddress(offsets.end, end);
    // 0 would be no limit.
    const mostPages = Math.floor(most / pageSize);
    if (mostPages === 0) return -1;
    block.setAddress(offsets.maxPages, mostPages);
    const count = ioctl(this.#file, pagemapScan, block.address);
    return block.getAddress(offsets.walkEnd) === end ? count : -1;
  }

  /** Address of region `index`. */
  start(index: number): Address {
    return this.#block.getAddress(regionAt(index) + pageRegion.offsets.start);
  }

  /** Address after region `index`. */
  end(index: number): Address {
    return this.#block.getAddress(regionAt(index) + pageRegion.offsets.end);
  }
}

function regionAt(index: number): number {
  return pageScan.size + index * pageRegion.size;
}

/** Undefined where the system has nothing of this kind. */
export const writtenPages = lazy((): WrittenPages | undefined => {
  try {
    return new WrittenPages(openSync('/proc/self/pagemap', 'r'));
  } catch {
    return undefined;
  }
});

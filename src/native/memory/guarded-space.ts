import { wasmPageSize } from '../../wasm/limits.js';
import { type Address, func } from '../ffi/ffi.js';
import {
  decommit,
  mapCopies,
  NativeError,
  Protection,
  protect,
  release,
  reserve,
  roomForOthers,
} from '../process/pages.js';
import { disown, own, ResourceKind } from '../process/thread-resources.js';
import { type MemoryImage, noImage, readImage } from './memory-image.js';
import { writtenPages } from './written-pages.js';

const memset = func('memset', 'address', ['address', 'int', 'size']);

/**
 * Address space of a guarded memory: a 32-bit index plus a 32-bit offset stays below 8 GiB, and an access of
 * up to 64 KiB from there is still inside.
 */
const byteLength = 2 ** 33 + wasmPageSize;

/**
 * Address space for one guarded memory, of over 8 GiB, which nothing else uses. Only the memory's own bytes
 * can be accessed:
 *
 *     base      image.offset            usable                                  8 GiB + 64 KiB
 *      | zeros | copies of the image | zeros | every access faults                    |
 */
export class GuardedSpace {
  /** Address of byte 0 of the memory. */
  readonly base: Address;
  readonly #owned: number;
  /** Bytes from `base` on that can be accessed. */
  #usable = 0;
  #image: MemoryImage | undefined;

  private constructor(base: Address) {
    this.base = base;
    this.#owned = own(ResourceKind.mapping, base, byteLength);
  }

  /** Undefined where there is too little address space. */
  static tryReserve(): GuardedSpace | undefined {
    try {
      return new GuardedSpace(reserve(byteLength, roomForOthers));
    } catch (error) {
      if (error instanceof NativeError) return undefined;
      throw error;
    }
  }

  /** What it begins with. */
  get image(): MemoryImage | undefined {
    return this.#image;
  }

  /**
   * Makes a new or reset space one for a memory that begins with an image and has `usable` bytes, a multiple
   * of 64 KiB in which the image lies. A space that begins with an image already must begin with this one.
   *
   * @throws NativeError where the system has no memory for it; then only `release` may be called
   */
  prepare(usable: number, image: MemoryImage | undefined): void {
    this.resize(usable);
    if (image !== undefined && this.#image === undefined) {
      mapCopies(this.base + image.offset, image.byteLength, image.file, image.fileOffset);
      this.#image = image;
    }
  }

  /**
   * Makes `usable` bytes accessible, and no others. What is added is zero, unless it was taken away before.
   *
   * @throws NativeError where the system has no memory for it
   */
  resize(usable: number): void {
    const { base } = this;
    const old = this.#usable;
    if (usable > old) protect(base + old, usable - old, Protection.readWrite);
    else if (usable < old) protect(base + usable, old - usable, Protection.none);
    this.#usable = usable;
  }

  /**
   * Undoes all writing: the bytes are as after `prepare`.
   *
   * Pages that were written to are given back, and faults bring new ones. That takes microseconds a page;
   * where there are few, and the system tells which, they are rewritten and kept.
   *
   * @param kept bytes of such pages that may be kept
   * @throws NativeError where the system refuses, as for memory that is locked; then only `release` may be
   *   called
   */
  reset(kept: number): void {
    if (this.#usable > 0 && !this.#rewrite(kept)) decommit(this.base, this.#usable);
  }

  /** Rewrites all pages that were written to. False where it has not rewritten all. */
  #rewrite(kept: number): boolean {
    const pages = writtenPages();
    if (pages === undefined) return false;
    const count = pages.find(this.base, this.base + this.#usable, kept);
    if (count < 0) return false;
    const { base } = this;
    const image = this.#image ?? noImage;
    const imageStart = base + image.offset;
    const imageEnd = imageStart + image.byteLength;
    for (let index = 0; index < count; index++) {
      const start = pages.start(index);
      const end = pages.end(index);
      const middle = Math.max(start, Math.min(end, imageStart));
      const after = Math.max(middle, Math.min(end, imageEnd));
      if (middle > start) memset(start, 0, middle - start);
      if (after > middle && !readImage(image, middle - imageStart, after - middle, middle)) return false;
      if (end > after) memset(after, 0, end - after);
    }
    return true;
  }

  /** Gives memory and address space back. */
  release(): void {
    disown(this.#owned);
    release(this.base, byteLength);
  }

  /** Never gives memory and address space back: somebody whom nobody knows may look at the bytes. */
  abandon(): void {
    disown(this.#owned);
    if (this.#image !== undefined) this.#image.isTaken = true;
  }
}

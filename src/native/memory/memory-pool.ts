import { NativeError } from '../process/pages.js';
import type { GuardedSpace } from './guarded-space.js';
import type { MemoryImage } from './memory-image.js';

/**
 * Address spaces of guarded memories that have been given up, for the next memories. Each is reset before it
 * waits here, so nothing of the old memory is left.
 */
export class MemoryPool {
  readonly #capacity: number;
  readonly #kept: number;
  /** Those given back last are last. */
  readonly #spaces: GuardedSpace[] = [];
  #disposed = false;

  /**
   * @param capacity spaces that are kept at most
   * @param kept bytes of memory that each may keep
   */
  constructor(capacity: number, kept: number) {
    this.#capacity = capacity;
    this.#kept = kept;
  }

  /** Spaces that wait for a memory. */
  get size(): number {
    return this.#spaces.length;
  }

  /**
   * A space for a memory that begins with an image, for `GuardedSpace.prepare`: one that has begun with it
   * before, or else one without an image. Undefined where neither is there.
   */
  take(image: MemoryImage | undefined): GuardedSpace | undefined {
    const spaces = this.#spaces;
    let index = spaces.findLastIndex((space) => space.image === image);
    if (index < 0) index = spaces.findLastIndex((space) => space.image === undefined);
    return index < 0 ? undefined : spaces.splice(index, 1)[0];
  }

  /** Takes back a space whose memory nobody uses any more. Where there are too many, the oldest one goes. */
  giveBack(space: GuardedSpace): void {
    try {
      if (!this.#disposed) space.reset(this.#kept);
    } catch (error) {
      space.release();
      if (error instanceof NativeError) return;
      throw error;
    }
    this.#spaces.push(space);
    if (this.#disposed || this.#spaces.length > this.#capacity) this.#spaces.shift()?.release();
  }

  /** Gives up the spaces that begin with an image, which is about to be deleted. */
  forget(image: MemoryImage): void {
    for (const space of this.#spaces.splice(0)) {
      if (space.image === image) space.release();
      else this.#spaces.push(space);
    }
  }

  /** Gives up all spaces, and keeps none from now on. */
  dispose(): void {
    this.#disposed = true;
    for (const space of this.#spaces.splice(0)) space.release();
  }
}

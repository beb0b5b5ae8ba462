import { lastAtMost } from './last-at-most.js';

/**
 * The functions in a piece of code that was made of several, and which registers each keeps of its caller.
 * Parallel arrays, ascending by `starts`.
 */
export interface CodeFrames {
  /** Offsets of their first instructions. */
  readonly starts: Uint32Array;
  /** As `CodeObject.saved`. */
  readonly saved: Uint32Array;
}

/** What the function around an offset keeps; 0 where there is none. */
export function savedAt({ starts, saved }: CodeFrames, offset: number): number {
  const frame = lastAtMost(starts, offset);
  return frame < 0 ? 0 : saved[frame];
}

import { struct } from '../../layout/struct.js';

/**
 * What a thread owns in native memory, as the machine code sees it that frees it when the thread has ended.
 */
export const threadResources = struct({
  /** Entries in use. */
  count: 'u32',
  /** 1 where the thread's alternate signal stack is ours. */
  hasAltStack: 'u32',
  /** Address of the entries, from malloc. */
  entries: 'u64',
});

/** An entry: what it is, and two values that say which. */
export const resource = struct({ kind: 'u32', first: 'u64', second: 'u64' });

export const ResourceKind = {
  /** Nothing. */
  none: 0,
  /** Address of the size of a table entry, address of its claim. */
  registration: 1,
  /** Address, byte length. */
  mapping: 2,
  /** Address from calloc. */
  heap: 3,
  /** File descriptor. */
  file: 4,
  /** Number of a timer of the kernel's. */
  timer: 5,
} as const;
export type ResourceKind = (typeof ResourceKind)[keyof typeof ResourceKind];

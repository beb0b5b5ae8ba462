import type { BytesDifference } from './bytes.js';
import type { Event, ImportCall } from './events.js';

/** Something that is not the same in the program that is checked and in the one that it is compared with. */
export type Difference =
  /** They called different imports, or with different arguments, or a step ended differently. */
  | { readonly kind: 'event'; readonly checked: Event; readonly reference: Event }
  /** They called an import in the same way, but what it has read of their memories differs. */
  | { readonly kind: 'host-read'; readonly call: ImportCall; readonly bytes: BytesDifference }
  /** Sizes in pages. */
  | {
      readonly kind: 'memory-size';
      readonly memory: number;
      readonly checked: number;
      readonly reference: number;
    }
  | { readonly kind: 'memory'; readonly memory: number; readonly bytes: BytesDifference }
  | {
      readonly kind: 'global';
      readonly index: number;
      readonly type: number;
      /** Bits, unsigned; of a reference, the index of a function or tag, or -1 for null. */
      readonly checked: bigint;
      readonly reference: bigint;
    }
  | {
      readonly kind: 'table-length';
      readonly table: number;
      readonly checked: number;
      readonly reference: number;
    }
  | {
      readonly kind: 'table';
      readonly table: number;
      readonly type: number;
      /** The first element that differs, and how many do. */
      readonly element: number;
      readonly count: number;
      /** As with globals. */
      readonly checked: bigint;
      readonly reference: bigint;
    };

/** What a comparison has found. */
export interface Comparison {
  readonly differences: readonly Difference[];
  /** Whether the stack of one of both was exhausted: then nothing can be compared from there on. */
  readonly exhausted: boolean;
  /** NaNs that are the same but for their sign: see `compareBytes`. */
  readonly nanSigns: number;
}

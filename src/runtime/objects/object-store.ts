import type { MemoryMode } from '../../code/code-object.js';
import type { MemoryPool } from '../../native/memory/memory-pool.js';
import type { HostCalls } from '../calls/host-calls.js';
import type { ExnHolders } from '../exceptions/exn-holder.js';
import type { Cells } from '../values/cells.js';
import type { References } from '../values/references.js';
import type { BufferArena } from './buffer-arena.js';
import type { HostResource } from './host-resource.js';
import type { Lifetimes } from './lifetimes.js';

/** What memories, tables, globals and functions need of the `Store` that they belong to. */
export interface ObjectStore extends References {
  readonly lifetimes: Lifetimes;
  readonly exceptions: { readonly table: ExnHolders };
  readonly arena: BufferArena;
  /** What the host has made. */
  readonly hostResources: Set<HostResource>;
  /** How memories are guarded; undefined where that is free. */
  readonly memoryMode: MemoryMode | undefined;
  /** Where mapped memories come from and go, if anywhere. */
  readonly memoryPool: MemoryPool | undefined;
  /** Whether buffers of memories keep their bytes when the memory has been freed. */
  readonly givesBuffers: boolean;
  /** Whether there is machine code: only then may `machine` be asked for. */
  readonly native: boolean;
  readonly machine: { readonly hostCalls: HostCalls };
  /** Arguments and results of calls without machine code. */
  readonly handlerCells: Cells;
  /** What to throw to JavaScript after a gate has returned a trap. */
  takeError(trap: number): unknown;
}

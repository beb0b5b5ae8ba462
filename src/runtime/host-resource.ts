import type { Address } from '../native/ffi.js';
import { Resource } from './lifetimes.js';
import type { Machine } from './machine.js';

/** What a `HostResource` owns. */
export interface HostContent {
  /** Function records that lie in it. */
  readonly recordRange?: { readonly start: Address; readonly size: number };
  /** Machine code has come to the runtime: makes what it calls. Called again where that failed before. */
  giveCode?(machine: Machine): void;
  visitFunctionReferences?(visit: (record: Address) => void): void;
  free(): void;
}

/** A function, memory, table or global that the host made, outside of any instance. */
export class HostResource extends Resource {
  /** Set once, right after construction: the content needs to know its owner. */
  content: HostContent | undefined;

  override dependencies(): Iterable<Resource> {
    return [];
  }

  override get recordRange(): { readonly start: Address; readonly size: number } | undefined {
    return this.content?.recordRange;
  }

  override visitFunctionReferences(visit: (record: Address) => void): void {
    this.content?.visitFunctionReferences?.(visit);
  }

  override free(): void {
    this.content?.free();
  }
}

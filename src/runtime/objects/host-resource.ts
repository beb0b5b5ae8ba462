import type { Address } from '../../native/ffi/ffi.js';
import type { HostCalls } from '../calls/host-calls.js';
import { DisposedError } from '../errors.js';
import { type Lifetimes, Resource } from './lifetimes.js';

/** What a `HostResource` owns. */
export interface HostContent {
  /** Function records that lie in it. */
  readonly recordRange?: { readonly start: Address; readonly size: number };
  /** Machine code has come to the runtime: makes what it calls. Called again where that failed before. */
  giveCode?(hostCalls: HostCalls): void;
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

/** A memory, table, global or function: of an instance, or made by the host. */
interface Owned {
  readonly owner: Resource;
  readonly store: { readonly lifetimes: Lifetimes };
}

/** Gives up what the host made; what an instance exports lives with the instance. */
export function releaseHosted({ owner, store }: Owned): void {
  if (owner instanceof HostResource) store.lifetimes.release(owner);
}

/** @throws DisposedError if the owner has been given back; `what` names the object */
export function checkAlive({ owner, store }: Owned, what: string): void {
  if (owner.closed && store.lifetimes.isGone(owner)) throw new DisposedError(what);
}

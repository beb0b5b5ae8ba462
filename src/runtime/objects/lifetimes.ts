import type { Address } from '../../native/ffi/ffi.js';
import { AddressMap } from './address-map.js';

/**
 * Something that owns native memory which others may point into: an instance, a module's code, a host
 * function, or a memory, table or global made by the host. It lives until its user has disposed of it and
 * nobody needs it any more.
 */
export abstract class Resource {
  /** The user may still use it: it has not been disposed of. @internal */
  held = true;
  /** How many resources name it among their `dependencies`. @internal */
  references = 0;
  /** Its native memory has been given back. @internal */
  freed = false;
  /**
   * It has been freed, or disposed of while wasm code was running: then `Lifetimes.isGone` tells. Users look
   * at this first, which takes no time. @internal
   */
  closed = false;
  /** Function references may have passed between it and others: see `Lifetimes`. @internal */
  linked = false;

  /** What it points into for as long as it lives. @internal */
  abstract dependencies(): Iterable<Resource>;
  /**
   * Native memory in which function records of this resource lie; none for resources without functions.
   * @internal
   */
  abstract readonly recordRange: { readonly start: Address; readonly size: number } | undefined;
  /** Calls `visit` with every function reference that its tables and globals hold now. @internal */
  abstract visitFunctionReferences(visit: (record: Address) => void): void;
  /** Gives native memory back. Called once. @internal */
  abstract free(): void;
}

/**
 * Decides when resources are freed.
 *
 * What one resource imports from another is known, and is counted. Function references are not: machine code
 * copies them between tables and globals. But they can only pass from one resource to another through a
 * funcref table or global that both see, a call whose type mentions funcref, or the host. Wherever that
 * becomes possible both sides are marked as `linked` (and so is all that they import, whose functions they
 * can pass on). Resources that are not linked, the usual case, are freed as soon as their count is zero; for
 * linked ones a trace from those in use, over imports, tables and globals, finds out.
 * @internal
 */
export class Lifetimes {
  readonly #linked = new Set<Resource>();
  readonly #isBusy: () => boolean;
  readonly #onLink: ((a: Resource, b: Resource) => void) | undefined;
  #waiting: Resource[] = [];
  /** Linked resources given up since the last trace. */
  #candidates = 0;
  /** Linked resources given up that the last trace found in use. */
  #survivors = 0;
  #drainScheduled = false;

  /**
   * While `isBusy` says that wasm code is on the stack nothing is freed, because its frames may hold
   * anything.
   *
   * @param onLink is told of all calls of `link`
   */
  constructor(isBusy: () => boolean, onLink?: (a: Resource, b: Resource) => void) {
    this.#isBusy = isBusy;
    this.#onLink = onLink;
  }

  /** Notes that function references may pass between two resources from now on. */
  link(a: Resource, b: Resource): void {
    if (a === b) return;
    this.#mark(a);
    this.#mark(b);
    this.#onLink?.(a, b);
  }

  /** Counts the dependencies of a resource that has just been made. */
  adopt(resource: Resource): void {
    for (const dependency of resource.dependencies()) dependency.references++;
  }

  /** The user gives a resource up. It is freed at once or as soon as nobody needs it. */
  release(resource: Resource): void {
    if (!resource.held) return;
    resource.held = false;
    this.settle(resource);
  }

  /**
   * Whether a resource that is `closed` can no longer be used. What had to wait is freed now, unless wasm
   * code still runs.
   */
  isGone(resource: Resource): boolean {
    this.drain();
    return resource.freed;
  }

  /** Frees a resource if nobody needs it. To be called when one of the reasons to keep it has gone. */
  settle(resource: Resource): void {
    if (this.#isBusy()) {
      resource.closed = !resource.held;
      this.#waiting.push(resource);
      this.#scheduleDrain();
      return;
    }
    this.#settleNow(resource);
    this.drain();
    // Tracing costs as much as there are linked resources: do it once for every so many that are given up.
    if (this.#candidates * 8 > this.#linked.size) this.collect();
  }

  /** Frees what had to wait for wasm code to return. */
  drain(): void {
    if (this.#waiting.length === 0 || this.#isBusy()) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resource of waiting) this.#settleNow(resource);
    if (this.#candidates * 8 > this.#linked.size) this.collect();
  }

  /** Frees all linked resources that can be reached from none that is in use. */
  collect(): void {
    if (this.#candidates + this.#survivors === 0 || this.#isBusy()) return;
    const needed = this.#trace();
    const garbage: Resource[] = [];
    this.#candidates = 0;
    this.#survivors = 0;
    for (const resource of this.#linked) {
      if (!needed.has(resource)) garbage.push(resource);
      else if (!resource.held) this.#survivors++;
    }
    for (const resource of garbage) {
      this.#linked.delete(resource);
      markFreed(resource);
    }
    for (const resource of garbage) this.#free(resource);
  }

  #settleNow(resource: Resource): void {
    if (resource.held || resource.freed) return;
    resource.closed = false;
    if (resource.linked) {
      this.#candidates++;
    } else if (resource.references === 0) {
      markFreed(resource);
      this.#free(resource);
    }
  }

  #free(resource: Resource): void {
    for (const dependency of resource.dependencies()) {
      dependency.references--;
      this.#settleNow(dependency);
    }
    resource.free();
  }

  #mark(resource: Resource): void {
    if (resource.linked || resource.freed) return;
    resource.linked = true;
    this.#linked.add(resource);
    if (!resource.held) this.#candidates++;
    for (const dependency of resource.dependencies()) this.#mark(dependency);
  }

  #trace(): Set<Resource> {
    const outside = new Map<Resource, number>();
    const records = new AddressMap<Resource>();
    for (const resource of this.#linked) {
      outside.set(resource, resource.references);
      const range = resource.recordRange;
      if (range !== undefined) records.add(range.start, range.size, resource);
    }
    for (const resource of this.#linked) {
      for (const dependency of resource.dependencies()) {
        const count = outside.get(dependency);
        if (count !== undefined) outside.set(dependency, count - 1);
      }
    }
    const needed = new Set<Resource>();
    const pending: Resource[] = [];
    const need = (resource: Resource): void => {
      if (!resource.linked || needed.has(resource)) return;
      needed.add(resource);
      pending.push(resource);
    };
    for (const [resource, count] of outside) if (resource.held || count > 0) need(resource);
    for (let resource = pending.pop(); resource !== undefined; resource = pending.pop()) {
      for (const dependency of resource.dependencies()) need(dependency);
      let last: Address = 0;
      resource.visitFunctionReferences((record) => {
        if (record === last) return;
        last = record;
        const owner = records.find(record)?.value;
        if (owner !== undefined) need(owner);
      });
    }
    return needed;
  }

  /**
   * Frees what waits when the JavaScript stack is empty, if not before.
   */
  #scheduleDrain(): void {
    if (this.#drainScheduled) return;
    this.#drainScheduled = true;
    const drain = (): void => {
      // A program can run microtasks in the middle of a call.
      if (this.#isBusy()) {
        setImmediate(drain);
        return;
      }
      this.#drainScheduled = false;
      this.drain();
    };
    queueMicrotask(drain);
  }
}

function markFreed(resource: Resource): void {
  resource.freed = true;
  resource.closed = true;
}

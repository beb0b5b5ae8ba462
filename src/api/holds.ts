import type { Lifetimes, Resource } from '../runtime/objects/lifetimes.js';

/**
 * Stands for a resource of the runtime in the graph of objects that the garbage collector sees. Every object
 * of the API refers to the hold of the resource that its content belongs to, and a hold refers to all that
 * code of the resource can reach: the holds of what it imports, those with which it may exchange function
 * references, and, weakly known to the runtime, the JavaScript functions that it imports. So when a hold is
 * garbage nobody can reach the resource any more, and it is given up.
 */
export class Hold {
  readonly #kept = new Set<unknown>();
  /**
   * The API's objects by those of the runtime: the same function, say, is the same object for as long as this
   * lives.
   */
  readonly objects = new Map<object, object>();

  /** Keeps a value alive for as long as this lives. */
  keep(value: unknown): void {
    this.#kept.add(value);
  }
}

interface Given {
  readonly resource: Resource;
  readonly lifetimes: Lifetimes;
}

const holds = new WeakMap<Resource, WeakRef<Hold>>();
const givenUp = new FinalizationRegistry<Given>(({ resource, lifetimes }) => {
  lifetimes.release(resource);
  collectSoon(lifetimes);
});

/** Where holds have been given up since the garbage collector came by. */
const toCollect = new Set<Lifetimes>();

/**
 * Holds become garbage together. Which is given up last is chance, and `release` need not look at once for
 * what is linked: so look for it after all of them.
 */
function collectSoon(lifetimes: Lifetimes): void {
  if (toCollect.size === 0) {
    queueMicrotask(() => {
      for (const each of toCollect) each.collect();
      toCollect.clear();
    });
  }
  toCollect.add(lifetimes);
}

/**
 * Holds that have been made while instances were being started, which nobody refers to before they are there.
 */
const pinned: Hold[] = [];
let starts = 0;

/** The hold of a resource. */
export function holdOf(resource: Resource, lifetimes: Lifetimes): Hold {
  const known = holds.get(resource)?.deref();
  if (known !== undefined) return known;
  const hold = new Hold();
  holds.set(resource, new WeakRef(hold));
  // Host functions that only instances hold are not given up by anybody else.
  if (resource.held) givenUp.register(hold, { resource, lifetimes });
  for (const dependency of resource.dependencies()) hold.keep(holdOf(dependency, lifetimes));
  if (starts > 0) pinned.push(hold);
  return hold;
}

/** Keeps each of two resources alive for as long as the other one. */
export function joinHolds(a: Resource, b: Resource, lifetimes: Lifetimes): void {
  const first = holdOf(a, lifetimes);
  const second = holdOf(b, lifetimes);
  first.keep(second);
  second.keep(first);
}

/** Starts an instance. No hold that is made meanwhile is collected. */
export function whileStarting<Result>(start: () => Result): Result {
  starts++;
  try {
    return start();
  } finally {
    starts--;
    if (starts === 0) pinned.length = 0;
  }
}

/** A memory, table or global of the runtime's, or a function. */
interface Content {
  readonly owner: Resource;
  readonly store: { readonly lifetimes: Lifetimes };
}

/** The hold of the resource that `content` belongs to. */
export function holdOfContent({ owner, store }: Content): Hold {
  return holdOf(owner, store.lifetimes);
}

/** The API's object of `content`: always the same one. It is made by `make` if there is none. */
export function objectOf<Made extends object>(content: Content, make: () => Made): Made {
  const known = holdOfContent(content).objects.get(content);
  return (known as Made | undefined) ?? make();
}

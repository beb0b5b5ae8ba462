import { type Address, func, nodeEnvironment, view } from './ffi.js';
import { lazy } from './lazy.js';
import { fail } from './pages.js';
import { processBlock } from './process-block.js';
import {
  ResourceKind,
  resourceAltStack,
  resourceCount,
  resourceEntries,
  resourceSize,
  resourcesSize,
} from './process-block-layout.js';
import { isMainThread } from './threads.js';

export { ResourceKind };

/**
 * What the thread owns in native memory, written down where machine code finds it: `worker.terminate()` lets no
 * JavaScript run, but Node still calls a cleanup function, which frees what is in this list. The main thread ends with
 * its process, and keeps no list.
 */
class ThreadResources {
  readonly #header: Address;
  readonly #headerWords: Uint32Array;
  #words = new Uint32Array(0);
  #capacity = 0;
  #count = 0;
  readonly #free: number[] = [];

  constructor() {
    this.#header = heap(calloc(resourcesSize, 1));
    this.#headerWords = new Uint32Array(view(this.#header, resourcesSize));
    func('napi_add_env_cleanup_hook', 'int', ['address', 'address', 'address'])(
      nodeEnvironment(),
      processBlock().cleanup,
      this.#header,
    );
  }

  add(kind: ResourceKind, first: number, second: number): number {
    const index = this.#free.pop() ?? this.#append();
    this.set(index, kind, first, second);
    return index;
  }

  set(index: number, kind: ResourceKind, first: number, second: number): void {
    const at = (index * resourceSize) / 4;
    this.#words[at] = kind;
    this.#words[at + 2] = first;
    this.#words[at + 3] = first / 2 ** 32;
    this.#words[at + 4] = second;
    this.#words[at + 5] = second / 2 ** 32;
  }

  remove(index: number): void {
    this.#words[(index * resourceSize) / 4] = ResourceKind.none;
    this.#free.push(index);
  }

  ownAltStack(): void {
    this.#headerWords[resourceAltStack / 4] = 1;
  }

  #append(): number {
    if (this.#count === this.#capacity) this.#enlarge();
    const index = this.#count++;
    this.#headerWords[resourceCount / 4] = this.#count;
    return index;
  }

  #enlarge(): void {
    const words = this.#headerWords;
    const at = resourceEntries / 4;
    const old = words[at + 1] * 2 ** 32 + words[at];
    this.#capacity = Math.max(64, 2 * this.#capacity);
    const byteLength = this.#capacity * resourceSize;
    const entries = heap(realloc(old, byteLength));
    this.#words = new Uint32Array(view(entries, byteLength));
    words[at] = entries;
    words[at + 1] = entries / 2 ** 32;
  }
}

const calloc = func('calloc', 'address', ['size', 'size']);
const realloc = func('realloc', 'address', ['address', 'size']);

function heap(address: Address): Address {
  if (!address) fail('allocate memory');
  return address;
}

/** The main thread's resources go with the process. */
const list = lazy(() => (isMainThread() ? undefined : new ThreadResources()));

/** Writes a resource down, to be freed when the thread ends. Returns its number. */
export function own(kind: ResourceKind, first: number, second = 0): number {
  return list()?.add(kind, first, second) ?? -1;
}

/** Changes what was written down under a number: the resource moved. */
export function reown(index: number, kind: ResourceKind, first: number, second = 0): void {
  list()?.set(index, kind, first, second);
}

/** Strikes a resource off, before or after it is freed by hand. */
export function disown(index: number): void {
  list()?.remove(index);
}

/** The thread has an alternate signal stack of ours: it is switched off before its memory is freed. */
export function ownAltStack(): void {
  list()?.ownAltStack();
}

import { type Address, func, nodeEnvironment, view } from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import { ResourceKind, resource, threadResources } from '../layout/thread-resources.js';
import { fail } from './pages.js';
import { processBlock } from './process-block.js';
import { isMainThread } from './threads.js';

export { ResourceKind };

/**
 * A list, for machine code, of what the thread owns in native memory. `worker.terminate()` lets no JavaScript
 * run, but Node still calls a cleanup function, which frees what is in the list. The main thread ends with
 * its process, and keeps none.
 */
class ThreadResources {
  readonly #header: Address;
  readonly #headerWords: Uint32Array;
  #words = new Uint32Array(0);
  #capacity = 0;
  #count = 0;
  readonly #free: number[] = [];

  constructor() {
    this.#header = heap(calloc(threadResources.size, 1));
    this.#headerWords = new Uint32Array(view(this.#header, threadResources.size));
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
    const { offsets } = resource;
    const at = index * resource.size;
    this.#words[(at + offsets.kind) / 4] = kind;
    this.#setValue(at + offsets.first, first);
    this.#setValue(at + offsets.second, second);
  }

  remove(index: number): void {
    this.#words[(index * resource.size + resource.offsets.kind) / 4] = ResourceKind.none;
    this.#free.push(index);
  }

  ownAltStack(): void {
    this.#headerWords[threadResources.offsets.hasAltStack / 4] = 1;
  }

  #setValue(offset: number, value: number): void {
    this.#words[offset / 4] = value;
    this.#words[offset / 4 + 1] = value / 2 ** 32;
  }

  #append(): number {
    if (this.#count === this.#capacity) this.#enlarge();
    const index = this.#count++;
    this.#headerWords[threadResources.offsets.count / 4] = this.#count;
    return index;
  }

  #enlarge(): void {
    const words = this.#headerWords;
    const at = threadResources.offsets.entries / 4;
    const old = words[at + 1] * 2 ** 32 + words[at];
    this.#capacity = Math.max(64, 2 * this.#capacity);
    const byteLength = this.#capacity * resource.size;
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

import type { Address } from '../native/ffi/ffi.js';
import type { InstanceView, ThreadModule } from './thread-module.js';

/**
 * Switches functions at random moments, up to LLVM code and back down to what was there before: for tests of
 * switching.
 */
export class Chaos {
  readonly #module: ThreadModule;
  readonly #published: { readonly index: number; readonly code: bigint }[] = [];
  /** For each instance, what functions are switched to next, by index. */
  readonly #others = new WeakMap<InstanceView, Map<number, bigint>>();
  #state: number;

  constructor(module: ThreadModule, seed: number) {
    this.#module = module;
    this.#state = seed | 1;
  }

  /** Notes LLVM code that was just placed, but not published. */
  add(functionIndex: number, code: Address): void {
    this.#published.push({ index: functionIndex, code: BigInt(code) });
  }

  /** Switches one function of one instance; false if there is none. Must be called under the lock. */
  step(): boolean {
    const { instances } = this.#module;
    if (instances.length === 0 || this.#published.length === 0) return false;
    const instance = instances[this.#random(instances.length)];
    const { index, code } = this.#published[this.#random(this.#published.length)];
    let others = this.#others.get(instance);
    if (others === undefined) {
      others = new Map();
      this.#others.set(instance, others);
    }
    const other = others.get(index) ?? code;
    others.set(index, this.#module.exchange(instance, index, other));
    return true;
  }

  /** A number below `count` (xorshift32). */
  #random(count: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % count;
  }
}

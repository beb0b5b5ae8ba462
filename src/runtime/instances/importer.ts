import type { HostFunction } from '../calls/callable.js';
import type { Instance } from './instance.js';

/**
 * An instance that is being made. Its imports are needed before it exists: whoever makes them can wait for it
 * here.
 */
export class Importer {
  readonly #waiting: ((instance: Instance) => void)[] = [];

  /** Calls `then` as soon as the instance has its memories, before any of its code runs. */
  whenMade(then: (instance: Instance) => void): void {
    this.#waiting.push(then);
  }

  made(instance: Instance): void {
    for (const then of this.#waiting) then(instance);
  }
}

type MakeFunction = (importer: Importer) => HostFunction;

const makers = new WeakMap<HostFunction, MakeFunction>();

/**
 * Gives every instance that imports `fn` its own function instead: the one that `make` returns. So a function
 * can know who calls it, even from the instance's start function. Returns `fn`.
 */
export function forEachImporter<Fn extends HostFunction>(fn: Fn, make: MakeFunction): Fn {
  makers.set(fn, make);
  return fn;
}

/** What an instance that imports `fn` gets. */
export function functionFor(importer: Importer, fn: HostFunction): HostFunction {
  return makers.get(fn)?.(importer) ?? fn;
}

import type { Exceptions, Thrown } from '../../interpreter/callee.js';
import { threadInterpreter } from '../../interpreter/thread.js';
import type { Exceptions as StoreExceptions } from '../exceptions/exceptions.js';
import type { Exn } from '../exceptions/exn.js';
import type { ExnHolder } from '../exceptions/exn-holder.js';
import type { Tag } from '../objects/tag.js';

/** An instance's exceptions, as the interpreter sees them. */
export class InterpreterExceptions implements Exceptions {
  readonly tags: readonly Tag[];
  readonly #exceptions: StoreExceptions;

  /** @param tags those of the instance, by index */
  constructor(exceptions: StoreExceptions, tags: readonly Tag[]) {
    this.#exceptions = exceptions;
    this.tags = tags;
  }

  make(index: number, words: Uint32Array, at: number): Exn {
    return this.#exceptions.read(this.tags[index], words, at);
  }

  deliver(thrown: Thrown, words: Uint32Array, at: number): void {
    this.#exceptions.write(thrown as Exn, words, at);
  }

  referenceOf(thrown: Thrown): number {
    return this.#exceptions.table.handleOf(thrown as Exn);
  }

  thrownOf(low: number, high: number): Exn | null {
    return this.#exceptions.table.exnOf(low, high);
  }

  catchable(error: unknown): Exn | undefined {
    return this.#exceptions.catchable(error);
  }
}

/** The exnrefs on the interpreter's stack. */
export const interpreterStack: ExnHolder = {
  scanExns(scan) {
    const { stack } = threadInterpreter();
    scan(stack.i32, 0, stack.top);
  },
};

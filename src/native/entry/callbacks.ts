import { TrapSignal } from '../../code/trap-signal.js';
import { Trap } from '../../code/traps.js';
import { execEnv, InterruptWord } from '../../layout/exec-env.js';
import type { Address } from '../ffi/ffi.js';
import { interruptWords, throwInterruption } from '../interrupts/interrupts.js';
import { freeReference, newReference } from '../node-api/node-api.js';
import { assemble } from '../x64/stubs/assemble.js';
import { emitCallbackAdapter } from '../x64/stubs/callback.js';
import type { PlacedStubs } from './placed-stubs.js';

const statusIndex = execEnv.offsets.callbackStatus / 4;

/** Functions of JavaScript that stubs call, and how they tell machine code whether they succeeded. */
export class Callbacks {
  readonly #header: Uint32Array;
  readonly #stubs: PlacedStubs;
  readonly #interrupt = interruptWords();
  readonly #references: Address[] = [];
  #exception: unknown;
  /**
   * What `callbackStatus` is to be when the running host function has returned, if wasm code shall not go on
   * behind its call: `resumed` or `tailRequested`; else 0.
   */
  diversion = 0;

  /** `header` is that of the thread's `execEnv`. */
  constructor(header: Uint32Array, stubs: PlacedStubs) {
    this.#header = header;
    this.#stubs = stubs;
  }

  /** A reference to a function, which lives as long as this. */
  reference(callback: () => void): Address {
    const reference = newReference(callback);
    this.#references.push(reference);
    return reference;
  }

  /**
   * Code that calls a function, for `emitCallback`. The function must call `succeed` or `fail`, and not
   * throw.
   */
  adapter(callback: () => void): Address {
    const reference = this.reference(callback);
    return this.#stubs.place(
      'exit',
      assemble((a) => emitCallbackAdapter(a, reference)),
    );
  }

  /** Lets the stub go on that has called back. Throws after the thread's deadline. */
  succeed(): void {
    this.checkDeadline();
    this.#header[statusIndex] = Trap.none;
  }

  /** Has the wasm code go on elsewhere than behind the call of the host function that has returned. */
  divert(): void {
    this.#header[statusIndex] = this.diversion;
    this.diversion = 0;
  }

  /** Throws after the thread's deadline. */
  checkDeadline(): void {
    if (this.#interrupt[InterruptWord.trap] !== Trap.none) throwInterruption();
  }

  /**
   * Ends the wasm code that has called back, because of what was thrown, unless `onThrown` has found where
   * that code goes on.
   */
  end(thrown: unknown, onThrown: (thrown: unknown) => boolean): void {
    let end = thrown;
    try {
      if (onThrown(thrown)) {
        this.checkDeadline();
        this.divert();
        return;
      }
    } catch (error) {
      end = error;
    }
    this.fail(end);
  }

  /** Ends the wasm code that has called back, because of an error. */
  fail(error: unknown): void {
    this.#header[statusIndex] = this.statusOf(error);
  }

  /** The trap that is to end wasm code because of an error. An exception is kept for `takeException`. */
  statusOf(error: unknown): Trap {
    if (error instanceof TrapSignal) return error.trap;
    this.#exception = error;
    return Trap.hostException;
  }

  /** The exception that was kept last; forgotten once taken. */
  takeException(): unknown {
    const exception = this.#exception;
    this.#exception = undefined;
    return exception;
  }

  /** Gives up the functions. No stub may call back any more. */
  dispose(): void {
    for (const reference of this.#references) freeReference(reference);
  }
}

import {
  type Address,
  type CType,
  type ForeignFunction,
  func,
  functionAt,
  type Library,
} from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import { Failure, callGuard as layout } from '../layout/call-guard.js';
import { OnceWord, processData } from '../layout/process-block.js';
import { Signal } from '../linux/signals.js';
import { view } from '../node-api/views.js';
import { oncePerProcess } from '../process/once.js';
import { allocate, pageSize, placeCodePage } from '../process/pages.js';
import { handleAborts, processBlock } from '../process/process-block.js';
import { own, ResourceKind } from '../process/thread-resources.js';
import { threadId } from '../process/threads.js';
import { buildGuardedCalls } from '../x64/handlers/call-guard-code.js';
import { ensureAltStack, registerGuard } from './signals.js';

/**
 * Calls of libraries that may end the process: because they run out of memory, or find an error in
 * themselves. Such a call returns nevertheless: machine code takes the thread back to where it was called, as
 * longjmp would. Nothing that the library had on the stack is cleaned up, so that thread can call no guarded
 * function any more, and locks that the library has taken stay taken. Guarded functions must not call
 * JavaScript.
 */

/** A guarded function has failed, or one has before in this thread. */
export class LibraryFailure extends Error {
  override readonly name = 'LibraryFailure';
}

/** Names of signals. */
const signalNames = new Map(
  Object.entries(Signal).map(([name, signal]) => [signal as number, `SIG${name.toUpperCase()}`]),
);

/** The guard of the thread's calls. */
class CallGuard {
  readonly #block: Address;
  readonly #u32: Uint32Array;
  readonly #u64: BigUint64Array;
  readonly #bytes: Uint8Array;
  /** Why no function can be called any more. */
  #failure: string | undefined;

  constructor() {
    // A fault on an exhausted stack is one, too.
    ensureAltStack();
    oncePerProcess(OnceWord.abortHandlers, () => {
      handleAborts();
      replaceTerminateHandler();
    });
    this.#block = allocate(pageSize);
    own(ResourceKind.mapping, this.#block, pageSize);
    const buffer = view(this.#block, layout.size);
    this.#u32 = new Uint32Array(buffer);
    this.#u64 = new BigUint64Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    registerGuard(threadId(), this.#block);
  }

  /** From now on the thread, and not the process, ends where something fails outside of guarded functions. */
  endThreadOnly(): void {
    this.#u32[layout.offsets.mayEndThread / 4] = 1;
  }

  /**
   * Functions of a library, by their names, that throw a LibraryFailure where they fail. Throws where one
   * does not exist.
   */
  bind(
    library: Library,
    types: Readonly<Record<string, readonly [CType, readonly CType[]]>>,
  ): Record<string, ForeignFunction> {
    const names = Object.keys(types);
    const targets = names.map((name) => {
      const address = library.symbol(name);
      if (address === undefined) throw new Error(`the library has no function ${name}`);
      return address;
    });
    const { bytes, resume, entries } = buildGuardedCalls(this.#block, targets);
    const { address, byteLength } = placeCodePage(bytes);
    own(ResourceKind.mapping, address, byteLength);
    // The same for all libraries of the thread.
    this.#u64[layout.offsets.resume / 8] = BigInt(address + resume);
    const bound = names.map((name, k) => {
      const call = functionAt(address + entries[k], ...types[name]);
      return [name, this.#checked(call)] as const;
    });
    return Object.fromEntries(bound);
  }

  #checked(call: ForeignFunction): ForeignFunction {
    const words = this.#u32;
    return (...args) => {
      if (words[layout.offsets.failure / 4] === Failure.none) {
        const result = call(...args);
        if (words[layout.offsets.failure / 4] === Failure.none) return result;
      }
      throw this.#error();
    };
  }

  #error(): LibraryFailure {
    this.#failure ??= this.#describe();
    return new LibraryFailure(this.#failure);
  }

  #describe(): string {
    const words = this.#u32;
    switch (words[layout.offsets.failure / 4]) {
      case Failure.message: {
        const start = layout.offsets.message;
        const end = this.#bytes.indexOf(0, start);
        return new TextDecoder().decode(this.#bytes.slice(start, end)).trim();
      }
      case Failure.exception:
        return 'a C++ exception, as where there is no memory';
      default: {
        const signal = words[layout.offsets.failureSignal / 4];
        return signalNames.get(signal) ?? `signal ${signal}`;
      }
    }
  }
}

/** The thread's guard, made at first use. */
export const callGuard: () => CallGuard = lazy(() => new CallGuard());

/**
 * Makes uncaught C++ exceptions end the guarded call that raised them. Outside of one, the previous handler
 * runs.
 */
function replaceTerminateHandler(): void {
  const { terminateHandler, i64 } = processBlock();
  let previous: number;
  try {
    // std::terminate_handler std::set_terminate(std::terminate_handler)
    previous = func('_ZSt13set_terminatePFvvE', 'address', ['address'])(terminateHandler);
  } catch {
    // Where it is another C++ library, its exceptions end by abort().
    return;
  }
  i64[processData.offsets.previousTerminate / 8] = BigInt(previous);
}

import type { ExecEnv } from '../../native/entry/exec-env.js';
import type { Address } from '../../native/ffi/ffi.js';
import { typeKey } from '../../wasm/type-registry.js';
import type { FuncType } from '../../wasm/types.js';
import type { Cells } from '../values/cells.js';

/**
 * Handles a call: the arguments are in the cells given (the wasm stack, where machine code calls) from `cell`
 * on, where the results are to be left.
 */
export type HostCallHandler = (cells: Cells, cell: number) => void;

/** Machine code that calls a handler. */
export interface HostStub {
  readonly address: Address;
  readonly id: number;
  readonly key: string;
}

/**
 * The handlers of all host stubs of a thread. Stubs are used again: one that was released serves the next
 * function of the same type.
 */
export class HostCalls {
  readonly #env: ExecEnv;
  readonly #stack: Cells;
  readonly #handlers: HostCallHandler[] = [];
  readonly #released = new Map<string, HostStub[]>();

  /** `stack` is the wasm stack of `env`. */
  constructor(env: ExecEnv, stack: Cells) {
    this.#env = env;
    this.#stack = stack;
  }

  /** Calls handler `id`, for machine code whose arguments are on the wasm stack from `cell` on. */
  dispatch(id: number, cell: number): void {
    this.#handlers[id](this.#stack, cell);
  }

  acquire(type: FuncType, handler: HostCallHandler): HostStub {
    const key = typeKey(type);
    let stub = this.#released.get(key)?.pop();
    if (stub === undefined) {
      const id = this.#handlers.length;
      stub = { address: this.#env.hostStub(type, id), id, key };
    }
    this.#handlers[stub.id] = handler;
    return stub;
  }

  /** Takes back a stub that no machine code can call any more. */
  release(stub: HostStub): void {
    this.#handlers[stub.id] = () => {
      throw new Error('a host function was called after it had been disposed');
    };
    const released = this.#released.get(stub.key);
    if (released === undefined) this.#released.set(stub.key, [stub]);
    else released.push(stub);
  }
}

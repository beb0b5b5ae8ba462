import { NativeBlock } from './block.js';
import { type Address, func } from './ffi.js';
import { view } from './views.js';

/** long syscall(SYS_futex, address, operation, value, timeout): see futex(2). */
const futex = func('syscall', 'long', ['long', 'address', 'int', 'int', 'address']);
const futexNumber = 202;
const Operation = { wait: 128, wake: 129 } as const;

/** Byte offsets in the block: how many are still to arrive, whether all have, and a `struct timespec`. */
const Offset = { missing: 0, isOpen: 4, timeout: 8 } as const;
const size = 24;

/**
 * A gate between threads of the process, which opens when so many of them have arrived. To wait for it is a single call
 * to the system: unlike `Atomics.wait`, nothing that is done to the thread in JavaScript (`worker.terminate()`) takes
 * effect before it ends.
 */
export class Latch {
  readonly #block = new NativeBlock(size);

  constructor(count: number) {
    this.#block.i32[Offset.missing / 4] = count;
  }

  /** To be given to `arrive` in other threads. The latch must live until all have. */
  get address(): Address {
    return this.#block.address;
  }

  /**
   * Blocks the thread until the latch is open, for so many seconds at most. `before` is done first; nothing is between
   * that and the wait at which the thread could be stopped.
   *
   * @returns whether the latch is open
   */
  wait(seconds: number, before: () => void): boolean {
    const { i32, address } = this.#block;
    i32[Offset.timeout / 4] = seconds;
    before();
    futex(futexNumber, address + Offset.isOpen, Operation.wait, 0, address + Offset.timeout);
    // Signals end the wait early.
    for (let round = 0; round < 10 && !this.isOpen; round++) {
      futex(futexNumber, address + Offset.isOpen, Operation.wait, 0, address + Offset.timeout);
    }
    return this.isOpen;
  }

  get isOpen(): boolean {
    return Atomics.load(this.#block.i32, Offset.isOpen / 4) !== 0;
  }

  /** Frees the latch. Nobody may arrive any more. */
  free(): void {
    this.#block.free();
  }
}

/** Arrives at the latch that lies at an address. */
export function arrive(address: Address): void {
  const words = new Int32Array(view(address, size));
  if (Atomics.sub(words, Offset.missing / 4, 1) !== 1) return;
  Atomics.store(words, Offset.isOpen / 4, 1);
  futex(futexNumber, address + Offset.isOpen, Operation.wake, 0x7fffffff, 0);
}

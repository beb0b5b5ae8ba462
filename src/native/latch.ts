import { NativeBlock } from './block.js';
import { type Address, func } from './ffi.js';
import { view } from './views.js';

/** long syscall(SYS_futex, address, operation, value, timeout): see futex(2). */
const futex = func('syscall', 'long', ['long', 'address', 'int', 'int', 'address']);
const futexNumber = 202;
const Operation = { wait: 128, wake: 129 } as const;

/** Byte offsets in the block: the word, and the `struct timespec` of the longest wait. */
const word = 0;
const timeout = 8;

/**
 * A gate between threads of the process, which opens once. To wait for it is a single call to the system: unlike
 * `Atomics.wait`, nothing that is done to the thread in JavaScript (`worker.terminate()`) takes effect before it ends.
 */
export class Latch {
  readonly #block = new NativeBlock(24);

  /** To be given to `openLatch` in another thread. The latch must live until then. */
  get address(): Address {
    return this.#block.address;
  }

  /** Blocks the thread until the latch is open, for so many seconds at most. Returns whether it is open. */
  wait(seconds: number): boolean {
    const { i32, address } = this.#block;
    i32[timeout / 4] = seconds;
    // Woken for nothing: it is waited for anew.
    for (let round = 0; round < 3 && Atomics.load(i32, word / 4) === 0; round++) {
      futex(futexNumber, address + word, Operation.wait, 0, address + timeout);
    }
    return Atomics.load(i32, word / 4) !== 0;
  }

  /** Frees the latch. Nobody may open it any more. */
  free(): void {
    this.#block.free();
  }
}

/** Opens the latch that lies at an address. */
export function openLatch(address: Address): void {
  Atomics.store(new Int32Array(view(address, 4)), 0, 1);
  futex(futexNumber, address + word, Operation.wake, 0x7fffffff, 0);
}

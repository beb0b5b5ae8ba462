import { struct } from '../../layout/struct.js';
import { type Address, func } from '../ffi/ffi.js';
import { timespec } from '../linux/time.js';
import { NativeBlock } from '../memory/block.js';
import { view } from '../node-api/views.js';
import { Syscall } from '../x64/linux/syscalls.js';

/** long syscall(SYS_futex, address, operation, value, timeout): see futex(2). */
const futex = func('syscall', 'long', ['long', 'address', 'int', 'int', 'address']);
const Operation = { wait: 128, wake: 129 } as const;

const latch = struct({
  /** How many are still to arrive. */
  missing: 'i32',
  /** Not 0 when all have. */
  isOpen: 'i32',
  timeout: timespec,
});
const { offsets } = latch;
/** Elements of the block. */
const missing = offsets.missing / 4;
const isOpen = offsets.isOpen / 4;

/**
 * A gate between threads of the process, which opens when a number of them have arrived. To wait for it is a
 * single system call. Unlike `Atomics.wait`, it is not cut short by what JavaScript does to the thread
 * (`worker.terminate()`).
 */
export class Latch {
  readonly #block = new NativeBlock(latch.size);

  constructor(count: number) {
    this.#block.i32[missing] = count;
  }

  /** To be given to `arrive` in other threads. The latch must live until all have. */
  get address(): Address {
    return this.#block.address;
  }

  /**
   * Blocks the thread until the latch is open, for so many seconds at most. `before` is done first; the
   * thread cannot be stopped between that and the wait.
   *
   * @returns whether the latch is open
   */
  wait(seconds: number, before: () => void): boolean {
    const { view, address } = this.#block;
    view.setBigInt64(offsets.timeout + timespec.offsets.seconds, BigInt(seconds), true);
    before();
    futex(Syscall.futex, address + offsets.isOpen, Operation.wait, 0, address + offsets.timeout);
    // Signals end the wait early.
    for (let round = 0; round < 10 && !this.isOpen; round++) {
      futex(Syscall.futex, address + offsets.isOpen, Operation.wait, 0, address + offsets.timeout);
    }
    return this.isOpen;
  }

  get isOpen(): boolean {
    return Atomics.load(this.#block.i32, isOpen) !== 0;
  }

  /** Frees the latch. Nobody may arrive any more. */
  free(): void {
    this.#block.free();
  }
}

/** Arrives at the latch that lies at an address. */
export function arrive(address: Address): void {
  const words = new Int32Array(view(address, latch.size));
  if (Atomics.sub(words, missing, 1) !== 1) return;
  Atomics.store(words, isOpen, 1);
  futex(Syscall.futex, address + offsets.isOpen, Operation.wake, 0x7fffffff, 0);
}

import type { Address } from '../ffi/ffi.js';
import { pollfd } from '../linux/files.js';
import { timespec } from '../linux/time.js';
import { makeBufferBlock } from '../memory/buffer-block.js';
import { Syscall } from '../x64/linux/syscalls.js';
import { systemCalls } from './system-call.js';

const nanosecondsPerSecond = 1_000_000_000n;

/** Descriptors to wait for, by ppoll(2). */
export class PollList {
  readonly #address: Address;
  readonly #view: DataView;
  readonly #count: number;
  readonly #calls = systemCalls();

  constructor(count: number) {
    const { address, buffer } = makeBufferBlock(timespec.size + count * pollfd.size);
    this.#address = address;
    this.#view = new DataView(buffer);
    this.#count = count;
  }

  /** @param events `PollEvent.in` or `PollEvent.out` */
  set(index: number, fd: number, events: number): void {
    const at = timespec.size + index * pollfd.size;
    this.#view.setInt32(at + pollfd.offsets.fd, fd, true);
    this.#view.setUint16(at + pollfd.offsets.events, events, true);
  }

  /** What has happened to a descriptor: `PollEvent`. */
  returnedEvents(index: number): number {
    return this.#view.getUint16(timespec.size + index * pollfd.size + pollfd.offsets.returnedEvents, true);
  }

  /**
   * Waits until something has happened to a descriptor, or for so many nanoseconds (undefined: without an
   * end). When a signal interrupts it, it waits for what is left: the kernel writes that down.
   *
   * @returns the number of descriptors to which something has happened, or a negative error number
   */
  wait(nanoseconds: bigint | undefined): number {
    if (nanoseconds !== undefined) {
      this.#view.setBigInt64(timespec.offsets.seconds, nanoseconds / nanosecondsPerSecond, true);
      this.#view.setBigInt64(timespec.offsets.nanoseconds, nanoseconds % nanosecondsPerSecond, true);
    }
    const timeout = nanoseconds === undefined ? 0 : this.#address;
    return this.#calls.call(Syscall.ppoll, this.#address + timespec.size, this.#count, timeout);
  }
}

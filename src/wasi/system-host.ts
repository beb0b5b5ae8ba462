import { fileCalls } from '../native/file-calls.js';
import { PollEvent, Syscall } from '../native/linux.js';
import { PollList } from '../native/poll-list.js';
import { ClockId } from './abi.js';
import { checked, Errno, fail } from './errno.js';
import type { GuestMemory } from './guest-memory.js';
import type { Host, HostFile, Wait } from './host.js';
import { SystemFile } from './system-file.js';

/** What getrandom(2) gives at most in one call. */
const maxRandom = 0x1ff_ffff;

/** The host by system calls. Clocks have the numbers that Linux gives them. */
export const systemHost: Host = {
  stream: (fd: number): HostFile => new SystemFile(fd, true),

  // Node reads the monotonic clock without a call of the kernel.
  clockTime: (clock: number): bigint =>
    clock === ClockId.monotonic ? process.hrtime.bigint() : readClock('clockGettime', clock),

  clockResolution: (clock: number): bigint => readClock('clockGetres', clock),

  fillRandom(memory: GuestMemory, pointer: number, length: number): void {
    const address = memory.address(pointer, length);
    const { calls } = fileCalls();
    for (let at = 0; at < length; ) {
      at += checked(calls.call3(Syscall.getrandom, address + at, Math.min(length - at, maxRandom), 0));
    }
  },

  wait(waits: readonly Wait[], nanoseconds: bigint | undefined): void {
    const list = new PollList(waits.length);
    for (const [index, { file, toWrite }] of waits.entries()) {
      list.set(index, file.fd, toWrite ? PollEvent.out : PollEvent.in);
    }
    checked(list.wait(nanoseconds));
    for (const [index, wait] of waits.entries()) {
      const events = list.returnedEvents(index);
      if (events === 0) continue;
      wait.ready = true;
      wait.hungUp = (events & PollEvent.hangUp) !== 0;
      if (!wait.toWrite) wait.byteCount = fileCalls().readableBytes(wait.file.fd);
    }
  },

  yield: (): void => {
    fileCalls().calls.call3(Syscall.schedYield, 0, 0, 0);
  },
};

function readClock(call: 'clockGettime' | 'clockGetres', clock: number): bigint {
  if (clock > ClockId.threadCpuTime) fail(Errno.inval);
  return fileCalls().clock(call, clock) ?? fail(Errno.inval);
}

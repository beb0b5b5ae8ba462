import { PollEvent } from '../native/linux/files.js';
import { fileCalls } from '../native/os/file-calls.js';
import { PollList } from '../native/os/poll-list.js';
import { Syscall } from '../native/x64/linux/syscalls.js';
import { ClockId } from './abi.js';
import { checked, Errno, fail } from './errno.js';
import type { GuestMemory } from './guest-memory.js';
import type { Host, HostFile, Wait } from './host.js';
import { SystemFile } from './system-file.js';

/** How many bytes getrandom(2) returns at most. */
const maxRandom = 0x1ff_ffff;

/** The host through system calls. WASI's clocks have the same numbers in Linux. */
export const systemHost: Host = {
  stream: (fd: number): HostFile => new SystemFile(fd, true),

  // Node reads the monotonic clock without entering the kernel.
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

import { errno, errnoName, func } from '../ffi/ffi.js';
import { Syscall } from '../x64/linux/syscalls.js';

/**
 * Threads as Linux numbers them: an id is a positive integer, at most 2^22; the main thread's is the
 * process's.
 */

const gettid = func('gettid', 'int', []);
// libc has no wrapper for tgkill everywhere.
const syscall = func('syscall', 'long', ['long', 'long', 'long', 'long']);

/** The signal that is not sent: only whether it could be is checked. */
const noSignal = 0;
/** What setpriority applies to: a process, which on Linux means the thread with that id. */
const priorityOfProcess = 0;

/** The id of the calling thread. */
export function threadId(): number {
  return gettid();
}

/**
 * Whether this is the main thread of the process. `node:worker_threads` would tell too, but it takes
 * milliseconds to load.
 */
export function isMainThread(): boolean {
  return threadId() === process.pid;
}

/** Whether a thread of this process has not ended yet. Where that cannot be found out it is taken to live. */
export function isThreadAlive(id: number): boolean {
  return syscall(Syscall.tgkill, process.pid, id, noSignal) === 0 || errnoName(errno()) !== 'ESRCH';
}

/**
 * Makes the calling thread, and no other, give way to those of a lower nice value: from -20 to 19, 0 where
 * nobody has changed it. Where it is not allowed everything stays as it was. See setpriority(2), "C
 * library/kernel differences".
 */
export function lowerPriority(nice: number): void {
  const setPriority = func('setpriority', 'int', ['int', 'int', 'int']);
  setPriority(priorityOfProcess, threadId(), nice);
}

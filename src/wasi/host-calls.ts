import { NativeBlock } from '../native/block.js';
import { errno, errnoName, func } from '../native/ffi.js';
import { errnoOfCode, WasiError } from './errno.js';

/** `events` of poll(2). */
export const pollIn = 1;
export const pollOut = 4;

/** struct pollfd: fd i32 at 0, events u16 at 4, revents u16 at 6. */
const pollfdSize = 8;

type SystemCall = (...args: unknown[]) => number;

/** What Node lacks; looked up at the first use, for most programs need neither. */
let lseek: SystemCall | undefined;
let poll: SystemCall | undefined;
let pollfd: NativeBlock | undefined;

function failure(): WasiError {
  return new WasiError(errnoOfCode(errnoName(errno())));
}

/** lseek(2): moves a descriptor's position. `whence` as in WASI, which counts as POSIX does: 0 set, 1 current, 2 end. */
export function hostSeek(fd: number, offset: bigint, whence: number): bigint {
  lseek ??= func('lseek', 'long', ['int', 'long', 'int']);
  const position = lseek(fd, offset, whence);
  if (position < 0) throw failure();
  return BigInt(position);
}

/**
 * poll(2) on one descriptor: whether it is ready for `events` within `timeout` milliseconds (0 does not wait). Errors
 * and hang-ups count as ready, for then a read or write does not block.
 */
export function hostPoll(fd: number, events: number, timeout: number): boolean {
  poll ??= func('poll', 'int', ['address', 'size', 'int']);
  pollfd ??= new NativeBlock(pollfdSize);
  pollfd.view.setInt32(0, fd, true);
  pollfd.view.setUint32(4, events, true);
  const count = poll(pollfd.address, 1, timeout);
  if (count < 0 && errnoName(errno()) !== 'EINTR') throw failure();
  return count > 0;
}

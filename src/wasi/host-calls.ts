import { makeBufferBlock } from '../native/buffer-block.js';
import { errno, errnoName, func, nativeUnavailable } from '../native/ffi.js';
import { lazy } from '../native/lazy.js';
import { Errno, errnoOfCode, WasiError } from './errno.js';

/** `events` of poll(2). */
export const pollIn = 1;
export const pollOut = 4;

/** struct pollfd: fd i32 at 0, events u16 at 4, revents u16 at 6. */
const pollfdSize = 8;

/** What Node lacks; looked up at the first use, for most programs need neither. */
const lseek = lazy(() => func('lseek', 'long', ['int', 'long', 'int']));
const poll = lazy(() => func('poll', 'int', ['address', 'size', 'int']));
const pollfd = lazy(() => {
  const { address, buffer } = makeBufferBlock(pollfdSize);
  return { address, view: new DataView(buffer) };
});

/** For how many milliseconds a descriptor is left alone that would block, where there is no poll(2). */
const pause = 10;
const pauseCell = new Int32Array(new SharedArrayBuffer(4));

function failure(): WasiError {
  return new WasiError(errnoOfCode(errnoName(errno())));
}

/**
 * lseek(2): moves a descriptor's position. `whence` as in WASI, which counts as POSIX does: 0 set, 1 current, 2 end. Without an
 * FFI no descriptor has a position (ESPIPE).
 */
export function hostSeek(fd: number, offset: bigint, whence: number): bigint {
  if (nativeUnavailable() !== undefined) throw new WasiError(Errno.spipe);
  const position = lseek()(fd, offset, whence);
  if (position < 0) throw failure();
  return BigInt(position);
}

/**
 * poll(2) on one descriptor: whether it is ready for `events` within `timeout` milliseconds (0 does not wait). Errors
 * and hang-ups count as ready, for then a read or write does not block. Without an FFI all are ready, after a moment.
 */
export function hostPoll(fd: number, events: number, timeout: number): boolean {
  if (nativeUnavailable() !== undefined) {
    Atomics.wait(pauseCell, 0, 0, Math.min(timeout, pause));
    return true;
  }
  const { address, view } = pollfd();
  view.setInt32(0, fd, true);
  view.setUint32(4, events, true);
  const count = poll()(address, 1, timeout);
  if (count < 0 && errnoName(errno()) !== 'EINTR') throw failure();
  return count > 0;
}

import { ClockId } from './abi.js';
import { Errno, fail } from './errno.js';

const nanosecondsPerMillisecond = 1_000_000n;

/** How far the real-time clock may drift from the system's before it is set again, in nanoseconds. */
const maxDrift = 2n * nanosecondsPerMillisecond;

/** What to add to the monotonic clock to get the real time. */
let realtimeOffset: bigint | undefined;

/**
 * Node gives the real time in milliseconds only. The monotonic clock supplies the digits below while both
 * agree; when the system's clock is set, this one follows.
 */
function realtime(): bigint {
  const monotonic = process.hrtime.bigint();
  const coarse = BigInt(Date.now()) * nanosecondsPerMillisecond;
  const drift = realtimeOffset === undefined ? undefined : monotonic + realtimeOffset - coarse;
  if (drift === undefined || drift < -maxDrift || drift > maxDrift) realtimeOffset = coarse - monotonic;
  return monotonic + (realtimeOffset as bigint);
}

/** CPU time of the process, user and system. */
function cpuTime(): bigint {
  const { user, system } = process.cpuUsage();
  return BigInt(user + system) * 1000n;
}

/** Time of a clock in nanoseconds; fails with EINVAL if there is no such clock. */
export function clockTime(clock: number): bigint {
  switch (clock) {
    case ClockId.realtime:
      return realtime();
    case ClockId.monotonic:
      return process.hrtime.bigint();
    case ClockId.processCpuTime:
    // A program has one thread, and Node 20 cannot tell the CPU time of a thread.
    case ClockId.threadCpuTime:
      return cpuTime();
    default:
      fail(Errno.inval);
  }
}

/** Resolution of a clock in nanoseconds; fails with EINVAL if there is no such clock. */
export function clockResolution(clock: number): bigint {
  switch (clock) {
    case ClockId.realtime:
    case ClockId.monotonic:
      return 1n;
    case ClockId.processCpuTime:
    case ClockId.threadCpuTime:
      return 1000n;
    default:
      fail(Errno.inval);
  }
}

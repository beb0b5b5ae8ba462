import { ClockId, EventType, event, eventHangUp, Rights, subscriptionClockAbsolute } from './abi.js';
import { Errno, fail, WasiError } from './errno.js';
import type { Host, HostFile, Wait } from './host.js';
import type { WasiFunctions, WasiState } from './state.js';
import { VirtualFile } from './virtual-file.js';

/**
 * More would take too much of the process' memory, and the kernel does not wait for that many descriptors
 * anyway.
 */
const maxSubscriptions = 65536;

/** How long to wait for a time of the real-time clock before reading it again: somebody may set it. */
const realtimeSlice = 1_000_000_000n;

/** Ready at a certain time of a clock, when a descriptor is ready, or right now, as an error. */
interface Subscription {
  readonly userData: bigint;
  readonly type: number;
  readonly error: number;
  readonly clock: { readonly id: number; readonly time: bigint } | undefined;
  readonly wait: Wait | undefined;
}

function readSubscription(state: WasiState, at: number): Subscription {
  const { memory } = state;
  const { subscription } = state.layouts;
  const userData = memory.getU64(at + subscription.userData);
  const type = memory.getU8(at + subscription.type);
  const common = { userData, type, error: Errno.success as number, clock: undefined, wait: undefined };
  try {
    if (type === EventType.clock) return { ...common, clock: readClock(state, at) };
    return { ...common, wait: readWait(state, type, memory.getU32(at + subscription.fd)) };
  } catch (failure) {
    if (!(failure instanceof WasiError)) throw failure;
    return { ...common, error: failure.errno };
  }
}

/** The clock of a subscription, and the time on it to wait for. */
function readClock({ memory, host, layouts }: WasiState, at: number): NonNullable<Subscription['clock']> {
  const { subscription } = layouts;
  const id = memory.getU32(at + subscription.clockId);
  const time = memory.getU64(at + subscription.timeout);
  const flags = memory.getU16(at + subscription.clockFlags);
  if (id > ClockId.threadCpuTime || (flags & ~subscriptionClockAbsolute) !== 0) fail(Errno.inval);
  if (id !== ClockId.realtime && id !== ClockId.monotonic) fail(Errno.notsup);
  if ((flags & subscriptionClockAbsolute) !== 0) return { id, time };
  // A duration stays the same even if somebody sets the clock.
  return { id: ClockId.monotonic, time: host.clockTime(ClockId.monotonic) + time };
}

function readWait({ descriptors }: WasiState, type: number, fd: number): Wait {
  const wait = (file: HostFile, toWrite: boolean): Wait => {
    if (!(file instanceof VirtualFile)) return { file, toWrite, ready: false, hungUp: false, byteCount: 0 };
    const reads = !toWrite;
    return {
      file,
      toWrite,
      ready: true,
      hungUp: reads && file.ended,
      byteCount: reads ? file.readableBytes : 0,
    };
  };
  if (type === EventType.fdRead) {
    const descriptor = descriptors.get(fd);
    // One can wait for connections without being able to read.
    if (!descriptor.readable) fail(Errno.badf);
    descriptor.require(Rights.pollFdReadwrite);
    return wait(descriptor.file, false);
  }
  if (type !== EventType.fdWrite) fail(Errno.inval);
  return wait(descriptors.writable(fd, Rights.pollFdReadwrite).file, true);
}

/** Waits until at least one subscription is ready and returns those that are. */
function waitForAny(host: Host, subscriptions: readonly Subscription[]): Subscription[] {
  const waits = subscriptions.flatMap(({ wait }) => (wait === undefined || wait.ready ? [] : [wait]));
  const isReady = subscriptions.some(({ error, wait }) => error !== Errno.success || wait?.ready);
  for (;;) {
    const left = isReady ? 0n : timeLeft(host, subscriptions);
    if (waits.length > 0 || left !== 0n) host.wait(waits, left);
    const now = [host.clockTime(ClockId.realtime), host.clockTime(ClockId.monotonic)];
    const ready = subscriptions.filter(
      ({ error, clock, wait }) =>
        error !== Errno.success || wait?.ready || (clock !== undefined && clock.time <= now[clock.id]),
    );
    if (ready.length > 0) return ready;
  }
}

/** Nanoseconds until the earliest time; undefined if no clock is waited for. */
function timeLeft(host: Host, subscriptions: readonly Subscription[]): bigint | undefined {
  let least: bigint | undefined;
  for (const { clock } of subscriptions) {
    if (clock === undefined) continue;
    let left = clock.time - host.clockTime(clock.id);
    if (left < 0n) left = 0n;
    if (clock.id === ClockId.realtime && left > realtimeSlice) left = realtimeSlice;
    if (least === undefined || left < least) least = left;
  }
  return least;
}

export function pollFunctions(state: WasiState): WasiFunctions {
  const { memory, host, layouts } = state;
  return {
    poll_oneoff: (subscriptionsAt: number, eventsAt: number, count: number, resultAt: number) => {
      if (count === 0) fail(Errno.inval);
      memory.check(subscriptionsAt, count * layouts.subscription.size);
      memory.check(eventsAt, count * event.size);
      memory.check(resultAt, 4);
      if (count > maxSubscriptions) fail(Errno.inval);
      const subscriptions: Subscription[] = [];
      for (let index = 0; index < count; index++) {
        subscriptions.push(readSubscription(state, subscriptionsAt + index * layouts.subscription.size));
      }
      const ready = waitForAny(host, subscriptions);
      for (const [index, { userData, error, type, wait }] of ready.entries()) {
        const at = eventsAt + index * event.size;
        memory.clear(at, event.size);
        memory.setU64(at + event.userData, userData);
        memory.setU16(at + event.error, error);
        memory.setU8(at + event.type, type);
        if (wait === undefined) continue;
        memory.setU64(at + event.byteCount, BigInt(wait.byteCount));
        memory.setU16(at + event.readWriteFlags, wait.hungUp ? eventHangUp : 0);
      }
      memory.setU32(resultAt, ready.length);
    },
  };
}

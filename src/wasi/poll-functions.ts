import { hasDeadline, throwIfInterrupted } from '../native/interrupts.js';
import { ClockId, EventType, event, subscription, subscriptionClockAbsolute } from './abi.js';
import { clockTime } from './clocks.js';
import { Errno, WasiError } from './errno.js';
import { pollIn, pollOut } from './host-calls.js';
import type { HostFile } from './host-file.js';
import type { WasiFunctions, WasiState } from './state.js';

const nanosecondsPerMillisecond = 1_000_000;

/** How often what is waited for is looked at where several things can end the wait, in milliseconds. */
const slice = 10;

/** A subscription: it is ready at a time of the monotonic clock, when a descriptor is ready, or now, as an error. */
interface Subscription {
  readonly userData: bigint;
  readonly type: number;
  readonly error: number;
  readonly deadline: bigint | undefined;
  readonly file: HostFile | undefined;
}

const sleepCell = new Int32Array(new SharedArrayBuffer(4));

function sleep(milliseconds: number): void {
  Atomics.wait(sleepCell, 0, 0, milliseconds);
}

function readSubscription({ memory, descriptors }: WasiState, at: number): Subscription {
  const userData = memory.getU64(at + subscription.userData);
  const type = memory.getU8(at + subscription.type);
  let error = Errno.success as number;
  let deadline: bigint | undefined;
  let file: HostFile | undefined;
  try {
    if (type === EventType.clock) {
      const clock = memory.getU32(at + subscription.clockId);
      const timeout = memory.getU64(at + subscription.timeout);
      const absolute = (memory.getU16(at + subscription.clockFlags) & subscriptionClockAbsolute) !== 0;
      if (clock !== ClockId.realtime && clock !== ClockId.monotonic) throw new WasiError(Errno.notsup);
      const start = clockTime(ClockId.monotonic);
      deadline = start + (absolute ? timeout - clockTime(clock) : timeout);
    } else if (type === EventType.fdRead) {
      file = descriptors.readable(memory.getU32(at + subscription.fd)).file;
    } else if (type === EventType.fdWrite) {
      file = descriptors.writable(memory.getU32(at + subscription.fd)).file;
    } else {
      throw new WasiError(Errno.inval);
    }
  } catch (failure) {
    if (!(failure instanceof WasiError)) throw failure;
    error = failure.errno;
  }
  return { userData, type, error, deadline, file };
}

function isReady(entry: Subscription, now: bigint): boolean {
  if (entry.error !== Errno.success) return true;
  if (entry.deadline !== undefined) return entry.deadline <= now;
  return entry.file?.poll(entry.type === EventType.fdRead ? pollIn : pollOut, 0) ?? true;
}

/** Waits until at least one subscription is ready and returns those that are. */
function waitForAny(subscriptions: readonly Subscription[]): Subscription[] {
  const files = subscriptions.filter((entry) => entry.file !== undefined);
  for (;;) {
    throwIfInterrupted();
    const now = clockTime(ClockId.monotonic);
    const ready = subscriptions.filter((entry) => isReady(entry, now));
    if (ready.length > 0) return ready;
    let wait = Number.POSITIVE_INFINITY;
    for (const { deadline } of subscriptions) {
      if (deadline !== undefined) wait = Math.min(wait, Number(deadline - now) / nanosecondsPerMillisecond);
    }
    if (files.length === 0) sleep(hasDeadline() ? Math.min(wait, slice) : wait);
    else if (files.length === 1) {
      const [{ file, type }] = files;
      file?.poll(type === EventType.fdRead ? pollIn : pollOut, Math.min(Math.ceil(wait), 1000));
    } else sleep(Math.min(wait, slice));
  }
}

export function pollFunctions(state: WasiState): WasiFunctions {
  const { memory } = state;
  return {
    poll_oneoff: (subscriptionsAt: number, eventsAt: number, count: number, resultAt: number) => {
      if (count === 0) throw new WasiError(Errno.inval);
      memory.check(subscriptionsAt, count * subscription.size);
      memory.check(eventsAt, count * event.size);
      memory.check(resultAt, 4);
      const subscriptions: Subscription[] = [];
      for (let index = 0; index < count; index++) {
        subscriptions.push(readSubscription(state, subscriptionsAt + index * subscription.size));
      }
      const ready = waitForAny(subscriptions);
      for (const [index, entry] of ready.entries()) {
        const at = eventsAt + index * event.size;
        memory.clear(at, event.size);
        memory.setU64(at + event.userData, entry.userData);
        memory.setU16(at + event.error, entry.error);
        memory.setU8(at + event.type, entry.type);
      }
      memory.setU32(resultAt, ready.length);
    },
  };
}

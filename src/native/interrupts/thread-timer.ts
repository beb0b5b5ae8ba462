import { struct } from '../../layout/struct.js';
import { type Address, func, view } from '../ffi/ffi.js';
import {
  firstRealTimeSignal,
  lastRealTimeSignal,
  SignalFlag,
  StandardAction,
  sigevent,
  signalToThread,
  unblockSignals,
} from '../linux/signals.js';
import { itimerspec, timespec } from '../linux/time.js';
import { allocate, fail, pageSize, release } from '../process/pages.js';
import { handlerFlags } from '../process/process-block.js';
import { SignalAction } from '../process/signal-action.js';
import { disown, own, ResourceKind } from '../process/thread-resources.js';
import { threadId } from '../process/threads.js';
import { Syscall } from '../x64/linux/syscalls.js';

const sigmask = func('pthread_sigmask', 'int', ['int', 'address', 'address']);
// libc's own timers know no signals to one thread.
const syscall = func('syscall', 'long', ['long', 'long', 'address', 'address', 'address']);

/**
 * By what a timer goes: time that passes, or processor time of the thread. CLOCK_MONOTONIC and
 * CLOCK_THREAD_CPUTIME_ID.
 */
export const TimerClock = { monotonic: 1, threadTime: 3 } as const;
export type TimerClock = (typeof TimerClock)[keyof typeof TimerClock];

/** What the thread's memory for arguments holds. */
const argument = struct({ event: sigevent, time: itimerspec, id: 'i32', signals: 'u64' });

const nanosecondsPerMillisecond = 1e6;
const nanosecondsPerSecond = 1e9;

export interface TimerOptions {
  readonly clock: TimerClock;
  /** Address of the handler of the signals. */
  readonly handler: Address;
  /** Whether all signals are blocked when the handler begins. Default: false. */
  readonly blocksSignals?: boolean;
  /** What the handler finds in `si_value`. */
  readonly value: Address;
  /** Milliseconds from one signal to the next: a signal may come where nothing can be done about it. */
  readonly repetition: number;
  /**
   * Whether system calls that the signals interrupt go on, where the kernel lets them; otherwise they end
   * with EINTR.
   */
  readonly restartsCalls: boolean;
  /** Whether the timer ends with the thread. To see to that takes machine code. */
  readonly isOwned: boolean;
}

/** A timer of the kernel's that sends signals to the thread that has made it. */
export class ThreadTimer {
  readonly #id: number;
  readonly #owned: number | undefined;
  readonly #repetition: number;
  readonly #argument: Address;
  readonly #fields: DataView;

  /** Throws where the system has no such timer. */
  constructor(options: TimerOptions) {
    const { clock, handler, value, repetition, restartsCalls, blocksSignals = false, isOwned } = options;
    this.#repetition = repetition;
    this.#argument = allocate(pageSize);
    this.#fields = new DataView(view(this.#argument, argument.size));
    const fields = this.#fields;
    const flags = handlerFlags | (restartsCalls ? SignalFlag.restart : 0);
    const signal = installForTimers(handler, flags, blocksSignals);
    this.#unblock(signal);
    const { event, id } = argument.offsets;
    fields.setBigUint64(event + sigevent.offsets.value, BigInt(value), true);
    fields.setInt32(event + sigevent.offsets.signal, signal, true);
    fields.setInt32(event + sigevent.offsets.kind, signalToThread, true);
    fields.setInt32(event + sigevent.offsets.thread, threadId(), true);
    if (syscall(Syscall.timerCreate, clock, this.#argument + event, this.#argument + id, 0)) {
      release(this.#argument, pageSize);
      fail('make a timer');
    }
    this.#id = fields.getInt32(id, true);
    // Nothing else writes to what the thread may leave behind.
    if (isOwned) this.#owned = own(ResourceKind.timer, this.#id);
  }

  /**
   * The first signal comes in `milliseconds`, or at once where these are over; others follow until it is
   * stopped.
   */
  start(milliseconds: number): void {
    const nanoseconds = Math.max(1, Math.ceil(milliseconds * nanosecondsPerMillisecond));
    this.#set(nanoseconds);
  }

  /** No signal comes any more; those that were sent have been handled when this returns. */
  stop(): void {
    this.#set(0);
  }

  dispose(): void {
    syscall(Syscall.timerDelete, this.#id, 0, 0, 0);
    if (this.#owned !== undefined) disown(this.#owned);
    release(this.#argument, pageSize);
  }

  #set(nanoseconds: number): void {
    const { time } = argument.offsets;
    const { interval, value } = itimerspec.offsets;
    this.#setTime(time + interval, this.#repetition * nanosecondsPerMillisecond);
    this.#setTime(time + value, nanoseconds);
    if (syscall(Syscall.timerSettime, this.#id, 0, this.#argument + time, 0)) fail('set a timer');
  }

  #setTime(at: number, nanoseconds: number): void {
    const { offsets } = timespec;
    const seconds = Math.floor(nanoseconds / nanosecondsPerSecond);
    this.#fields.setBigInt64(at + offsets.seconds, BigInt(seconds), true);
    this.#fields.setBigInt64(at + offsets.nanoseconds, BigInt(nanoseconds % nanosecondsPerSecond), true);
  }

  /** Lets the thread have a signal. */
  #unblock(signal: number): void {
    const { signals } = argument.offsets;
    this.#fields.setBigUint64(signals, 1n << BigInt(signal - 1), true);
    if (sigmask(unblockSignals, this.#argument + signals, 0)) fail('unblock a signal');
  }
}

/**
 * Installs a handler for a real-time signal that nobody uses, or that has this handler already. Returns the
 * signal.
 */
function installForTimers(handler: Address, flags: number, blocksSignals: boolean): number {
  const action = new SignalAction();
  try {
    for (let signal = lastRealTimeSignal; signal >= firstRealTimeSignal; signal--) {
      action.readExisting(signal);
      if (action.handler !== StandardAction.default && action.handler !== handler) continue;
      action.handler = handler;
      action.flags = flags;
      if (blocksSignals) action.blocksAll();
      action.install(signal);
      return signal;
    }
  } finally {
    action.free();
  }
  throw new Error('no real-time signal is left');
}

import { type Address, func, symbol, view } from './ffi.js';
import { allocate, fail, pageSize, release } from './pages.js';
import { processBlock } from './process-block.js';
import * as layout from './process-block-layout.js';
import { disown, own, ResourceKind } from './thread-resources.js';
import { threadId } from './threads.js';

const sigaction = func('sigaction', 'int', ['int', 'address', 'address']);
const sigmask = func('pthread_sigmask', 'int', ['int', 'address', 'address']);
// libc's own timers know no signals to one thread.
const syscall = func('syscall', 'long', ['long', 'long', 'address', 'address', 'address']);

const Call = { create: 222, settime: 223, delete: 226 } as const;
const monotonicClock = 1;
/** SIGEV_THREAD_ID: a signal to one thread. */
const toThread = 4;
const unblock = 1;

/** struct sigevent: value, signal, kind, thread; struct itimerspec: interval and time to the first signal. */
const sigevent = { size: 64, value: 0, signal: 8, kind: 12, thread: 16 } as const;
const itimerspec = { interval: 8, seconds: 16, nanoseconds: 24, size: 32 } as const;

/** Milliseconds from one signal to the next: a signal may come where nothing can be done about it. */
const repetition = 10;
const nanosecondsPerMillisecond = 1e6;

/** A timer of the kernel's that sends signals to the thread that has made it. */
export class ThreadTimer {
  readonly #id: number;
  readonly #owned: number | undefined;
  readonly #argument: Address;
  readonly #fields: DataView;

  /**
   * @param toMachineCode whether `interruptHandler` of the process block handles the signals; otherwise they do nothing but end
   *   system calls with EINTR, for which no machine code is needed
   * @param value what the handler finds in `si_value`
   */
  constructor(toMachineCode: boolean, value: Address) {
    this.#argument = allocate(pageSize);
    this.#fields = new DataView(view(this.#argument, pageSize));
    // Of the functions of libc that any handler's arguments do no harm to.
    const handler = toMachineCode ? processBlock().interruptHandler : symbol('getppid');
    const signal = takeSignal(handler, this.#argument, this.#fields);
    const fields = this.#fields;
    new Uint8Array(fields.buffer).fill(0, 0, sigevent.size);
    fields.setBigUint64(sigevent.value, BigInt(value), true);
    fields.setInt32(sigevent.signal, signal, true);
    fields.setInt32(sigevent.kind, toThread, true);
    fields.setInt32(sigevent.thread, threadId(), true);
    const result = this.#argument + sigevent.size;
    if (syscall(Call.create, monotonicClock, this.#argument, result, 0)) fail('make a timer');
    this.#id = fields.getInt32(sigevent.size, true);
    // Nothing else writes to what the thread may leave behind.
    if (toMachineCode) this.#owned = own(ResourceKind.timer, this.#id);
  }

  /** The first signal comes in `milliseconds`, or at once where these are over; others follow until it is stopped. */
  start(milliseconds: number): void {
    const nanoseconds = Math.max(1, Math.ceil(milliseconds * nanosecondsPerMillisecond));
    this.#set(nanoseconds);
  }

  /** No signal comes any more; those that were sent have been handled when this returns. */
  stop(): void {
    this.#set(0);
  }

  dispose(): void {
    syscall(Call.delete, this.#id, 0, 0, 0);
    if (this.#owned !== undefined) disown(this.#owned);
    release(this.#argument, pageSize);
  }

  #set(nanoseconds: number): void {
    const fields = this.#fields;
    const perSecond = 1e3 * nanosecondsPerMillisecond;
    fields.setBigInt64(0, 0n, true);
    fields.setBigInt64(itimerspec.interval, BigInt(repetition * nanosecondsPerMillisecond), true);
    fields.setBigInt64(itimerspec.seconds, BigInt(Math.floor(nanoseconds / perSecond)), true);
    fields.setBigInt64(itimerspec.nanoseconds, BigInt(nanoseconds % perSecond), true);
    if (syscall(Call.settime, this.#id, 0, this.#argument, 0)) fail('set a timer');
  }
}

/** Finds a real-time signal that nobody uses, or that `handler` has already; installs it, and lets the thread have it. */
function takeSignal(handler: Address, scratch: Address, fields: DataView): number {
  for (let signal = layout.lastRealTimeSignal; signal >= layout.firstRealTimeSignal; signal--) {
    if (sigaction(signal, 0, scratch)) fail('read a signal handler');
    const installed = Number(fields.getBigUint64(0, true));
    if (installed !== 0 && installed !== handler) continue;
    fields.setBigUint64(0, BigInt(handler), true);
    fields.setInt32(layout.sigactionFlags, layout.handlerFlags, true);
    if (sigaction(signal, scratch, 0)) fail('install a signal handler');
    new Uint8Array(fields.buffer).fill(0, 0, layout.sigactionSize);
    fields.setBigUint64(0, 1n << BigInt(signal - 1), true);
    if (sigmask(unblock, scratch, 0)) fail('unblock a signal');
    return signal;
  }
  throw new Error('no real-time signal is left');
}

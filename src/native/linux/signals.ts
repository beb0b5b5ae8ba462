import { bytes, struct } from '../../layout/struct.js';

/** Signals on Linux: numbers, flags, and structures of libc (glibc and musl) and the kernel. */

export const Signal = {
  int: 2,
  ill: 4,
  trap: 5,
  abrt: 6,
  bus: 7,
  fpe: 8,
  segv: 11,
  term: 15,
} as const;

/** Signals that have been there since Unix, without the real-time ones. */
export const signalCount = 31;
/** Real-time signals that may be used: libc uses some at the lower end. */
export const firstRealTimeSignal = 40;
export const lastRealTimeSignal = 63;

/** `struct sigaction` of glibc and musl. */
export const sigaction = struct({ handler: 'u64', mask: bytes(128), flags: 'i32', restorer: 'u64' });

/** Handlers that are none: the default action, and "ignore". */
export const StandardAction = { default: 0, ignore: 1 } as const;

export const SignalFlag = {
  /** SA_SIGINFO: the handler gets all three arguments. */
  info: 4,
  /** SA_ONSTACK: it runs on the alternate stack. */
  onStack: 0x0800_0000,
  /** SA_RESTART: system calls are made again, but for those that wait for several things or for a time. */
  restart: 0x1000_0000,
} as const;

/** SIG_UNBLOCK and SIG_SETMASK of sigprocmask(2). */
export const unblockSignals = 1;
export const setSignalMask = 2;
/** Bytes of a set of signals, as the kernel has it: a bit each, signal 1 first. */
export const signalSetSize = 8;

/** stack_t: an alternate signal stack. */
export const stackT = struct({ address: 'u64', flags: 'i32', size: 'u64' });
/** SS_DISABLE in `stackT.flags`: there is none. */
export const stackDisabled = 2;

/** The beginning of a siginfo_t. */
export const siginfo = struct({ signal: 'i32', errno: 'i32', code: 'i32', address: 'u64' });
/** siginfo_t of a timer's signal: `value` is what the timer was made with. */
const timerFields = struct({ timer: 'i32', overrun: 'i32', value: 'u64' });
const timerSiginfo = struct({ signal: 'i32', errno: 'i32', code: 'i32', fields: timerFields });
export const siginfoValue = timerSiginfo.offsets.fields + timerFields.offsets.value;

/** Values of `siginfo.code`: who sent the signal. Faults have a positive one. */
export const SignalCode = {
  /** SI_USER: a process, by kill(2). */
  user: 0,
  /** SI_TIMER. */
  timer: -2,
  /** SI_KERNEL: a fault whose address is not known, as where no signal frame could be written. */
  kernel: 0x80,
} as const;

/** `struct sigevent`, with the thread that gets the signal. */
export const sigevent = struct({
  value: 'u64',
  signal: 'i32',
  kind: 'i32',
  thread: 'i32',
  rest: bytes(44),
});
/** SIGEV_THREAD_ID: a signal to one thread. */
export const signalToThread = 4;

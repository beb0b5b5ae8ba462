import { array, bytes, struct } from '../../layout/struct.js';

/** Bytes of what a library says, with the zero byte at its end. */
export const largestMessage = 384;
/** Registers that are saved besides the stack pointer. */
export const savedRegisterCount = 6;

/** The native part of a `CallGuard`. Registers are saved where a guarded call begins. */
export const callGuard = struct({
  /** Not 0 while a guarded function runs. */
  isActive: 'u32',
  /** Not 0 where the thread may be ended when it fails outside of guarded functions. */
  mayEndThread: 'u32',
  /** A `Failure`, and the signal where it is one. */
  failure: 'u32',
  failureSignal: 'u32',
  /** Address of the code that returns from a guarded function which has failed. */
  resume: 'u64',
  returnAddress: 'u64',
  stackPointer: 'u64',
  /** The other registers that calls preserve. */
  savedRegisters: array('u64', savedRegisterCount),
  /** What a library has said, zero-terminated. */
  message: bytes(largestMessage),
});

/** How a guarded function has failed. */
export const Failure = {
  none: 0,
  /** By a signal: the library has aborted, or there was a fault. */
  signal: 1,
  /** It has said why it cannot go on. */
  message: 2,
  /** By an exception that nothing catches. */
  exception: 3,
} as const;

import { struct } from '../layout/struct.js';

/**
 * The execution environment of a thread as its machine code sees it: a header, then the argument slots. It lies at the
 * top of the reservation that holds the thread's wasm stack:
 *
 *     guard | wasm stack, growing downwards | header | slots
 */
export const execEnv = struct({
  /** How the last entry ended: 0, a trap, or `unknownTrap`. */
  status: 'u32',
  /** How the running callback ended; not 0 until it says that it succeeded. */
  callbackStatus: 'u32',
  /** Number of the host function that is being called. */
  hostFunction: 'u32',
  /** Index of its first argument, in slots of 8 bytes from the low end of the stack. */
  hostArguments: 'u32',
  /** What the caller passed in the place of the instance. */
  hostInstance: 'u64',
  /** A function that is called for the first time, `e` of its instance, and the answer: code to jump to. */
  lazyCode: 'u64',
  lazyFunction: 'u32',
  lazyExtra: 'u32',
  /** A function whose heat counter became 0, and `e` of its instance. */
  hotFunction: 'u32',
  hotExtra: 'u32',
  /** Frame of the stub that asks, and the answer: code that goes on in its caller's place, or 0. */
  hotFrame: 'u64',
  hotTarget: 'u64',
  /** Signal number and si_code of the last trap; 0 where no signal raised it. */
  signal: 'u32',
  signalCode: 'u32',
  /** Registers at the last trap, and the address that the signal named. */
  trapPc: 'u64',
  trapFp: 'u64',
  trapSp: 'u64',
  faultAddress: 'u64',
  /** Stack pointer of the innermost entry on the host's stack: what it saved lies there. */
  hostSp: 'u64',
  /** Where on the wasm stack the frames of the next entry begin. */
  wasmSp: 'u64',
  /** Code that calls JavaScript, on the host's stack: see `emitCallback`. */
  hostCallback: 'u64',
  lazyCallback: 'u64',
  hotCallback: 'u64',
  /** Code that leaves the innermost entry; the signal handler lets the thread continue there. */
  trapExit: 'u64',
  /** Code that a stub jumps to when its callback failed. */
  callbackFailed: 'u64',
  /** 1 while a native function runs on the wasm stack, which no signal may have it leave. */
  onWasmStack: 'u32',
  /** What ends the wasm code that called the native function which is running, once that returns; 0 for nothing. */
  nativeStatus: 'u32',
  /** What a native function asks for (see `native-service.ts`), of which instance and with what, and the answer. */
  service: 'u32',
  serviceExecEnv: 'u64',
  serviceArgument: 'u64',
  serviceResult: 'u64',
  serviceCallback: 'u64',
  /** The host's stack pointer must not be below this address where native code calls wasm code. */
  hostStackLimit: 'u64',
});

/** Offset of the argument slots from the header, in bytes. */
export const slotsOffset = 256;
/** Number of argument slots, of 8 bytes each. */
export const slotCount = 1024;
/** Bytes of header and slots, in whole pages. */
export const execEnvSize = 12288;

import { array, struct } from './struct.js';
import { slotSize } from './widths.js';

/** Number of argument slots: room for as many vectors as a function of a module can take or return. */
export const slotCount = 2048;

/**
 * The execution environment of a thread as its machine code sees it. It lies at the top of the reservation
 * that holds the thread's wasm stack:
 *
 *     guard | wasm stack, growing downwards | execEnv
 *
 * The handler of checkpoints saves and restores all of it.
 */
export const execEnv = struct({
  /** How the last entry ended: 0, a trap, or `unknownTrap`. */
  status: 'u32',
  /** How the running callback ended; not 0 until it says that it succeeded. */
  callbackStatus: 'u32',
  /** Number of the host function that is being called. */
  hostFunction: 'u32',
  /** Index of its first argument, in slots from the low end of the stack. */
  hostArguments: 'u32',
  /** What the caller passed in the place of the instance. */
  hostInstance: 'u64',
  /**
   * A function that is called for the first time, the number of its instance, and the answer: code to jump
   * to.
   */
  lazyCode: 'u64',
  lazyFunction: 'u32',
  lazyInstanceNumber: 'u32',
  /** A function whose heat counter became 0, and the number of its instance. */
  hotFunction: 'u32',
  hotInstanceNumber: 'u32',
  /** Frame of the stub that asks, and the answer: code that goes on in its caller's place, or 0. */
  hotFrame: 'u64',
  hotTarget: 'u64',
  /** Signal number and si_code of the last trap; 0 where no signal raised it. */
  signal: 'u32',
  signalCode: 'i32',
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
  /** 1 while a native function runs on the wasm stack. No signal may make it leave that. */
  onWasmStack: 'u32',
  /** What ends the wasm code that called the running native function, once that returns; 0 for nothing. */
  nativeStatus: 'u32',
  /**
   * What a native function asks for (a `ServiceRequest`), of which instance and with what, and the answer.
   */
  service: 'u32',
  serviceExecEnv: 'u64',
  serviceArgument: 'u64',
  serviceResult: 'u64',
  /** Code that asks where wasm code goes on when a native function returns that an exception has ended. */
  nativeEnded: 'u64',
  /** The host's stack pointer must not be below this address where native code calls wasm code. */
  hostStackLimit: 'u64',
  /**
   * An exception on its way to a pad: its exnref, and the address of its tag (`tagInstance`). Its payload
   * lies in the slots.
   */
  exception: 'u64',
  exceptionTag: 'u64',
  /** Where code goes on after the callback status `resumed`: program counter, rsp and rbp. */
  resumePc: 'u64',
  resumeSp: 'u64',
  resumeFp: 'u64',
  /**
   * Addresses at which the values lie that the callee-saved registers get then, in the order of
   * `calleeSaved`; 0 where a register has its value already.
   */
  resumeSaved: array('u64', 5),
  /**
   * A tail call with arguments on the stack: what is jumped to, the callee's record, how many argument slots
   * it takes and how many the leaving function was called with. The arguments lie in the slots.
   */
  tailTarget: 'u64',
  tailRecord: 'u64',
  tailSlots: 'u32',
  tailRoom: 'u32',
  /** Code that makes such a call, and the return address by which it knows the frames that it made. */
  tailStub: 'u64',
  bridgeReturn: 'u64',
  /** Arguments and results of entries. */
  slots: array('u64', slotCount),
});

/** Offset of the argument slots in the `execEnv`, in bytes. */
export const slotsOffset = execEnv.offsets.slots;

/** Bytes of the argument slots. */
export const slotsSize = slotCount * slotSize;

/**
 * What `status` is, beside the values of `Trap`, after a fault in machine code that is not a stack overflow:
 * the code site at the program counter says which trap it is.
 */
export const unknownTrap = 255;

/**
 * What `callbackStatus` is, beside the values of `Trap`, where the stub's caller is not returned to.
 * `resumed`: code goes on as the fields `resume…` say. `tailRequested`: the callee wants another function to
 * be called in its place, as the fields `tail…` say.
 */
export const resumed = 254;
export const tailRequested = 253;

/** Bytes below the wasm stack in which overflows are caught. */
export const guardSize = 2 ** 20;

/**
 * Bytes of a function's frame, at most, that need no check: the guard catches the overflow, if the function
 * and what it calls touch their frames. Larger ones compare with `moduleInstance.offsets.stackLimit`.
 */
export const largestUncheckedFrame = 2 ** 15;

/** How `dispatch` tells an entry stub what to enter. The addresses are written as f64, each by one store. */
export const dispatchCell = struct({
  entryStub: 'f64',
  /** Address of the function record. */
  record: 'f64',
});

const interruptBlock = struct({ trap: 'u32', gate: 'u32' });

/**
 * The words of a thread that machine code and JavaScript look at before they go on with wasm code: u32
 * elements.
 */
export const InterruptWord = {
  /** `Trap.interrupted` from the deadline on, else 0. */
  trap: interruptBlock.offsets.trap / 4,
  /**
   * Not 0 where `limits.ts` must be asked before wasm code is entered: after the deadline, and while it says
   * so.
   */
  gate: interruptBlock.offsets.gate / 4,
} as const;

/** Bytes of these words. */
export const interruptWordsSize = interruptBlock.size;

import { array, bytes, struct } from '../../layout/struct.js';
import { sigaction, signalCount, stackT } from '../linux/signals.js';

/** What all threads of the process share in native memory: see `process/process-block.ts`. */

/** The beginning of the trap handler's code. Its first instruction jumps over it. */
export const handlerHead = struct({
  jump: bytes(8),
  magic: 'u64',
  /** Address of the `processData`. */
  data: 'u64',
});

/** "Upshift3", little-endian: a process block of another layout is somebody else's. */
export const magic = 0x3374_6669_6873_7055n;

/** Entries that a table can hold. */
export const tableCapacity = 4096;

/** An entry of a table. It matches nothing while its size is 0. */
export const tableEntry = struct({
  start: 'u64',
  /** In bytes; of a guard the id of its thread. */
  size: 'u64',
  /** Address of what it belongs to. */
  owner: 'u64',
});

/** Where threads register what the handlers look for. Entries in use lie below `count`. */
export const table = struct({
  count: 'u32',
  /** For each entry 1 while somebody owns it, else 0. */
  claims: array('u32', tableCapacity),
  entries: array(tableEntry, tableCapacity),
});

/** Addresses of the code that all threads share, by their names in `TrapHandlerCode`. */
export const sharedCode = struct({
  /** Frees a thread's resources: see `thread-resources.ts`. */
  cleanup: 'u64',
  /** Signal handlers: see `interrupts.ts`, `exit-signals.ts` and `checkpoints.ts`. */
  interruptHandler: 'u64',
  exitHandler: 'u64',
  checkpointHandler: 'u64',
  /** What libraries call that cannot go on: see `call-guard-code.ts`. */
  fatalHandler: 'u64',
  badAllocHandler: 'u64',
  terminateHandler: 'u64',
});

/** Bytes of what is written before a signal ends the process, at most. */
export const largestFarewell = 128;

const once = struct({ llvm: 'u32', abortHandlers: 'u32' });

export const processData = struct({
  code: sharedCode,
  /** Address of the trap handler itself. */
  trapHandler: 'u64',
  /** Address of the `std::terminate_handler` before ours, or 0. */
  previousTerminate: 'u64',
  /** Handlers that were installed before, by signal number. */
  previousHandlers: array('u64', signalCount + 1),
  /** A zeroed `struct sigaction`: the default action. */
  defaultAction: sigaction,
  /** A stack_t that disables the alternate stack. */
  disableAltStack: stackT,
  /** What has been done once for the whole process: see `once.ts`. */
  once,
  /**
   * How many threads want the process not to be ended just now, and the signal by which it is to end then, or
   * 0.
   */
  exitHolds: 'u32',
  heldSignal: 'u32',
  /**
   * What is written to the standard error before a signal ends the process: its bytes, and how many there
   * are.
   */
  farewellLength: 'u32',
  farewell: bytes(largestFarewell),
  /** Ranges of addresses in which our machine code lies. */
  codeRanges: table,
  /** Wasm stacks, guard included; the owner is the ExecEnv. */
  stacks: table,
  /** Threads that guard calls; the owner is the guard. */
  guards: table,
});

/** Offsets in the `processData` of what says whether something has been done. */
export const OnceWord = {
  llvm: processData.offsets.once + once.offsets.llvm,
  abortHandlers: processData.offsets.once + once.offsets.abortHandlers,
} as const;

/** Layout of the process block, and the constants of Linux that the trap handler needs. */

/** SIGSEGV, SIGBUS (memory), SIGILL (`ud2`), SIGFPE (division). */
export const signals = [11, 7, 4, 8] as const;

/** In front of the handler's code, which begins with a jump over it. */
export const headMagic = 8;
export const headData = 16;
export const headSize = 24;
/** "Upshift1", little-endian. */
export const magic = 0x3174_6669_6873_7055n;

/** Signals that have been there since Unix, without the real-time ones. */
export const signalCount = 31;
/** Real-time signals, of which libc uses some at the lower end. */
export const lastRealTimeSignal = 63;
export const firstRealTimeSignal = 40;

/** struct sigaction of glibc and musl: handler, mask (128 bytes), flags, restorer. */
export const sigactionSize = 152;
export const sigactionFlags = 136;
/** The handler that means "ignore"; 0 is the default action. */
export const ignoreSignal = 1n;
const saSigInfo = 4;
export const saOnStack = 0x0800_0000;
const saRestart = 0x1000_0000;
export const handlerFlags = saSigInfo | saOnStack;
export const inheritedFlags = saRestart;

/** stack_t: address, flags, size. */
export const altStackSize = 24;
export const altStackDisable = 2;

/** siginfo_t and ucontext_t. */
export const siCode = 8;
export const siAddress = 16;
/** What a timer was made with. */
export const siValue = 24;
/** si_code of a timer's signal: SI_TIMER. */
export const fromTimer = -2;
export const contextRbp = 120;
export const contextRsp = 160;
export const contextRip = 168;

/** Entries a table can hold. */
export const tableCapacity = 4096;

/** Fields of the data, in bytes from its start. Tables: entries in use lie below the count (u32). */
export const rangeCount = 0;
export const stackCount = 4;
/** Address of the cleanup function. */
export const cleanup = 8;
/** A stack_t that disables the alternate stack. */
export const disableAltStack = 16;
/** What has been done once for the whole process: see `once.ts`. A u32 each. */
export const OnceWord = { llvm: 48 } as const;
/** A zeroed struct sigaction: the default action. */
export const defaultAction = 64;
/** Addresses of the handlers of timers' signals and of signals that end the process. */
export const interruptHandler = 216;
export const exitHandler = 224;
/** How many threads want the process not to be ended just now (u32), and by which signal it then is to end, or 0 (u32). */
export const exitHolds = 232;
export const heldSignal = 236;
/** Handlers that were installed before, 8 bytes each by signal number. */
export const previous = 256;
/** What is written to the standard error before a signal ends the process: u32 length, then the bytes. */
export const farewellLength = 768;
export const farewell = 772;
export const largestFarewell = 128;
/** One u32 a table entry: 1 while somebody owns it. */
export const rangeClaims = 1024;
export const stackClaims = rangeClaims + 4 * tableCapacity;
/** Code ranges: start, size. Size 0: no range. */
export const ranges = stackClaims + 4 * tableCapacity;
export const rangeSize = 16;
/** Wasm stacks, guard included: start, size, address of the ExecEnv. */
export const stacks = ranges + rangeSize * tableCapacity;
export const stackSize = 24;
export const dataSize = stacks + stackSize * tableCapacity;

/** Resources of a thread: u32 count, u32 1 where it has an alternate stack of ours; then the address of entries. */
export const resourceCount = 0;
export const resourceAltStack = 4;
export const resourceEntries = 8;
export const resourcesSize = 16;
/** An entry: kind, then two values. */
export const resourceSize = 24;
export const ResourceKind = {
  /** Nothing. */
  none: 0,
  /** Address of the size of a table entry, address of its claim. */
  registration: 1,
  /** Address, byte length. */
  mapping: 2,
  /** Address from calloc. */
  heap: 3,
  /** File descriptor. */
  file: 4,
  /** Number of a timer of the kernel's. */
  timer: 5,
} as const;
export type ResourceKind = (typeof ResourceKind)[keyof typeof ResourceKind];

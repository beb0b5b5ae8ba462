import type { MessagePort } from 'node:worker_threads';
import type { CodeFrames } from '../code/code-frames.js';
import type { CodeLocations } from '../code/code-locations.js';
import type { CodeHandlers, MemoryMode } from '../code/code-object.js';
import type { ExternalSlot } from '../code/external-slots.js';
import type { LlvmDump } from '../llvm-jit/compile.js';
import type { SharedCodeRegion, Span } from '../native/code/code-region.js';
import type { Address } from '../native/ffi/ffi.js';

/**
 * How the main thread and the backend threads talk. Messages go through a MessagePort for each thread, which
 * either side empties whenever it wants (`receiveMessageOnPort`); nobody waits for an event loop. One lock
 * orders what must not cross: whoever changes which instances are alive, or publishes code, holds it, and
 * reads all messages first.
 */

/** Words of the control block, a SharedArrayBuffer of a backend and its threads. */
export const Control = {
  /** The lock. */
  lock: 0,
  /** Counts what threads should look at; they wait for it to change. */
  wake: 1,
  /** Counts what the main thread should look at. */
  news: 2,
  /** How many threads do anything but wait. Node must not end them then: see `end-of-process.ts`. */
  busy: 3,
  /** Not 0 once the threads are to end. */
  closed: 4,
} as const;
export const controlWords = 5;

/** Words of a thread's own, a SharedArrayBuffer. */
export const StartWord = {
  /** Not 0 once the thread may load what it consists of. */
  mayLoad: 0,
  /** Its id (`threadId`), as soon as it has. */
  id: 1,
} as const;
export const startWords = 2;

/** What has become of a function, a byte each in a module's shared states. */
export const FunctionState = {
  /** Compiled when it gets hot. */
  cold: 0,
  /** Compiled in its turn: the hottest first. */
  hot: 1,
  /** To be compiled as soon as possible. */
  wanted: 2,
  /** A thread has taken it. */
  claimed: 3,
  /** Its LLVM code is there. */
  done: 4,
  /** It stays in the Fast JIT. */
  refused: 5,
} as const;

/** How many loops of a module may be entered in LLVM code. */
export const largestLoopCount = 4096;

/** How LLVM compiles. */
export interface LlvmSettings {
  /** File of libLLVM, or undefined to look for it. */
  readonly library: string | undefined;
  /** 0 to 3. */
  readonly level: number;
  /** 0 to 2. */
  readonly sizeLevel: number;
  /** LLVM's names of the processor's extensions that may be used; undefined for all that it has. */
  readonly cpu: readonly string[] | undefined;
  /** Whether relaxed instructions mean what they mean in the spec's deterministic profile. */
  readonly deterministic: boolean;
  /** Checks the IR of both kinds. */
  readonly verify: boolean;
}

/** Set by the build: a hash of all sources that machine code depends on. */
declare const UPSHIFT_CODE_ID: string;

/** Differs where threads might not understand each other: their files may have been replaced in between. */
export const protocolVersion = UPSHIFT_CODE_ID;

/** What a backend thread is started with. */
export interface ThreadData {
  /** The `protocolVersion` of the thread that has started it. */
  readonly version: string;
  readonly port: MessagePort;
  readonly control: SharedArrayBuffer;
  /** See `StartWord`. */
  readonly start: SharedArrayBuffer;
  /**
   * Address of a latch (`native/threads/latch.ts`), at which the thread arrives when it has started, or
   * failed to.
   */
  readonly latch: Address;
  readonly settings: LlvmSettings;
  /** See `adoptClock`. */
  readonly clockOrigin: number;
  /** See `adoptOwnFile`. */
  readonly ownFile: string | undefined;
  /** The thread gives way to others. */
  readonly lowPriority: boolean;
  /** Whether the thread that has started it is the main thread. */
  readonly isOfMain: boolean;
  /**
   * Is called when there is nothing to do any more. Put in, in the thread, by who starts `backend-thread.ts`
   * there.
   */
  readonly onIdle?: () => void;
}

/** A module that threads may compile functions of, for one kind of memory. */
export interface SharedModule {
  readonly id: number;
  readonly region: SharedCodeRegion;
  readonly bytes: SharedArrayBuffer;
  /** See `WasmModule.checkedBodies`. */
  readonly checkedBodies: Uint8Array<SharedArrayBuffer>;
  readonly memoryMode: MemoryMode;
  /** A `FunctionState` for each defined function. */
  readonly states: SharedArrayBuffer;
  /** A byte for each loop that was asked for: not 0 once a thread has taken it. */
  readonly loopClaims: SharedArrayBuffer;
  /** For each of these loops, as an f64: when it was last seen to run in Fast JIT code. */
  readonly loopTimes: SharedArrayBuffer;
  /** Where the instances' counters start. */
  readonly heatThreshold: number;
  /** Switches functions up and down at random, from this seed on: for tests. */
  readonly chaos: number | undefined;
  /** Nothing is compiled but what is asked for, loops above all: for tests. */
  readonly onlyWanted: boolean;
}

/** A loop that runs in Fast JIT code and is to go on in LLVM's. */
export interface HotLoop {
  /** Which of the module's loops it is: whose claim it is in `SharedModule.loopClaims`. */
  readonly id: number;
  readonly functionIndex: number;
  /** Byte offset of its `loop` instruction in the module. */
  readonly wasmOffset: number;
}

/** Asks one thread to show what LLVM makes of functions. They are not published. */
export interface DumpRequest {
  readonly kind: 'dump';
  /** Identifies the answer. */
  readonly id: number;
  /** The module, in the binary format, validated. */
  readonly bytes: SharedArrayBuffer;
  readonly memoryMode: MemoryMode;
  /** Their indices. */
  readonly functions: readonly number[];
}

export type ToThread =
  | { readonly kind: 'loop'; readonly module: number; readonly loop: HotLoop }
  | DumpRequest
  | { readonly kind: 'module'; readonly module: SharedModule }
  | { readonly kind: 'drop-module'; readonly module: number }
  | { readonly kind: 'instance'; readonly module: number; readonly address: Address }
  | { readonly kind: 'drop-instance'; readonly module: number; readonly address: Address };

/** Moments are in milliseconds since 1970: see `clock.ts`. */
export interface CompiledFunction {
  readonly index: number;
  /** Offset of its first instruction in the image, and size of its code, in bytes. */
  readonly offset: number;
  readonly byteLength: number;
  /** How often it had been counted when it was taken. */
  readonly heat: number;
}

/** An image with the code of some functions. */
export interface CompiledImage {
  readonly kind: 'code';
  readonly module: number;
  readonly start: Address;
  readonly byteLength: number;
  /** Where its machine code ends, from `start`. */
  readonly codeEnd: number;
  readonly functions: readonly CompiledFunction[];
  /** The loop at which the one function in the image is entered, if it is not at its beginning. */
  readonly loop: HotLoop | undefined;
  /** All functions in it, those too that only it calls. */
  readonly frames: CodeFrames;
  readonly handlers: CodeHandlers;
  readonly locations: CodeLocations;
  /** Where addresses have been written into it. */
  readonly externals: readonly ExternalSlot[];
  /** Pages taken for it. */
  readonly spans: readonly Span[];
  readonly startedAt: number;
  readonly compiledAt: number;
  readonly publishedAt: number;
}

export interface RefusedFunction {
  readonly kind: 'refused';
  readonly module: number;
  readonly index: number;
  readonly loop: HotLoop | undefined;
  readonly reason: string;
}

export interface DumpAnswer {
  readonly kind: 'dump';
  readonly id: number;
  /** Or why LLVM refuses. */
  readonly result: LlvmDump | { readonly refusal: string };
}

export type FromThread =
  | CompiledImage
  | RefusedFunction
  | DumpAnswer
  | { readonly kind: 'ready'; readonly path: string; readonly version: string }
  | { readonly kind: 'unavailable'; readonly message: string };

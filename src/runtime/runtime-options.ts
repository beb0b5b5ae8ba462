import {
  aBoolean,
  aFunction,
  anObject,
  arrayOf,
  arrayOr,
  aString,
  type Check,
  integerFrom,
  numberFrom,
  type OptionTable,
  oneOf,
  optionsOf,
  required,
} from '../checks/checks.js';
import { described } from '../checks/describe.js';
import { argumentTypeError } from '../checks/errors.js';
import { suggestion } from '../checks/suggest.js';
import type { CodeObject, MemoryMode } from '../code/code-object.js';
import { knownExtensions } from '../x64/cpu-extensions.js';
import type { CpuFeatures } from '../x64/cpu-features.js';
import type { Exn } from './exceptions/exn.js';
import type { Instance } from './instances/instance.js';
import type { Module } from './modules/module.js';
import type { Resource } from './objects/lifetimes.js';
import { type Tier, tiers } from './tiers/tier.js';
import type { TierUpEvent } from './tiers/tier-events.js';
import { type LlvmOptions, llvmOptions, type TierTuning, tierTuning } from './tiers/tier-options.js';
import type { TrapError } from './traps/trap-error.js';

/** What `RuntimeOptions.onCompile` is told of each function that has been compiled. */
export interface CompileEvent {
  readonly module: Module;
  readonly functionIndex: number;
  /** What kind of memory the code is for. */
  readonly memoryMode: MemoryMode;
  /** Whether the code counts heat: see `RuntimeOptions.heat`. */
  readonly countHeat: boolean;
  readonly code: CodeObject;
  /** Where the code was placed. */
  readonly address: number;
  /** When the compiler began with it and was done, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly compiledAt: number;
}

/** What `RuntimeOptions.onCodeFound` is told. */
export interface CodeFoundEvent {
  readonly module: Module;
  /** Where the code was: in the AOT file that the module was loaded from, or in the cache. */
  readonly from: 'file' | 'cache';
  /** A function may be there twice, with code of either compiler. */
  readonly functions: readonly {
    readonly functionIndex: number;
    readonly compiler: 'fast' | 'llvm';
    /** Bytes of machine code and constants; of LLVM's, of the machine code. */
    readonly codeBytes: number;
    /** Byte offset in the module of the loop at which the code is entered; undefined for a whole function. */
    readonly loopOffset: number | undefined;
  }[];
}

/** How functions are found that are worth more of a compiler's time. What tiering is built on. */
export interface HeatOptions {
  /** Calls of a function and turns of its loops, in one instance, until it is hot: 1 … 2³² − 1. */
  readonly threshold: number;
  /**
   * Is told once that a function is hot (and then again every 2³² counts), in the middle of its execution: on
   * entry, or at the start of a loop's turn. May call wasm code; what it throws ends the function as an
   * import's exception does. Not told where the stack is exhausted at just that moment, which the function's
   * caller is.
   */
  readonly onHot: (instance: Instance, functionIndex: number) => void;
}

/**
 * What an API that is built on the runtime, such as the WebAssembly JavaScript API, is asked and told.
 * @internal
 */
export interface Embedding {
  /** Makes what is thrown to JavaScript where wasm code traps. */
  trapError(error: TrapError): unknown;
  /** Makes what is thrown to JavaScript where wasm code throws an exception; asked once for each. */
  exception?: ((exn: Exn) => object) | undefined;
  /** Function references may pass between two resources from now on: see `Lifetimes`. */
  onLink(a: Resource, b: Resource): void;
  /** The start of an instance has failed. Whoever holds functions of it may go on using them. */
  onFailedStart(instance: Instance): void;
}

/** See `RuntimeOptions.findCode`. */
export type CodeFinder = (
  module: Module,
  functionIndex: number,
  mode: MemoryMode,
  countHeat: boolean,
) => CodeObject | undefined;

/**
 * The runtime keeps guarded memories that have been given up, for the next instances: no byte of the old
 * instance is left in them. See docs/library.md.
 */
export interface MemoryPoolOptions {
  /**
   * Memories that are kept at most, 1 to 10,000: as many as there are instances at a time. Each takes 8 GiB
   * of address space.
   */
  readonly memories: number;
  /**
   * Bytes of memory that each may keep while it waits: pages that the old instance has written to, for the
   * new one to find there, rewritten. Where it has written to more, all are given back to the system.
   * Default: 256 KiB.
   */
  readonly kept?: number | undefined;
}

export interface RuntimeOptions {
  /**
   * How memories are guarded: 'checked' asks for explicit bounds checks. By default they are guarded by the
   * operating system for as long as there is address space, and checked from then on. Without machine code
   * they always are.
   */
  readonly memoryMode?: MemoryMode | undefined;
  /**
   * Instruction set extensions that machine code may use: LLVM's names of them, each with all that it rests
   * on (avx with sse4.1), or those alone that the Fast JIT distinguishes. Default: those of this processor.
   */
  readonly cpu?: readonly string[] | CpuFeatures | undefined;
  /**
   * Relaxed vector instructions give what the specification's deterministic profile says, on every processor.
   * Default: false, which gives what this processor does fastest; the same in all tiers.
   */
  readonly deterministic?: boolean | undefined;
  /** Usable bytes of the stack on which wasm code runs: 16 KiB to 1 GiB. Default: 1 MiB. */
  readonly stackSize?: number | undefined;
  /**
   * Bytes that each memory may grow to, whether an instance defines it or `Runtime.memory` makes it:
   * `memory.grow` beyond gives -1. An instance has at most one memory. Default: no limit but that of the
   * module and of WebAssembly, 4 GiB.
   */
  readonly maxMemory?: number | undefined;
  /** Makes instances cheaply, one after the other. Default: no pool. */
  readonly memoryPool?: MemoryPoolOptions | undefined;
  /** Checks the compiler's intermediate code; default: whether the environment has UPSHIFT_VERIFY_IR=1. */
  readonly verifyIr?: boolean | undefined;
  /**
   * Where machine code is kept from process to process: `default`, a folder, or `none`. Default: `default`,
   * which is what the environment variable UPSHIFT_CACHE says, or `upshift` in the user's cache folder. See
   * docs/cache.md.
   */
  readonly cache?: string | undefined;
  /**
   * Is asked for a function's code before it is compiled: code that the same compiler made of the same
   * module, for this kind of memory, and that counts heat where `countHeat` is true and only there.
   */
  readonly findCode?: CodeFinder | undefined;
  /** See `CompileOptions`. */
  readonly livenessLimit?: number | undefined;
  /** Is called when code that a file or the cache has of a module has been made ready to run. */
  readonly onCodeFound?: ((event: CodeFoundEvent) => void) | undefined;
  /** Is called for each function that has been compiled. */
  readonly onCompile?: ((event: CompileEvent) => void) | undefined;
  /**
   * How functions are run, where an instance does not ask for another way. Default: `multi`, or `interp`
   * where no machine code can be run. With `interp` the runtime maps nothing executable before it makes an
   * instance of another tier.
   */
  readonly tier?: Tier | undefined;
  /** How LLVM compiles. */
  readonly llvm?: LlvmOptions | undefined;
  /** Takes the place of the second tier: what is done when functions get hot. Tier `multi` only. */
  readonly heat?: HeatOptions | undefined;
  /** For APIs that are built on the runtime. @internal */
  readonly embedding?: Embedding | undefined;
  /** For tests and experiments. */
  readonly tuning?: TierTuning | undefined;
  /** Is called when LLVM's code has taken a function's place, as soon as this thread learns of it. */
  readonly onTierUp?: ((event: TierUpEvent) => void) | undefined;
  /** Is called while all functions are being compiled by LLVM. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Bytes that the stack of wasm code has at least, and at most. @internal */
export const leastStackSize = 2 ** 14;
/** @internal */
export const largestStackSize = 2 ** 30;

/** LLVM's name of an extension. */
const extensionName: Check = {
  test: (what, value) => {
    const names = knownExtensions();
    if (typeof value === 'string' && names.includes(value)) return;
    const hint = typeof value === 'string' ? suggestion(value, names) : '';
    throw argumentTypeError(`${what} must be LLVM's name of an extension, not ${described(value)}${hint}`);
  },
};

const cpuTable: OptionTable<CpuFeatures> = {
  sse41: required(aBoolean),
  popcnt: required(aBoolean),
  lzcnt: required(aBoolean),
  bmi1: required(aBoolean),
  bmi2: required(aBoolean),
  avx: required(aBoolean),
  avx2: required(aBoolean),
  fma: required(aBoolean),
};

const heatTable: OptionTable<HeatOptions> = {
  threshold: required(integerFrom(1, 2 ** 32 - 1)),
  onHot: required(aFunction),
};

const memoryPoolTable: OptionTable<MemoryPoolOptions> = {
  memories: required(integerFrom(1, 10_000)),
  kept: numberFrom(0, Number.POSITIVE_INFINITY, 'bytes'),
};

/** Options of a runtime, as they are checked. @internal */
export const runtimeOptionTable: OptionTable<RuntimeOptions> = {
  memoryMode: oneOf(['guarded', 'checked'] satisfies MemoryMode[]),
  cpu: arrayOr(arrayOf(extensionName), optionsOf<CpuFeatures>(cpuTable)),
  deterministic: aBoolean,
  stackSize: integerFrom(leastStackSize, largestStackSize, 'bytes'),
  maxMemory: numberFrom(0, Number.POSITIVE_INFINITY, 'bytes'),
  memoryPool: optionsOf(memoryPoolTable),
  verifyIr: aBoolean,
  cache: aString,
  findCode: aFunction,
  livenessLimit: numberFrom(0, Number.POSITIVE_INFINITY),
  onCodeFound: aFunction,
  onCompile: aFunction,
  tier: oneOf(tiers),
  llvm: llvmOptions,
  heat: optionsOf(heatTable),
  embedding: anObject,
  tuning: tierTuning,
  onTierUp: aFunction,
  onProgress: aFunction,
};

/** @internal */
export const runtimeOptions = optionsOf<RuntimeOptions>(runtimeOptionTable);

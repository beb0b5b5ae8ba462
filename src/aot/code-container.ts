import type { CodeFrames } from '../code/code-frames.js';
import type { CodeLocations } from '../code/code-locations.js';
import { type CodeHandlers, type CodeSites, type MemoryMode, noHandlers } from '../code/code-object.js';
import type { ExternalSlot } from '../code/external-slots.js';

/**
 * Machine code of functions of one module, as it lasts beyond a process: what an AOT file holds, and what the
 * code cache keeps. It is plain data. All code lies in one piece that can be placed anywhere at a multiple of
 * `textAlignment`; places in it are byte offsets from its start. The Fast JIT's code comes first, then LLVM's
 * images; nothing overlaps.
 */
export interface CodeContainer {
  readonly settings: CodeSettings;
  readonly module: ModuleIdentity;
  /** The module itself, where the container has it. */
  readonly wasm: Uint8Array | undefined;
  /** Code, constants and slots of all functions. */
  readonly text: Uint8Array;
  readonly fast: FastCode;
  /** Code of LLVM, ascending by start. A function, and a loop, is in one image at most. */
  readonly images: readonly LlvmImage[];
}

/** `CodeContainer.text` must be placed at a multiple of this. */
export const textAlignment = 64;

/**
 * What relaxed vector instructions do, as far as settings and processors differ: what the specification's
 * deterministic profile says (spec 3.0, section A.5); else multiplications and additions are fused where the
 * processor can do that, and not fused where it cannot. `fastest` if code has relaxed instructions, but none
 * of these, so that all processors do the same; `none` if it has no relaxed ones.
 */
export const relaxedProfiles = ['none', 'deterministic', 'fused', 'unfused', 'fastest'] as const;
export type RelaxedProfile = (typeof relaxedProfiles)[number];

/** What code depends on beside its module. */
export interface CodeSettings {
  /** Upshift's version, with what identifies the compilers' sources. */
  readonly compiler: string;
  /** How the memory that the code works on is guarded. */
  readonly memoryMode: MemoryMode;
  /** Whether the Fast JIT's code counts heat, as tier `multi` needs it. */
  readonly countsHeat: boolean;
  readonly relaxed: RelaxedProfile;
  /** LLVM's names of the processor's extensions that the code may use, sorted: `avx2`, `bmi`, … */
  readonly cpu: readonly string[];
  /**
   * Those of them that all code of the Fast JIT was made with, sorted. Where its frames have their values
   * follows from them: on-stack replacement makes code again to find out.
   */
  readonly fastCpu: readonly string[];
}

/** Which module code belongs to. */
export interface ModuleIdentity {
  readonly byteLength: number;
  /** SHA-256 of its bytes: 32 bytes. */
  readonly sha256: Uint8Array;
}

/**
 * The Fast JIT's code objects (`code/code-object.ts`), ascending by function index and by start, each
 * function at most once. Parallel arrays, because programs have thousands of functions, and making objects
 * of them all would take longer than reading the file.
 */
export interface FastCode {
  readonly indices: Uint32Array;
  /** Where their bytes lie in the text, multiples of 16, and how many they are. */
  readonly starts: Uint32Array;
  readonly byteLengths: Uint32Array;
  /** As in the code object, from the start. */
  readonly entries: Uint32Array;
  readonly codeEnds: Uint32Array;
  /** As in the code object: bytes of stack. */
  readonly frameSizes: Uint32Array;
  /**
   * The sites of the function at position k are those from `siteStarts[k]` up to `siteStarts[k + 1]`; there
   * is one number more than functions.
   */
  readonly siteStarts: Uint32Array;
  /** The sites of all functions in their order, by offsets from the start of their function. */
  readonly sites: CodeSites;
  /** As in the code object: where each function keeps its caller's registers. */
  readonly saved: Uint32Array;
  /** The same as `siteStarts` for handlers. */
  readonly handlerStarts: Uint32Array;
  /** The handlers of all functions in their order, by offsets from the start of their function. */
  readonly handlers: CodeHandlers;
}

/** The sites of the function at a position in the table: views. */
export function fastSites({ siteStarts, sites }: FastCode, position: number): CodeSites {
  const [start, end] = [siteStarts[position], siteStarts[position + 1]];
  return {
    offsets: sites.offsets.subarray(start, end),
    traps: sites.traps.subarray(start, end),
    wasmOffsets: sites.wasmOffsets.subarray(start, end),
  };
}

/** The handlers of the function at a position in the table: views. */
export function fastHandlers({ handlerStarts, handlers }: FastCode, position: number): CodeHandlers {
  return handlersBetween(handlers, handlerStarts[position], handlerStarts[position + 1]);
}

/** Rows from `first` up to `end`: views. */
export function handlersBetween(all: CodeHandlers, first: number, end: number): CodeHandlers {
  if (first === end) return noHandlers;
  return {
    starts: all.starts.subarray(first, end),
    ends: all.ends.subarray(first, end),
    pads: all.pads.subarray(first, end),
    adjusts: all.adjusts.subarray(first, end),
  };
}

/** An image (`llvm-jit/elf/link.ts`) in a container. */
export interface LlvmImage {
  /** Where its bytes lie in the text, a multiple of `textAlignment`, and how many they are. */
  readonly start: number;
  readonly byteLength: number;
  /** Where its machine code ends, from `start`. */
  readonly codeEnd: number;
  /** Entries and sizes of the functions that are called, from `start`. One, if `loop` is given. */
  readonly functions: readonly ImageFunction[];
  /** The loop at which its one function is entered, by the byte offset of the instruction in the module. */
  readonly loop: { readonly functionIndex: number; readonly wasmOffset: number } | undefined;
  /** All functions in it, those too that nobody calls from outside; from `start`. */
  readonly frames: CodeFrames;
  /** From `start`. */
  readonly handlers: CodeHandlers;
  /** From `start`. */
  readonly locations: CodeLocations;
  /** Addresses that are not known before it is placed, from `start`, ascending; zero in the container. */
  readonly externals: readonly ExternalSlot[];
}

export interface ImageFunction {
  readonly index: number;
  readonly offset: number;
  readonly byteLength: number;
}

import type { FuncType } from '../wasm/types.js';
import type { ElfMachine } from './elf/machine.js';
import type { FloatShape } from './lowering/types.js';

/**
 * What the LLVM tier must know of a processor. `x64/target.ts` is the one there is, and `host-target.ts`
 * chooses it; a second one needs such a folder, with its own `trap-code.ts` for the runtime.
 */
export interface Target {
  /** LLVM's name of processor, vendor, system and ABI. */
  readonly triple: string;
  /** Functions of LLVM's C API, without arguments, that make the backend known in the process. */
  readonly initializers: readonly string[];
  /** LLVM's name of the processor without any extensions. */
  readonly plainCpu: string;
  /** Extensions that make LLVM's code slower, by its names of them: it does without. */
  readonly slowExtensions: readonly string[];
  /** Constraints of inline assembly: the registers that hold a value, by VType. */
  readonly registerConstraints: readonly string[];
  /** Attributes of functions, key and value, that say how frames are set up. */
  readonly frameAttributes: readonly (readonly [key: string, value: string])[];
  /** The folder in which Debian has the processor's libraries. */
  readonly libraryFolder: string;
  /** How many registers arguments can be passed in, beside the first, which has the instance. */
  readonly argumentRegisters: { readonly integers: number; readonly vectors: number };
  /** Where the calling convention passes the arguments of a function. */
  readonly argumentPlaces: (type: FuncType) => ArgumentPlaces;
  readonly elf: ElfMachine;
  readonly vectorIntrinsics: VectorIntrinsics;
  /** The extension that makes one instruction of a multiplication and an addition, rounded once. */
  readonly multiplyAddExtension: string;
}

/**
 * Places of arguments, in one sequence: registers of integers, registers of vectors, slots of the stack. What
 * takes two slots has the number of the first.
 */
export interface ArgumentPlaces {
  /** By parameter. */
  readonly params: readonly number[];
  /** Place of the address of the further results; -1 where there are none. */
  readonly resultArea: number;
  readonly stackSlots: number;
}

/** LLVM's names of intrinsics that each are one instruction on vectors, and that LLVM IR has no words for. */
export interface VectorIntrinsics {
  /** Whether a & b is zero, as an i32; both are i64x2. */
  readonly haveNoBit: string;
  /**
   * Bytes of a by those of b: zero where bit 7 is set, else the byte whose number is in the lower four bits.
   */
  readonly shuffleBytes: string;
  /** a < b ? a : b, the bits as they are. */
  readonly lesser: Readonly<Record<FloatShape, string>>;
  /** a > b ? a : b */
  readonly greater: Readonly<Record<FloatShape, string>>;
  /** Lanes of both operands, signed, at half their width, saturating. */
  readonly narrow: Readonly<
    Record<'i16x8' | 'i32x4', { readonly signed: string; readonly unsigned: string }>
  >;
  /** (a + b + 1) >> 1, unsigned. */
  readonly average: Readonly<Record<'i8x16' | 'i16x8', string>>;
  /** To i32x4; what does not fit becomes the least integer. Two lanes are followed by zeros. */
  readonly truncate: Readonly<Record<FloatShape, string>>;
  /** f64x2 to f32x4, followed by zeros. */
  readonly demote: string;
  /** i16x8: (a * b + 0x4000) >> 15, wrapping. */
  readonly multiplyRounding: string;
  /** Sums of the products of pairs of i16 to i32x4. */
  readonly dotOfWords: string;
  /** Saturated sums of the products of pairs, of an unsigned byte of a and a signed one of b, to i16x8. */
  readonly dotOfBytes: string;
}

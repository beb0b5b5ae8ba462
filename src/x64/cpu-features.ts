/**
 * Extensions of x86-64 beyond SSE2 that compilers may use. Each row of the instruction table that belongs to
 * one of them says so (`needs` in instruction-forms.ts), and the assembler refuses it where the processor
 * does not have the extension.
 */
export interface CpuFeatures {
  /**
   * SSE4.1, with SSE3 and SSSE3 that every processor with SSE4.1 has: rounding of floats, and what vectors
   * need.
   */
  readonly sse41: boolean;
  readonly popcnt: boolean;
  /** Without it the bytes of `lzcnt` mean `bsr`, which gives another number. */
  readonly lzcnt: boolean;
  /** `tzcnt`, `andn` and operations on the lowest set bit. Without it the bytes of `tzcnt` mean `bsf`. */
  readonly bmi1: boolean;
  /** Shifts and rotations that write no flags and take their count from any register. */
  readonly bmi2: boolean;
  /** Packed instructions with a destination of their own, and memory operands that need not be aligned. */
  readonly avx: boolean;
  /** Of its many only the copies of one element to all. */
  readonly avx2: boolean;
  /** Multiplication and addition with one rounding. */
  readonly fma: boolean;
}

export type CpuFeature = keyof CpuFeatures;

/** Plain x86-64: what every processor of the architecture has. */
export const baselineCpu: CpuFeatures = {
  sse41: false,
  popcnt: false,
  lzcnt: false,
  bmi1: false,
  bmi2: false,
  avx: false,
  avx2: false,
  fma: false,
};

/** All features. A feature's place in this list is the number of its bit in encoding words. */
export const cpuFeatures = Object.keys(baselineCpu) as readonly CpuFeature[];

/**
 * How functions of the wasm calling convention begin and end in machine code: with `push rbp` and `ret`, or a
 * jump to the function that is called in their place.
 */

/** Bytes of `push rbp`. */
export const pushFrameLength = 1;

/** `ret`, of one byte. */
export const returnOpcode = 0xc3;

/** `leave` and `pop rbp`: one of them is just before the jump, in the Fast JIT's code and in LLVM's. */
const leavesFrame: readonly number[] = [0xc9, 0x5d];
const prefixOfUpperRegisters = 0x41;
const jumpRelative = 0xe9;
const indirect = 0xff;
/** Of the byte that follows `indirect`: the bits that tell a jump from a call. */
const kindMask = 0x38;
const jumpKind = 0x20;

/** Bytes that `isTailJump` looks at: one before the instruction, and what it begins with. */
export const tailJumpLength = 3;

/**
 * Whether the instruction behind the first of these bytes is the jump that ends a function without a frame.
 */
export function isTailJump(bytes: Uint8Array): boolean {
  if (!leavesFrame.includes(bytes[0])) return false;
  const [, first, second] = bytes;
  if (first === prefixOfUpperRegisters) return second === indirect;
  return first === jumpRelative || (first === indirect && (second & kindMask) === jumpKind);
}

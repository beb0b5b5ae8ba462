/** How functions of the wasm calling convention begin and end in machine code: with `push rbp` and `ret`. */

/** Bytes of `push rbp`. */
export const pushFrameLength = 1;

/** `ret`, of one byte. */
export const returnOpcode = 0xc3;

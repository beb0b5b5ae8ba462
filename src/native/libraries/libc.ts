import { type Address, symbol } from '../ffi/ffi.js';

const libcFunctions = ['memmove', 'memset', 'memchr'] as const;

/** Functions of libc that are builtins: System V, little stack, no faults where their ranges are valid. */
export type LibcFunction = (typeof libcFunctions)[number];

export function isLibcFunction(name: string): name is LibcFunction {
  return (libcFunctions as readonly string[]).includes(name);
}

/** Address of a libc function that machine code calls. */
export function libcAddress(name: LibcFunction): Address {
  return symbol(name);
}

/**
 * Address of a function of the C library that LLVM's code may call: those of libm where the processor has no
 * instruction for it, memmove and memset. Undefined for any other.
 */
export function runtimeSymbol(name: string): Address | undefined {
  return runtimeSymbols.has(name) ? symbol(name) : undefined;
}

const runtimeSymbols: ReadonlySet<string> = new Set([
  ...['memmove', 'memset', 'memcpy'],
  ...['ceil', 'floor', 'trunc', 'nearbyint', 'rint', 'sqrt', 'copysign', 'fabs'].flatMap((name) => [
    name,
    `${name}f`,
  ]),
]);

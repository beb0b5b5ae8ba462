import { type Address, symbol } from './ffi.js';

/** Address of a libc function that machine code calls: System V, never faults where its ranges are valid. */
export function libcAddress(name: 'memmove' | 'memset'): Address {
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

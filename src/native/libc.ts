import { type Address, symbol } from './ffi.js';

/** Address of a libc function that machine code calls: System V, never faults where its ranges are valid. */
export function libcAddress(name: 'memmove' | 'memset'): Address {
  return symbol(name);
}

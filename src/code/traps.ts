/**
 * Why execution can stop, with the spec's messages. The numbers are part of the code object's format and of
 * the execution environment's layout; 0 is "no trap".
 */
export const Trap = {
  none: 0,
  unreachable: 1,
  memoryOutOfBounds: 2,
  tableOutOfBounds: 3,
  undefinedElement: 4,
  uninitializedElement: 5,
  indirectCallTypeMismatch: 6,
  integerDivideByZero: 7,
  integerOverflow: 8,
  invalidConversionToInteger: 9,
  callStackExhausted: 10,
  /** Not a trap of the spec: an import threw a JS exception, which waits to be rethrown to the JS caller. */
  hostException: 11,
  /** Not a trap of the spec: a native function raised it, with its own message. */
  nativeException: 12,
  /** Not a trap of the spec: the time that the caller allows is over. */
  interrupted: 13,
  nullReference: 14,
  nullFunction: 15,
  nullException: 16,
} as const;
export type Trap = (typeof Trap)[keyof typeof Trap];

/** Messages as in the spec's test suite. */
export const trapMessages: Readonly<Record<Trap, string>> = {
  [Trap.none]: 'no trap',
  [Trap.unreachable]: 'unreachable',
  [Trap.memoryOutOfBounds]: 'out of bounds memory access',
  [Trap.tableOutOfBounds]: 'out of bounds table access',
  [Trap.undefinedElement]: 'undefined element',
  [Trap.uninitializedElement]: 'uninitialized element',
  [Trap.indirectCallTypeMismatch]: 'indirect call type mismatch',
  [Trap.integerDivideByZero]: 'integer divide by zero',
  [Trap.integerOverflow]: 'integer overflow',
  [Trap.invalidConversionToInteger]: 'invalid conversion to integer',
  [Trap.callStackExhausted]: 'call stack exhausted',
  [Trap.hostException]: 'exception in an imported function',
  [Trap.nativeException]: 'exception in a native function',
  [Trap.interrupted]: 'interrupted: the time limit is reached',
  [Trap.nullReference]: 'null reference',
  [Trap.nullFunction]: 'null function reference',
  [Trap.nullException]: 'null exception reference',
};

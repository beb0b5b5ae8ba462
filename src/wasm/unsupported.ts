/**
 * Names for what later versions of WebAssembly put where 2.0 has nothing, so that a module that needs them is
 * refused with the name of the feature it needs.
 */

import type { CompileError } from './errors.js';
import { malformed, unsupported } from './errors.js';

const simd = 'SIMD (v128)';
const exceptions = 'exception handling';
const tailCalls = 'tail calls';
const references = 'typed function references';
const gc = 'garbage collection';
const threads = 'threads';

const opcodeFeatures: Readonly<Record<number, string>> = {
  6: exceptions, // try
  7: exceptions, // catch
  8: exceptions, // throw
  9: exceptions, // rethrow
  10: exceptions, // throw_ref
  18: tailCalls, // return_call
  19: tailCalls, // return_call_indirect
  20: references, // call_ref
  21: references, // return_call_ref
  24: exceptions, // delegate
  25: exceptions, // catch_all
  31: exceptions, // try_table
  211: gc, // ref.eq
  212: references, // ref.as_non_null
  213: references, // br_on_null
  214: references, // br_on_non_null
  251: gc, // prefix of the aggregate instructions
  253: simd, // prefix of the vector instructions
  254: threads, // prefix of the atomic instructions
};

const miscOpcodeFeatures: Readonly<Record<number, string>> = {
  19: 'wide arithmetic', // i64.add128
  20: 'wide arithmetic', // i64.sub128
  21: 'wide arithmetic', // i64.mul_wide_s
  22: 'wide arithmetic', // i64.mul_wide_u
};

const typeFeatures: Readonly<Record<number, string>> = {
  105: exceptions, // exnref
  106: gc, // arrayref
  107: gc, // structref
  108: gc, // i31ref
  109: gc, // eqref
  110: gc, // anyref
  113: gc, // nullref
  114: gc, // nullexternref
  115: gc, // nullfuncref
  116: exceptions, // nullexnref
  99: references, // ref null
  100: references, // ref
  123: simd, // v128
  // Forms of types
  78: gc, // rec
  79: gc, // sub final
  80: gc, // sub
  94: gc, // array
  95: gc, // struct
};

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}

/** The error for a byte that is no instruction of ours; for prefix 0xFC also the sub-opcode behind it. */
export function illegalOpcode(code: number, sub: number | undefined, offset: number): CompileError {
  const text = sub === undefined ? hex(code) : `${hex(code)} ${hex(sub)}`;
  const feature = sub === undefined ? opcodeFeatures[code] : miscOpcodeFeatures[sub];
  if (feature !== undefined) return unsupported(feature, `opcode ${text}`, offset);
  return malformed(`illegal opcode ${text}`, offset);
}

/**
 * The error for a byte that is not the type (or form of type) that the binary format has there, with the spec's
 * `wording` where it is of no feature we could name.
 */
export function illegalType(code: number, wording: string, offset: number): CompileError {
  // These are 7-bit LEB128 integers.
  if (code >= 0x80) return malformed('integer representation too long', offset);
  const feature = typeFeatures[code];
  if (feature !== undefined) return unsupported(feature, `type ${hex(code)}`, offset);
  return malformed(`${wording} ${hex(code)}`, offset);
}

/** The error for a byte behind `ref.null` that is no reference type: later versions may have the index of a type there. */
export function illegalHeapType(code: number, offset: number): CompileError {
  if (code < 0x40) return unsupported(references, `type index ${code} of a null`, offset);
  return illegalType(code, 'malformed reference type', offset);
}

/** The error for a table with an initial value. */
export function illegalTable(offset: number): CompileError {
  return unsupported(references, 'initial value of a table', offset);
}

const oneMemory = '(multiple memories are not supported)';

/** The error for a byte other than 0 that stands for the memory: later versions have the index of one of several there. */
export function illegalMemoryIndex(offset: number): CompileError {
  return malformed(`zero byte expected ${oneMemory}`, offset);
}

/** The error for an alignment of 2³² or more: in later versions a memory's index follows where bit 6 is set. */
export function illegalAlignment(exponent: number, offset: number): CompileError {
  const hint = exponent >= 64 && exponent < 128 ? ` ${oneMemory}` : '';
  return malformed(`malformed memop flags ${exponent}${hint}`, offset);
}

/** The error for flags of a memory's or table's limits other than 0 and 1. */
export function illegalLimits(flags: number, offset: number): CompileError {
  if (flags >= 0x80) return malformed('integer representation too long', offset);
  if (flags === 3) return unsupported(threads, 'shared memory', offset);
  if (flags >= 4 && flags <= 7) return unsupported('memory64', '64-bit index type', offset);
  return malformed(`integer too large: flags ${hex(flags)} of limits`, offset);
}

/** The error for a section that 2.0 does not have. */
export function illegalSection(id: number, offset: number): CompileError {
  if (id === 13) return unsupported(exceptions, 'tag section', offset);
  return malformed(`malformed section id ${id}`, offset);
}

/** The error for an import or export of a kind that 2.0 does not have; the spec's suite wants these malformed. */
export function illegalExternKind(side: 'import' | 'export', kind: number, offset: number): CompileError {
  const hint = kind === 4 ? ` (tag: ${exceptions} is not supported)` : '';
  return malformed(`malformed ${side} kind ${kind}${hint}`, offset);
}

/**
 * The features that WebAssembly has and we lack, and proposals. A module that needs one is
 * refused with an error that names it.
 */

import { type CompileError, malformed, unsupported } from './errors.js';
import { Prefix } from './opcode-row.js';

/** The translator of the text format does not know them. */
const references = 'typed function references in the text format';
const gc = 'garbage collection';
const threads = 'threads';
const wideArithmetic = 'wide arithmetic';

const opcodeFeatures: Readonly<Record<number, string>> = {
  211: gc, // ref.eq
  [Prefix.aggregate]: gc,
  [Prefix.atomic]: threads,
};

const subOpcodeFeatures: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  [Prefix.misc]: {
    19: wideArithmetic, // i64.add128
    20: wideArithmetic, // i64.sub128
    21: wideArithmetic, // i64.mul_wide_s
    22: wideArithmetic, // i64.mul_wide_u
  },
};

const typeFeatures: Readonly<Record<number, string>> = {
  106: gc, // arrayref
  107: gc, // structref
  108: gc, // i31ref
  109: gc, // eqref
  110: gc, // anyref
  113: gc, // nullref
  // Forms of types
  94: gc, // array
  95: gc, // struct
};

/** Words of the text format, instructions and others, that only later versions have, with their features. */
const wordFeatures: readonly [words: RegExp, feature: string][] = [
  [/^(ref|call_ref|return_call_ref|ref\.as_non_null|br_on_null|br_on_non_null)$/, references],
  [/^(rec|sub|final|exn|noexn|nofunc|noextern|null(func|extern|exn)ref)$/, references],
  [/^(struct|array|i31|any|extern)\.|^ref\.(test|cast|eq|i31)$|^br_on_cast(_fail)?$/, gc],
  [/^(struct|array|field|any|eq|i31|none|i8|i16)$/, gc],
  [/^(any|eq|i31|struct|array|null)ref$/, gc],
  [/\.atomic\.|^atomic\.fence$|^memory\.atomic|^shared$/, threads],
  [/^i64\.(add128|sub128|mul_wide_[su])$/, wideArithmetic],
  [/^(cont|cont\.(new|bind)|suspend|resume|resume_throw|switch)$/, 'stack switching'],
  [/^pagesize$/, 'custom page sizes'],
];

/** The feature of the first word that only a later version of the text format has. */
export function textFeature(words: readonly string[]): string | undefined {
  for (const word of words) {
    const found = wordFeatures.find(([pattern]) => pattern.test(word));
    if (found !== undefined) return found[1];
  }
  return undefined;
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}

/** The error for a byte that is no instruction of ours, or for a prefix and the sub-opcode after it. */
export function illegalOpcode(code: number, sub: number | undefined, offset: number): CompileError {
  const text = sub === undefined ? hex(code) : `${hex(code)} ${hex(sub)}`;
  const feature = sub === undefined ? opcodeFeatures[code] : subOpcodeFeatures[code]?.[sub];
  if (feature !== undefined) return unsupported(feature, `opcode ${text}`, offset);
  return malformed(`illegal opcode ${text}`, offset);
}

/**
 * The error for a byte that is not the type (or form of type) that the binary format wants. It has the spec's
 * `wording` unless the byte belongs to a feature that we can name.
 */
export function illegalType(code: number, wording: string, offset: number): CompileError {
  // These are 7-bit LEB128 integers.
  if (code >= 0x80) return malformed('integer representation too long', offset);
  const feature = typeFeatures[code];
  if (feature !== undefined) return unsupported(feature, `type ${hex(code)}`, offset);
  return malformed(`${wording} ${hex(code)}`, offset);
}

/** The error for flags of a memory's or table's limits that are none of ours. */
export function illegalLimits(flags: number, offset: number): CompileError {
  if (flags <= 7) return unsupported(threads, 'shared memory', offset);
  return malformed(`malformed limits flags ${hex(flags)}`, offset);
}

/** The error for an import or export of a kind that there is not. */
export function illegalExternKind(side: 'import' | 'export', kind: number, offset: number): CompileError {
  return malformed(`malformed ${side} kind ${kind}`, offset);
}

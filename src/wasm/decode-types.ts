/** Types in the binary format (spec 3.0, section 5.3). Those of defined types become their canonical ids. */
import { invalid, malformed } from './errors.js';
import { maxParams, maxResults } from './limits.js';
import type { Reader } from './reader.js';
import { internGroup, nextTypeId, type SubType, typeOfId } from './type-registry.js';
import {
  type FuncType,
  type GlobalType,
  isRefType,
  isValType,
  type Limits,
  type MemoryType,
  nonNull,
  type RefType,
  refTo,
  type TableType,
  type TagType,
  ValType,
} from './types.js';
import { illegalLimits, illegalType } from './unsupported.js';

/** Canonical ids of the types that may be named, by type index: `WasmModule.typeIds`. */
export type TypeIds = ArrayLike<number>;

const funcForm = 0x60;
/** `rec`: a vector of types that may name each other. */
const recursiveGroup = 0x4e;
/** `sub` and `sub final`: a vector of at most one supertype, then the type. */
const openForm = 0x50;
const finalForm = 0x4f;
/** `(ref null ht)` and `(ref ht)`: a heap type follows. */
const nullableForm = 0x63;
const nonNullForm = 0x64;

export function readValType(reader: Reader, ids: TypeIds): ValType {
  const at = reader.pos;
  const code = reader.u8();
  if (isValType(code)) return code;
  return longRefType(reader, ids, code, 'malformed value type', at);
}

export function readRefType(reader: Reader, ids: TypeIds): RefType {
  const at = reader.pos;
  const code = reader.u8();
  if (isValType(code) && isRefType(code)) return code;
  return longRefType(reader, ids, code, 'malformed reference type', at);
}

/** A reference type from the heap type on, if the byte before it, at `at`, says that it is one. */
function longRefType(reader: Reader, ids: TypeIds, form: number, wording: string, at: number): RefType {
  if (form === nullableForm) return readHeapType(reader, ids);
  if (form === nonNullForm) return nonNull(readHeapType(reader, ids));
  throw illegalType(form, wording, at);
}

/** The type of references to a heap type and null: what `ref.null` makes a null of. */
export function readHeapType(reader: Reader, ids: TypeIds): RefType {
  const at = reader.pos;
  const code = reader.u8();
  if (isValType(code) && isRefType(code)) return code;
  if (code >= 0x40 && code < 0x80) throw illegalType(code, 'malformed heap type', at);
  reader.pos = at;
  const index = reader.s33();
  if (index < 0) throw malformed(`malformed heap type ${index}`, at);
  if (index >= ids.length) throw invalid(`unknown type ${index}`, at);
  return refTo(ids[index]);
}

/** Whether a heap type follows this byte in a value type. */
export function isHeapTypePrefix(code: number): boolean {
  return code === nullableForm || code === nonNullForm;
}

/** Reads past a value type; which types there are is not looked at. */
export function skipValType(reader: Reader): void {
  const at = reader.pos;
  const code = reader.u8();
  if (isHeapTypePrefix(code)) skipHeapType(reader);
  else if (!isValType(code)) throw illegalType(code, 'malformed value type', at);
}

/** Reads past a heap type, as `skipValType` does. */
export function skipHeapType(reader: Reader): void {
  const at = reader.pos;
  const code = reader.bytes[at];
  reader.s33();
  if (code >= 0x40 && code < 0x80 && !(isValType(code) && isRefType(code)))
    throw illegalType(code, 'malformed heap type', at);
}

function readResultType(reader: Reader, ids: TypeIds, max: number, what: string): ValType[] {
  const at = reader.pos;
  const count = reader.length();
  if (count > max) throw invalid(`too many ${what}: ${count}, at most ${max}`, at);
  const types: ValType[] = [];
  for (let k = 0; k < count; k++) types.push(readValType(reader, ids));
  return types;
}

function readFuncType(reader: Reader, ids: TypeIds): FuncType {
  const at = reader.pos;
  const form = reader.u8();
  if (form !== funcForm) throw illegalType(form, 'malformed function type', at);
  const params = readResultType(reader, ids, maxParams, 'parameters');
  const results = readResultType(reader, ids, maxResults, 'results');
  return { params, results };
}

/** Type `own` of the module: it may say what it is a subtype of, and whether it may have subtypes. */
function readSubType(reader: Reader, ids: TypeIds, own: number): SubType {
  const at = reader.pos;
  const form = reader.bytes[at];
  if (form !== openForm && form !== finalForm) {
    return { type: readFuncType(reader, ids), final: true, supertype: 0 };
  }
  reader.u8();
  const count = reader.length();
  if (count > 1) throw invalid(`sub type with ${count} supertypes, at most 1`, at);
  let supertype = 0;
  if (count === 1) {
    const index = reader.u32();
    if (index >= own) throw invalid(`unknown type ${index}: supertypes come first`, at);
    supertype = ids[index];
  }
  return { type: readFuncType(reader, ids), final: form === finalForm, supertype };
}

/**
 * Reads an entry of the type section: a type, or a group of types that may refer to each other. Appends their
 * canonical ids to `ids` and the types to `types`, and where each begins to `offsets`.
 */
export function readTypeGroup(reader: Reader, ids: number[], types: FuncType[], offsets: number[]): void {
  const at = reader.pos;
  const isRecursive = reader.bytes[at] === recursiveGroup;
  if (isRecursive) reader.u8();
  const count = isRecursive ? reader.length() : 1;
  const start = ids.length;
  for (let k = 0; k < count; k++) ids.push(nextTypeId() + k);
  const group: SubType[] = [];
  for (let k = 0; k < count; k++) {
    offsets.push(reader.pos);
    group.push(readSubType(reader, ids, start + k));
  }
  const first = internGroup(group);
  for (let k = 0; k < count; k++) {
    ids[start + k] = first + k;
    types.push(typeOfId(first + k));
  }
}

/** Bits of the byte before limits. */
const hasMax = 1;
const has64 = 4;

function readLimits(reader: Reader): Limits {
  const at = reader.pos;
  const flags = reader.u8();
  if ((flags & ~(hasMax | has64)) !== 0) throw illegalLimits(flags, at);
  const is64 = (flags & has64) !== 0;
  const min = reader.u64();
  const max = (flags & hasMax) === 0 ? undefined : reader.u64();
  return is64 ? { min, max, address: ValType.i64 } : { min, max };
}

export function readMemoryType(reader: Reader): MemoryType {
  return { limits: readLimits(reader) };
}

export function readTableType(reader: Reader, ids: TypeIds): TableType {
  const element = readRefType(reader, ids);
  return { element, limits: readLimits(reader) };
}

export function readGlobalType(reader: Reader, ids: TypeIds): GlobalType {
  const type = readValType(reader, ids);
  const at = reader.pos;
  const mutable = reader.u8();
  if (mutable > 1) throw malformed('malformed mutability', at);
  return { type, mutable: mutable === 1 };
}

/** The zero byte is for what may not return: exceptions. */
export function readTagType(reader: Reader): TagType {
  const at = reader.pos;
  if (reader.u8() !== 0) throw malformed('zero byte expected', at);
  return { typeIndex: reader.u32() };
}

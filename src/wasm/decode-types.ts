/** Types in the binary format (spec 2.0, section 5.3). */
import { invalid, malformed } from './errors.js';
import { maxParams, maxResults } from './limits.js';
import type { Reader } from './reader.js';
import {
  type FuncType,
  type GlobalType,
  isRefType,
  isValType,
  type Limits,
  type MemoryType,
  type RefType,
  type TableType,
  type ValType,
} from './types.js';
import { illegalHeapType, illegalLimits, illegalTable, illegalType } from './unsupported.js';

const funcForm = 0x60;
/** What later versions begin a table with that has an initial value. */
const initializedTable = 0x40;

export function readValType(reader: Reader): ValType {
  const at = reader.pos;
  const code = reader.u8();
  if (!isValType(code)) throw illegalType(code, 'malformed value type', at);
  return code;
}

export function readRefType(reader: Reader): RefType {
  const at = reader.pos;
  const code = reader.u8();
  if (!isRefType(code)) throw illegalType(code, 'malformed reference type', at);
  return code;
}

/** The type that `ref.null` makes a null of. */
export function readHeapType(reader: Reader): RefType {
  const at = reader.pos;
  const code = reader.u8();
  if (!isRefType(code)) throw illegalHeapType(code, at);
  return code;
}

function readResultType(reader: Reader, max: number, what: string): ValType[] {
  const at = reader.pos;
  const count = reader.length();
  if (count > max) throw invalid(`too many ${what}: ${count}, at most ${max}`, at);
  const types: ValType[] = [];
  for (let k = 0; k < count; k++) types.push(readValType(reader));
  return types;
}

export function readFuncType(reader: Reader): FuncType {
  const at = reader.pos;
  const form = reader.u8();
  if (form !== funcForm) throw illegalType(form, 'malformed function type', at);
  const params = readResultType(reader, maxParams, 'parameters');
  const results = readResultType(reader, maxResults, 'results');
  return { params, results };
}

function readLimits(reader: Reader): Limits {
  const at = reader.pos;
  const flags = reader.u8();
  if (flags > 1) throw illegalLimits(flags, at);
  const min = reader.u32();
  return { min, max: flags === 1 ? reader.u32() : undefined };
}

export function readMemoryType(reader: Reader): MemoryType {
  return { limits: readLimits(reader) };
}

export function readTableType(reader: Reader): TableType {
  if (reader.bytes[reader.pos] === initializedTable) throw illegalTable(reader.pos);
  const element = readRefType(reader);
  return { element, limits: readLimits(reader) };
}

export function readGlobalType(reader: Reader): GlobalType {
  const type = readValType(reader);
  const at = reader.pos;
  const mutable = reader.u8();
  if (mutable > 1) throw malformed('malformed mutability', at);
  return { type, mutable: mutable === 1 };
}

import { ByteWriter } from '../../fuzz/module/byte-writer.js';
import { type FuncType, ValType, valTypeName } from '../../src/wasm/types.js';
import type { Value, ValueType } from '../../src/wast/values.js';

/*
 * Modules through which JavaScript can call functions and read globals whose types it cannot see: each v128
 * becomes two i64, the lower lane first. What is adapted is the import "" "", and the adapter the export "".
 */

export function hasVectors({ params, results }: FuncType): boolean {
  return [...params, ...results].includes(ValType.v128);
}

/** The types that an adapter has instead. */
function adaptedTypes(types: readonly ValType[]): ValType[] {
  return types.flatMap((type) => (type === ValType.v128 ? [ValType.i64, ValType.i64] : [type]));
}

/** The same, by the names of scripts. */
export function halfTypes(types: readonly ValType[]): ValueType[] {
  return adaptedTypes(types).map((type) => valTypeName(type) as ValueType);
}

/** What an adapter takes for a value. */
export function halves(value: Value): Value[] {
  if (value.type !== 'v128') return [value];
  const half = (shift: bigint): Value => ({ type: 'i64', bits: BigInt.asUintN(64, value.bits >> shift) });
  return [half(0n), half(64n)];
}

/** The values of these types that an adapter's results are. */
export function joined(results: readonly Value[], types: readonly ValType[]): Value[] {
  const rest = results.values();
  const next = (): Value => rest.next().value as Value;
  const nextHalf = (): bigint => (next() as { bits: bigint }).bits;
  return types.map((type) => {
    if (type !== ValType.v128) return next();
    const low = nextHalf();
    return { type: 'v128', bits: low | (nextHalf() << 64n) };
  });
}

const vectorPrefix = 0xfd;
const localGet = (index: number): number[] => [0x20, index];
const localSet = (index: number): number[] => [0x21, index];
const call = 0x10;
const globalGet = 0x23;
const end = 0x0b;
const splat = [vectorPrefix, 0x12];
const extractLane = (lane: number): number[] => [vectorPrefix, 0x1d, lane];
const replaceLane = (lane: number): number[] => [vectorPrefix, 0x1e, lane];

/** A module's section: its number, and its contents without their length. */
type Section = readonly [id: number, content: readonly number[]];

function encode(sections: readonly Section[]): Uint8Array {
  const writer = new ByteWriter();
  writer.bytes(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  for (const [id, content] of sections) {
    writer.byte(id);
    writer.u32(content.length);
    writer.bytes(Uint8Array.from(content));
  }
  return writer.finish();
}

const typeBytes = ({ params, results }: FuncType): number[] => [
  0x60,
  params.length,
  ...params,
  results.length,
  ...results,
];

/** A body as the code section has it; a local of each of the types. */
function bodyBytes(locals: readonly ValType[], instructions: readonly number[]): number[] {
  const declarations = [locals.length, ...locals.flatMap((type) => [1, type])];
  const length = declarations.length + instructions.length + 1;
  // LEB128 of two bytes
  return [(length & 0x7f) | 0x80, length >> 7, ...declarations, ...instructions, end];
}

/** The results that were put into locals from `first` on. */
function resultHalves(results: readonly ValType[], first: number): number[] {
  return results.flatMap((type, index) => {
    const get = localGet(first + index);
    return type === ValType.v128 ? [...get, ...extractLane(0), ...get, ...extractLane(1)] : get;
  });
}

/** The adapter of a function with at most 60 parameters and results. */
export function functionAdapter(type: FuncType): Uint8Array {
  const adapted: FuncType = { params: adaptedTypes(type.params), results: adaptedTypes(type.results) };
  let parameter = 0;
  const args = type.params.flatMap((param) => {
    if (param !== ValType.v128) return localGet(parameter++);
    return [...localGet(parameter++), ...splat, ...localGet(parameter++), ...replaceLane(1)];
  });
  const lastLocal = parameter + type.results.length - 1;
  const keep = type.results.flatMap((_, index) => localSet(lastLocal - index));
  const results = resultHalves(type.results, parameter);
  return encode([
    [1, [2, ...typeBytes(type), ...typeBytes(adapted)]],
    [2, [1, 0, 0, 0, 0]],
    [3, [1, 1]],
    [7, [1, 0, 0, 1]],
    [10, [1, ...bodyBytes(type.results, [...args, call, 0, ...keep, ...results])]],
  ]);
}

/** The adapter of a global that is a v128: a function that reads it. */
export function globalAdapter(mutable: boolean): Uint8Array {
  const type = ValType.v128;
  const reader: FuncType = { params: [], results: adaptedTypes([type]) };
  const read = [globalGet, 0, ...localSet(0), ...resultHalves([type], 0)];
  return encode([
    [1, [1, ...typeBytes(reader)]],
    [2, [1, 0, 0, 3, type, mutable ? 1 : 0]],
    [3, [1, 0]],
    [7, [1, 0, 0, 0]],
    [10, [1, ...bodyBytes([type], read)]],
  ]);
}

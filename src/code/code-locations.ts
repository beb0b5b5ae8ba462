import { lastAtMost } from './last-at-most.js';

/**
 * Which wasm instruction each machine instruction of an image comes from, inlined functions included. Rows
 * share locations, and a location may name the call at which its function was inlined.
 */
export interface CodeLocations {
  /** Ascending offsets into the image: row k holds from `offsets[k]` up to `offsets[k + 1]`. */
  readonly offsets: Uint32Array;
  /** Index of the row's location in the arrays below, or -1 where nothing is known. */
  readonly locations: Int32Array;
  /** Per location: index of the wasm function that the instruction belongs to. */
  readonly functions: Uint32Array;
  /** Byte offset in the wasm module; 0 where unknown. */
  readonly wasmOffsets: Uint32Array;
  /** Location of the call at which that function was inlined, or -1. */
  readonly callers: Int32Array;
}

/** A wasm instruction, and the function that it belongs to. */
export interface WasmLocation {
  readonly functionIndex: number;
  /** Byte offset in the wasm module; 0 where unknown. */
  readonly wasmOffset: number;
}

/**
 * Where the machine instruction at `offset` in the image comes from: the instruction itself, then the calls
 * through which it was inlined, innermost first. If nothing is known of it, the last known instruction before
 * it counts, back to `start`. Empty where there is none.
 */
export function locationsAt(table: CodeLocations, offset: number, start: number = offset): WasmLocation[] {
  const { offsets, locations, functions, wasmOffsets, callers } = table;
  const chain: WasmLocation[] = [];
  let row = lastAtMost(offsets, offset);
  while (row > 0 && locations[row] < 0 && offsets[row] > start) row--;
  let location = row < 0 ? -1 : locations[row];
  while (location >= 0) {
    chain.push({ functionIndex: functions[location], wasmOffset: wasmOffsets[location] });
    location = callers[location];
  }
  return chain;
}

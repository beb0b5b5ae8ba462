import { Trap } from '../../code/traps.js';
import { longestBytes } from '../../native/memory/linear-memory.js';
import type { WasmModule } from '../../wasm/module.js';
import type { Memory } from '../objects/memory.js';
import type { Table } from '../objects/table.js';
import { type ConstContext, evaluateOffset, evaluateReference } from './const-eval.js';

/** What segments, and instructions on memories and tables, need of an instance. */
export interface SegmentInstance extends ConstContext {
  readonly module: { readonly wasm: WasmModule };
  memory(index: number): Memory;
  table(index: number): Table;
  isDataDropped(index: number): boolean;
  dropData(index: number): void;
  isElementDropped(index: number): boolean;
  dropElement(index: number): void;
}

/**
 * Copies part of a data segment into a memory, as the instruction memory.init (spec 2.0, section 4.4.7). A
 * dropped segment is empty.
 *
 * @returns Trap.none, or, with nothing written, Trap.memoryOutOfBounds
 */
export function initMemory(
  instance: SegmentInstance,
  dataIndex: number,
  memoryIndex: number,
  destination: number,
  source: number,
  length: number,
): Trap {
  const { bytes, data } = instance.module.wasm;
  const { start, end } = data[dataIndex];
  const size = instance.isDataDropped(dataIndex) ? 0 : end - start;
  const target = instance.memory(memoryIndex);
  if (source + length > size || destination + length > target.byteLength) return Trap.memoryOutOfBounds;
  target.bytes(destination, length).set(bytes.subarray(start + source, start + source + length));
  return Trap.none;
}

/**
 * Copies part of an element segment into a table, as the instruction table.init (spec 2.0, section 4.4.6). A
 * dropped segment is empty.
 *
 * @returns Trap.none, or, with nothing written, Trap.tableOutOfBounds
 */
export function initTable(
  instance: SegmentInstance,
  elementIndex: number,
  tableIndex: number,
  destination: number,
  source: number,
  length: number,
): Trap {
  const { init } = instance.module.wasm.elements[elementIndex];
  const size = instance.isElementDropped(elementIndex) ? 0 : init.length;
  const table = instance.table(tableIndex);
  if (source + length > size || destination + length > table.length) return Trap.tableOutOfBounds;
  for (let k = 0; k < length; k++) {
    table.setNative(destination + k, evaluateReference(init[source + k], instance));
  }
  return Trap.none;
}

/**
 * Applies the active segments of a new instance: elements, then data, each in order. What was written before
 * a trap stays. A memory of its own that began with an image has its data already.
 */
export function applyActiveSegments(instance: SegmentInstance): Trap {
  const { elements } = instance.module.wasm;
  for (const [index, segment] of elements.entries()) {
    if (segment.mode === 'passive') continue;
    if (segment.mode === 'active') {
      const offset = evaluateOffset(segment.offset, instance);
      const trap = initTable(instance, index, segment.table, offset, 0, segment.init.length);
      if (trap !== Trap.none) return trap;
    }
    instance.dropElement(index);
  }
  return applyData(instance);
}

/** Up to so many bytes are copied one by one: that is faster than to make views of them. */
const fewBytes = 64;

/** Copies the active data segments, of which some modules have 100,000 small ones. */
function applyData(instance: SegmentInstance): Trap {
  const { bytes, data, memories, importedMemoryCount } = instance.module.wasm;
  // The image of an imported memory is that of another module.
  const isFilled = importedMemoryCount === 0 && memories.length > 0 && instance.memory(0).image !== undefined;
  // The memory of the last segment: no code runs in between that could replace its buffer.
  let memoryIndex = -1;
  let byteLength = 0;
  let memory: Uint8Array = new Uint8Array(0);
  for (let index = 0; index < data.length; index++) {
    const segment = data[index];
    if (segment.mode === 'passive') continue;
    if (isFilled && segment.memory === 0) {
      instance.dropData(index);
      continue;
    }
    if (segment.memory !== memoryIndex) {
      memoryIndex = segment.memory;
      byteLength = instance.memory(memoryIndex).byteLength;
      memory = instance.memory(memoryIndex).bytes(0, Math.min(byteLength, longestBytes));
    }
    const { start, end, constantOffset } = segment;
    const offset = constantOffset ?? evaluateOffset(segment.offset, instance);
    const length = end - start;
    if (offset + length > byteLength) return Trap.memoryOutOfBounds;
    if (offset + length > memory.length)
      instance.memory(memoryIndex).bytes(offset, length).set(bytes.subarray(start, end));
    else if (length > fewBytes) memory.set(bytes.subarray(start, end), offset);
    else for (let from = start, to = offset; from < end; from++, to++) memory[to] = bytes[from];
    instance.dropData(index);
  }
  return Trap.none;
}

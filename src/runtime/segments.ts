import { Trap } from '../code/traps.js';
import { evaluateOffset, evaluateReference } from './const-eval.js';
import type { Instance } from './instance.js';

/**
 * Copies part of a data segment into a memory, as the instruction memory.init (spec 2.0, section 4.4.7). A dropped
 * segment is empty.
 *
 * @returns Trap.none, or, with nothing written, Trap.memoryOutOfBounds
 */
export function initMemory(
  instance: Instance,
  dataIndex: number,
  memoryIndex: number,
  destination: number,
  source: number,
  length: number,
): Trap {
  const { bytes, data } = instance.module.wasm;
  const { start, end } = data[dataIndex];
  const size = instance.isDataDropped(dataIndex) ? 0 : end - start;
  const target = instance.memory(memoryIndex).buffer;
  if (source + length > size || destination + length > target.byteLength) return Trap.memoryOutOfBounds;
  new Uint8Array(target, destination, length).set(bytes.subarray(start + source, start + source + length));
  return Trap.none;
}

/**
 * Copies part of an element segment into a table, as the instruction table.init (spec 2.0, section 4.4.6). A dropped
 * segment is empty.
 *
 * @returns Trap.none, or, with nothing written, Trap.tableOutOfBounds
 */
export function initTable(
  instance: Instance,
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
 * Applies the active segments of a new instance: elements, then data, each in order. What was written before a
 * trap stays.
 */
export function applyActiveSegments(instance: Instance): Trap {
  const { elements, data } = instance.module.wasm;
  for (const [index, segment] of elements.entries()) {
    if (segment.mode === 'passive') continue;
    if (segment.mode === 'active') {
      const offset = evaluateOffset(segment.offset, instance);
      const trap = initTable(instance, index, segment.table, offset, 0, segment.init.length);
      if (trap !== Trap.none) return trap;
    }
    instance.dropElement(index);
  }
  for (const [index, segment] of data.entries()) {
    if (segment.mode === 'passive') continue;
    const offset = evaluateOffset(segment.offset, instance);
    const trap = initMemory(instance, index, segment.memory, offset, 0, segment.end - segment.start);
    if (trap !== Trap.none) return trap;
    instance.dropData(index);
  }
  return Trap.none;
}

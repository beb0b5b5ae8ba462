import { definedIndex, type WasmModule } from '../wasm/module.js';
import {
  functionRecord,
  globalSize,
  memoryInstance,
  moduleInstance,
  tableInstance,
  tagInstance,
} from './structs.js';
import { pointerSize } from './widths.js';

/**
 * Where everything of a module's instance lies, in bytes from the start of the instance block. It depends on
 * the module alone, so all instances of a module share machine code.
 *
 * What the module defines lies in the block itself. For what it imports the block holds a pointer: to the
 * MemoryInstance, TableInstance, TagInstance, global cell or FunctionRecord in the instance (or host object)
 * that defines it.
 *
 *     header | memories | globals | tables | tags | function records |
 *     pointers to imports | type ids | heat counters
 */
export interface InstanceLayout {
  /** Size of the block in bytes. */
  readonly size: number;
  /** Indices below these counts are imported: the offset is that of a pointer. */
  readonly importedMemoryCount: number;
  readonly importedGlobalCount: number;
  readonly importedTableCount: number;
  readonly importedTagCount: number;
  readonly importedFunctionCount: number;
  /** MemoryInstance of a defined memory, or pointer to that of an imported one. */
  memory(index: number): number;
  /** Cell of a defined global, or pointer to that of an imported one. */
  global(index: number): number;
  /** TableInstance of a defined table, or pointer to that of an imported one. */
  table(index: number): number;
  /** TagInstance of a defined tag, or pointer to that of an imported one. */
  tag(index: number): number;
  /** FunctionRecord of a defined function, or pointer to that of an imported one. */
  function(index: number): number;
  /** The u32 canonical id of type `index` of the module. */
  typeId(index: number): number;
  /** The u32 heat counter of a defined function, by its index over all functions. */
  heat(index: number): number;
}

const typeIdSize = 4;
const heatCounterSize = 4;

export function layoutInstance(module: WasmModule): InstanceLayout {
  let at = moduleInstance.size;
  const area = (count: number, size: number): number => {
    const start = at;
    at += count * size;
    return start;
  };
  const { importedMemoryCount, importedGlobalCount, importedTableCount, importedFunctionCount } = module;
  const memories = area(module.memories.length - importedMemoryCount, memoryInstance.size);
  const globals = module.globals.map(({ type }, index) =>
    area(index < importedGlobalCount ? 0 : 1, globalSize(type)),
  );
  const tables = area(module.tables.length - importedTableCount, tableInstance.size);
  const { importedTagCount } = module;
  const tags = area(module.tags.length - importedTagCount, tagInstance.size);
  const functions = area(module.functionTypes.length - importedFunctionCount, functionRecord.size);
  const memoryPointers = area(importedMemoryCount, pointerSize);
  const globalPointers = area(importedGlobalCount, pointerSize);
  const tablePointers = area(importedTableCount, pointerSize);
  const tagPointers = area(importedTagCount, pointerSize);
  const functionPointers = area(importedFunctionCount, pointerSize);
  const typeIds = area(module.types.length, typeIdSize);
  const heatCounters = area(module.functionTypes.length - importedFunctionCount, heatCounterSize);
  const place =
    (imported: number, pointers: number, defined: number, size: number) =>
    (index: number): number =>
      index < imported ? pointers + index * pointerSize : defined + (index - imported) * size;
  return {
    size: Math.ceil(at / 16) * 16,
    importedMemoryCount,
    importedGlobalCount,
    importedTableCount,
    importedTagCount,
    importedFunctionCount,
    memory: place(importedMemoryCount, memoryPointers, memories, memoryInstance.size),
    global: (index) => (index < importedGlobalCount ? globalPointers + index * pointerSize : globals[index]),
    table: place(importedTableCount, tablePointers, tables, tableInstance.size),
    tag: place(importedTagCount, tagPointers, tags, tagInstance.size),
    function: place(importedFunctionCount, functionPointers, functions, functionRecord.size),
    typeId: (index) => typeIds + index * typeIdSize,
    heat: (index) => heatCounters + definedIndex(module, index) * heatCounterSize,
  };
}

import type { Trap } from '../../code/traps.js';
import {
  type Callee,
  type Exceptions,
  InterpretedFunction,
  type MemoryAccess,
  type ModuleCode,
} from '../../interpreter/callee.js';
import { layoutSlots } from '../../layout/widths.js';
import type { Address } from '../../native/ffi/ffi.js';
import { functionType, type WasmModule } from '../../wasm/module.js';
import { check } from '../calls/builtins.js';
import { foreignFunction } from '../calls/foreign-function.js';
import type { TraceableInstance } from '../calls/interpretation.js';
import { InterpreterExceptions } from '../calls/interpreter-exceptions.js';
import type { Table } from '../objects/table.js';
import type { Instance } from './instance.js';
import { initMemory, initTable } from './segments.js';

const noMemory: MemoryAccess = {
  view: new DataView(new ArrayBuffer(0)),
  bytes: new Uint8Array(0),
  byteLength: 0,
};

/**
 * An instance as the interpreter sees it: the same memories, tables, globals and functions as machine code.
 */
export class InstanceView implements TraceableInstance {
  readonly instance: Instance;
  readonly wasm: WasmModule;
  readonly code: ModuleCode;
  readonly typeIds: Uint32Array;
  readonly globalWords: readonly Int32Array[];
  readonly globalAt: Int32Array;
  readonly tables: readonly Table[];
  readonly callees: (Callee | undefined)[];
  readonly exceptions: Exceptions;

  constructor(instance: Instance) {
    const { module } = instance;
    const { wasm } = module;
    this.instance = instance;
    this.wasm = wasm;
    this.code = module.interpreterCode;
    this.typeIds = module.wasm.typeIds;
    this.tables = wasm.tables.map((_, index) => instance.table(index));
    const words: Int32Array[] = [];
    this.globalAt = new Int32Array(wasm.globals.length);
    for (let index = 0; index < wasm.globals.length; index++) {
      if (index < wasm.importedGlobalCount) {
        const global = instance.global(index);
        words.push(global.words);
        this.globalAt[index] = global.wordIndex;
      } else {
        words.push(instance.cells.i32);
        this.globalAt[index] = (instance.byteOffset + module.layout.global(index)) >> 2;
      }
    }
    this.globalWords = words;
    const tags = wasm.tags.map((_, index) => instance.tag(index));
    this.exceptions = new InterpreterExceptions(instance.store.exceptions, tags);
    this.callees = new Array<Callee | undefined>(wasm.functionTypes.length).fill(undefined);
  }

  get memory(): MemoryAccess {
    const { instance } = this;
    return instance.module.wasm.memories.length === 0 ? noMemory : instance.memory(0).access;
  }

  callee(functionIndex: number): Callee {
    this.callees[functionIndex] ??= this.#makeCallee(functionIndex);
    return this.callees[functionIndex];
  }

  /** A function of this very instance that is interpreted. */
  interpreted(functionIndex: number): InterpretedFunction {
    const callee = this.callee(functionIndex);
    if (!callee.isInterpreted) throw new Error(`internal error: function ${functionIndex} is compiled`);
    return callee;
  }

  resolve(reference: Address): Callee {
    const { store } = this.instance;
    const func = store.funcrefs.value(reference);
    if (func === null) throw new Error('internal error: a null reference is called');
    return foreignFunction(store, func);
  }

  record(functionIndex: number): Address {
    return this.instance.record(functionIndex);
  }

  memoryAt(index: number): MemoryAccess {
    return this.instance.memory(index).access;
  }

  memoryGrow(memory: number, delta: number): number {
    return this.instance.memory(memory).tryGrow(delta);
  }

  memoryInit(segment: number, memory: number, destination: number, source: number, length: number): Trap {
    return initMemory(this.instance, segment, memory, destination, source, length);
  }

  dataDrop(segment: number): void {
    this.instance.dropData(segment);
  }

  tableInit(segment: number, table: number, destination: number, source: number, length: number): Trap {
    return initTable(this.instance, segment, table, destination, source, length);
  }

  tableCopy(
    destinationTable: number,
    sourceTable: number,
    destination: number,
    source: number,
    length: number,
  ): Trap {
    return check(
      this.tables[destinationTable].copyFrom(this.tables[sourceTable], destination, source, length),
    );
  }

  tableFill(table: number, start: number, reference: Address, length: number): Trap {
    return check(this.tables[table].fillNative(start, reference, length));
  }

  elemDrop(segment: number): void {
    this.instance.dropElement(segment);
  }

  #makeCallee(functionIndex: number): Callee {
    const { instance } = this;
    const { wasm } = instance.module;
    if (functionIndex < wasm.importedFunctionCount || !instance.isInterpreted(functionIndex)) {
      return foreignFunction(instance.store, instance.func(functionIndex));
    }
    const { params, results } = functionType(wasm, functionIndex);
    const typeId = wasm.typeIds[wasm.functionTypes[functionIndex]];
    return new InterpretedFunction(
      this,
      functionIndex,
      typeId,
      layoutSlots(params).slots,
      layoutSlots(results).slots,
    );
  }
}

import type { Trap } from '../code/traps.js';
import type { FunctionDecoder } from './decode.js';
import type { FunctionBody } from './function-body.js';

/** Values in memory, of 8 bytes each: a 4-byte one lies in the lower half. All show the same memory. */
export interface ValueCells {
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
}

/** A function that interpreted code calls. */
export type Callee = InterpretedFunction | ForeignFunction;

/** A function of the host, or one that is compiled. */
export interface ForeignFunction {
  readonly isInterpreted: false;
  /** Canonical id of its type. */
  readonly typeId: number;
  /** Cells that arguments or results take, whichever are more. */
  readonly cellCount: number;
  /** Whether it is the user's: what it throws is the user's too. */
  readonly isHost: boolean;
  /** Calls it with arguments in cells from the one given on, where the results will be. Throws what ends the caller. */
  readonly invoke: (cells: ValueCells, cell: number) => void;
}

/** A function of an instance that is interpreted. */
export class InterpretedFunction {
  readonly isInterpreted = true;
  readonly instance: InterpretedInstance;
  readonly functionIndex: number;
  readonly typeId: number;
  /** Cells of its arguments and of its results. */
  readonly paramCount: number;
  readonly resultCount: number;
  /** Its code, once it has been called. */
  body: FunctionBody | undefined;

  constructor(
    instance: InterpretedInstance,
    functionIndex: number,
    typeId: number,
    paramCount: number,
    resultCount: number,
  ) {
    this.instance = instance;
    this.functionIndex = functionIndex;
    this.typeId = typeId;
    this.paramCount = paramCount;
    this.resultCount = resultCount;
  }

  /** Makes its code, or finds that another instance of the module has made it. */
  decode(): FunctionBody {
    this.body = this.instance.code.body(this.functionIndex);
    return this.body;
  }
}

/** The decoded functions of a module. */
export class ModuleCode {
  readonly #decoder: FunctionDecoder;
  readonly #bodies: (FunctionBody | undefined)[] = [];

  constructor(decoder: FunctionDecoder) {
    this.#decoder = decoder;
  }

  body(functionIndex: number): FunctionBody {
    this.#bodies[functionIndex] ??= this.#decoder.decode(functionIndex);
    return this.#bodies[functionIndex];
  }
}

/** What interpreted code sees of a memory; current after everything that may have let it grow. */
export interface MemoryAccess {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly byteLength: number;
}

/** What interpreted code does with a table. References are addresses of function records or externref handles. */
export interface TableAccess {
  readonly length: number;
  getNative(index: number): number;
  setNative(index: number, reference: number): void;
  /** Grows; -1 where that is impossible, else the length before. */
  growNative(delta: number, reference: number): number;
}

/** What interpreted code needs of an instance. */
export interface InterpretedInstance {
  readonly code: ModuleCode;
  /** Canonical ids of the module's types. */
  readonly typeIds: Uint32Array;
  /** Memory 0; an empty one where there is none. */
  readonly memory: MemoryAccess;
  /** By global: words that hold its cell, and index of its first word. */
  readonly globalWords: readonly Int32Array[];
  readonly globalAt: Int32Array;
  readonly tables: readonly TableAccess[];
  /** Functions by their index, those that have been asked for. */
  readonly callees: readonly (Callee | undefined)[];
  /** A function by its index. Puts it into `callees`. */
  callee(functionIndex: number): Callee;
  /** The function that a reference, which is not null, stands for. */
  resolve(reference: number): Callee;
  /** Address of a function's record. */
  record(functionIndex: number): number;
  /** Grows memory 0 by so many pages; -1 where that is impossible, else the pages before. */
  memoryGrow(delta: number): number;
  memoryInit(segment: number, destination: number, source: number, length: number): Trap;
  dataDrop(segment: number): void;
  tableInit(segment: number, table: number, destination: number, source: number, length: number): Trap;
  tableCopy(
    destinationTable: number,
    sourceTable: number,
    destination: number,
    source: number,
    length: number,
  ): Trap;
  tableFill(table: number, start: number, reference: number, length: number): Trap;
  elemDrop(segment: number): void;
}

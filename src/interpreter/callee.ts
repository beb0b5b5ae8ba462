import type { Trap } from '../code/traps.js';
import type { FunctionDecoder } from './decode.js';
import type { FunctionBody } from './function-body.js';

/** Views of the same memory, which holds values of 8 bytes each. A value of 4 bytes is in the lower half. */
export interface ValueCells {
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
}

/** A function that interpreted code calls. */
export type Callee = InterpretedFunction | ForeignFunction;

/** A host function or a compiled one. */
export interface ForeignFunction {
  readonly isInterpreted: false;
  /** Canonical id of its type. */
  readonly typeId: number;
  /** Cells of the arguments. */
  readonly paramCount: number;
  /** Cells for the arguments or the results, whichever need more. */
  readonly cellCount: number;
  /** Whether the user wrote it: then what it throws is the user's as well. */
  readonly isHost: boolean;
  /** Calls it: arguments and results are in cells from the given one on. Throws what ends the caller. */
  readonly invoke: (cells: ValueCells, cell: number) => void;
  /**
   * Makes machine code call it, with the arguments in cells from the given one on, in place of the function
   * that it has called and that is about to return to it. Undefined where it is not machine code.
   */
  readonly followUp?: ((cells: ValueCells, cell: number) => void) | undefined;
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

  /** Makes its code, or takes it from another instance of the module. */
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

/** An exception on its way, or that an exnref refers to. */
export interface Thrown {
  /** Its tag: one object for each tag that exists. */
  readonly tag: object;
}

/**
 * What interpreted code does with exceptions, in an instance. What they carry is in words, two for each slot
 * as `layoutSlots` has them. References that no word of the stack has, up to `Stack.top`, may become invalid.
 */
export interface Exceptions {
  /** The instance's tags, by index. */
  readonly tags: readonly object[];
  /** A new exception of tag `index`, which carries what is in words from `at` on. */
  make(index: number, words: Uint32Array, at: number): Thrown;
  /** Writes what an exception carries. */
  deliver(thrown: Thrown, words: Uint32Array, at: number): void;
  /** The reference of an exception. */
  referenceOf(thrown: Thrown): number;
  /** The exception of a reference, given by its words; null for 0. */
  thrownOf(low: number, high: number): Thrown | null;
  /** The exception that wasm code sees where this has been thrown; undefined for what it cannot catch. */
  catchable(error: unknown): Thrown | undefined;
}

/** What interpreted code sees of a memory. It is current after anything that may have grown the memory. */
export interface MemoryAccess {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly byteLength: number;
}

/**
 * What interpreted code does with a table. References are addresses of function records or externref handles.
 */
export interface TableAccess {
  readonly length: number;
  getNative(index: number): number;
  setNative(index: number, reference: number): void;
  /** Grows the table; returns the old length, or -1 if that is impossible. */
  growNative(delta: number, reference: number): number;
}

/** What interpreted code needs of an instance. */
export interface InterpretedInstance {
  readonly code: ModuleCode;
  /** Canonical ids of the module's types. */
  readonly typeIds: Uint32Array;
  /** Memory 0, or an empty one if the instance has no memory. */
  readonly memory: MemoryAccess;
  /** A memory by its index. */
  memoryAt(index: number): MemoryAccess;
  /** For each global, the words that hold its cell and the index of the first of them. */
  readonly globalWords: readonly Int32Array[];
  readonly globalAt: Int32Array;
  readonly tables: readonly TableAccess[];
  readonly exceptions: Exceptions;
  /** Functions by index, as far as they have been asked for. */
  readonly callees: readonly (Callee | undefined)[];
  /** Finds a function by its index, and puts it into `callees`. */
  callee(functionIndex: number): Callee;
  /** The function of a reference that is not null. */
  resolve(reference: number): Callee;
  /** Address of a function's record. */
  record(functionIndex: number): number;
  /** Grows a memory by a number of pages, which may be any; returns the old number, or -1 if it cannot be. */
  memoryGrow(memory: number, delta: number): number;
  memoryInit(segment: number, memory: number, destination: number, source: number, length: number): Trap;
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

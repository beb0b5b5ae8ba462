import type { InterpretedFunction } from '../../interpreter/callee.js';
import type { FuncType } from '../../wasm/types.js';
import type { Cells } from '../values/cells.js';
import { checkCells, type Gate } from './gate.js';
import type { Interpretation } from './interpretation.js';

/** What an `InterpreterGate` needs of the store. */
interface InterpretingStore {
  readonly interpretation: Interpretation;
  readonly handlerCells: Cells;
  /** What JavaScript sees of something that has ended wasm code. */
  errorOf(thrown: unknown): unknown;
}

/** Into the interpreter. */
export class InterpreterGate implements Gate {
  readonly cells: Cells;
  readonly #store: InterpretingStore;
  readonly #interpretation: Interpretation;
  readonly #callee: InterpretedFunction;

  /** @throws RangeError if parameters or results need more than there are cells */
  constructor(store: InterpretingStore, type: FuncType, callee: InterpretedFunction) {
    checkCells(type);
    this.cells = store.handlerCells;
    this.#store = store;
    this.#interpretation = store.interpretation;
    this.#callee = callee;
  }

  enter(): number {
    try {
      this.#interpretation.interpret(this.#callee, this.cells, 0);
    } catch (error) {
      throw this.#store.errorOf(error);
    }
    return 0;
  }
}

import type { InterpretedFunction } from '../interpreter/callee.js';
import type { EntryStub, ExecEnv } from '../native/exec-env.js';
import { slotCount } from '../native/exec-env-layout.js';
import type { Address } from '../native/ffi.js';
import type { FuncType } from '../wasm/types.js';
import type { HostCallHandler } from './host-calls.js';
import { interpret } from './interpretation.js';
import type { Store } from './store.js';
import { type Cells, cellsOf } from './values.js';

/** The way from JavaScript into a function. */
export interface Gate {
  /**
   * Where the arguments go, from cell 0 on, and where the results are afterwards. Other gates have the same cells: between
   * the first argument and `enter`, and between that and the last result, nothing may run that calls a function.
   */
  readonly cells: Cells;
  /**
   * Calls the function.
   *
   * @returns 0, or the trap that has ended it: `Store.takeError` makes an error of it
   * @throws what has ended the function, where that is an error already
   */
  enter(): number;
}

/** Into machine code, on the wasm stack. */
export class MachineGate implements Gate {
  readonly cells: Cells;
  readonly #env: ExecEnv;
  readonly #stub: EntryStub;
  readonly #record: Address;

  /** @throws RangeError where there are more parameters or results than cells */
  constructor(env: ExecEnv, type: FuncType, record: Address) {
    this.cells = env;
    this.#env = env;
    this.#stub = env.entryStub(type);
    this.#record = record;
  }

  enter(): number {
    return this.#env.enter(this.#stub, this.#record);
  }
}

/** Straight into a handler: there is no machine code on the way. */
export class HandlerGate implements Gate {
  readonly cells: Cells;
  readonly #handler: HostCallHandler;

  /**
   * @param cells as `handlerCells` makes them
   * @throws RangeError where there are more parameters or results than cells
   */
  constructor(cells: Cells, type: FuncType, handler: HostCallHandler) {
    checkCounts(type);
    this.cells = cells;
    this.#handler = handler;
  }

  enter(): number {
    this.#handler(this.cells, 0);
    return 0;
  }
}

/** Into the interpreter. */
export class InterpreterGate implements Gate {
  readonly cells: Cells;
  readonly #store: Store;
  readonly #callee: InterpretedFunction;

  /** @throws RangeError where there are more parameters or results than cells */
  constructor(store: Store, type: FuncType, callee: InterpretedFunction) {
    checkCounts(type);
    this.cells = store.handlerCells;
    this.#store = store;
    this.#callee = callee;
  }

  enter(): number {
    try {
      interpret(this.#store, this.#callee, this.cells, 0);
    } catch (error) {
      throw this.#store.errorOf(error);
    }
    return 0;
  }
}

function checkCounts({ params, results }: FuncType): void {
  if (params.length > slotCount || results.length > slotCount) {
    throw new RangeError(`more than ${slotCount} parameters or results`);
  }
}

/** As many cells as machine code has for arguments. */
export function handlerCells(): Cells {
  return cellsOf(new ArrayBuffer(8 * slotCount));
}

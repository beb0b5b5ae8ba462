import { argumentRangeError } from '../../checks/errors.js';
import { slotCount } from '../../layout/exec-env.js';
import { layoutSlots, slotSize } from '../../layout/widths.js';
import type { EntryStub, ExecEnv } from '../../native/entry/exec-env.js';
import type { Address } from '../../native/ffi/ffi.js';
import type { FuncType } from '../../wasm/types.js';
import { type Cells, cellsOf } from '../values/cells.js';
import type { HostCallHandler } from './host-calls.js';

/** The way from JavaScript into a function. */
export interface Gate {
  /**
   * Where the arguments go, from cell 0 on, and where the results are afterwards. Other gates have the same
   * cells: between the first argument and `enter`, and between that and the last result, nothing may run that
   * calls a function.
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
    checkCells(type);
    this.cells = cells;
    this.#handler = handler;
  }

  enter(): number {
    this.#handler(this.cells, 0);
    return 0;
  }
}

/** @throws RangeError where parameters or results need more cells than there are */
export function checkCells({ params, results }: FuncType): void {
  if (layoutSlots(params).slots > slotCount || layoutSlots(results).slots > slotCount) {
    throw argumentRangeError(`parameters or results take more than ${slotCount} slots`);
  }
}

/** As many cells as machine code has for arguments. */
export function handlerCells(): Cells {
  return cellsOf(new ArrayBuffer(slotSize * slotCount));
}

/** A class of gates. */
interface GateClass {
  readonly prototype: Gate;
}

/**
 * Has a function called whenever JavaScript enters wasm code of this thread, from now on. Before that, nobody
 * pays for it: the gates have no place where they would ask.
 */
export function beforeEntries(gates: readonly GateClass[], before: () => void): void {
  for (const { prototype } of gates) {
    const { enter } = prototype;
    prototype.enter = function (this: Gate): number {
      before();
      return enter.call(this);
    };
  }
}

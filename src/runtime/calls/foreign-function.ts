import { Trap } from '../../code/traps.js';
import type { Callee, ValueCells } from '../../interpreter/callee.js';
import { layoutSlots } from '../../layout/widths.js';
import type { ExecEnv } from '../../native/entry/exec-env.js';
import { typeId } from '../../wasm/type-registry.js';
import type { Func } from '../objects/func.js';
import { HostResource } from '../objects/host-resource.js';
import { copyCells } from './interpretation.js';

/** What calls of machine code need of the store. */
interface MachineCalls {
  readonly env: ExecEnv;
  /** What to throw after `env.enter` has returned a trap. */
  takeEnd(trap: number): unknown;
}

/** A function as interpreted code calls it. */
export function foreignFunction(store: MachineCalls, func: Func): Callee {
  const { owner, entrance, type } = func;
  const { handler } = entrance;
  const interpreted = entrance.interpreted?.(func);
  if (interpreted !== undefined) return interpreted;
  return {
    isInterpreted: false,
    // A native function in C has a handler too, but belongs to its instance.
    isHost: owner instanceof HostResource,
    typeId: typeId(type),
    paramCount: layoutSlots(type.params).slots,
    cellCount: Math.max(layoutSlots(type.params).slots, layoutSlots(type.results).slots),
    invoke: handler ?? compiledInvoke(store, func),
    followUp:
      handler === undefined
        ? ({ i32 }, cell) => store.env.requestTail(func.record, type, i32, 2 * cell)
        : undefined,
  };
}

/** Calls machine code from interpreted code, through the function's record. */
function compiledInvoke(
  store: MachineCalls,
  { type, record }: Func,
): (cells: ValueCells, cell: number) => void {
  const { env } = store;
  const stub = env.entryStub(type);
  const paramCells = layoutSlots(type.params).slots;
  const resultCells = layoutSlots(type.results).slots;
  return ({ i32 }, cell) => {
    copyCells(i32, 2 * cell, env.i32, 0, paramCells);
    const trap = env.enter(stub, record);
    if (trap !== Trap.none) throw store.takeEnd(trap);
    copyCells(env.i32, 0, i32, 2 * cell, resultCells);
  };
}

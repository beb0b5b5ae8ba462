import { argumentTypeError } from '../../checks/errors.js';
import { forgetFunctions } from '../../interpreter/thread.js';
import { functionRecord } from '../../layout/structs.js';
import { typeId } from '../../wasm/type-registry.js';
import { type FuncType, ValType } from '../../wasm/types.js';
import type { HostFunction } from '../calls/callable.js';
import { HandlerGate } from '../calls/gate.js';
import type { HostCallHandler, HostCalls } from '../calls/host-calls.js';
import { type Cells, cellAt, writeAddress } from '../values/cells.js';
import { conversionOf, valueCells, type WasmValue } from '../values/values.js';
import { Func } from './func.js';
import { HostResource } from './host-resource.js';
import type { Resource } from './lifetimes.js';
import type { ObjectStore } from './object-store.js';

/**
 * Makes a function of the host: a function record of its own and, as soon as the runtime has any, machine
 * code that calls `fn`.
 *
 * What `fn` throws passes through the wasm frames that called it to their JavaScript caller, unchanged.
 * @internal
 */
export function makeHostFunction(store: ObjectStore, type: FuncType, fn: HostFunction): Func {
  return makeHandlerFunction(store, type, (owner) => makeHandler(store, owner, type, fn));
}

/**
 * As `makeHostFunction`, of what works on the cells of a call itself.
 *
 * @param handlerFor makes it, given what owns the function
 * @internal
 */
export function makeHandlerFunction(
  store: ObjectStore,
  type: FuncType,
  handlerFor: (owner: Resource) => HostCallHandler,
): Func {
  const owner = new HostResource();
  const { offsets, size } = functionRecord;
  const handler = handlerFor(owner);
  const gate = new HandlerGate(store.handlerCells, type, handler);
  const piece = store.arena.allocate(size);
  const { address: record, byteOffset, cells } = piece;
  cells.u32[(byteOffset + offsets.typeId) >> 2] = typeId(type);
  let release: (() => void) | undefined;
  const giveCode = (hostCalls: HostCalls): void => {
    if (release !== undefined) return;
    const stub = hostCalls.acquire(type, handler);
    release = () => hostCalls.release(stub);
    writeAddress(cells.u32, cellAt(byteOffset + offsets.code), stub.address);
  };
  if (store.native) giveCode(store.machine.hostCalls);
  const func = new Func(store, owner, { type, record, functionIndex: 0 }, { handler, makeGate: () => gate });
  store.funcrefs.add(func);
  store.hostResources.add(owner);
  owner.content = {
    recordRange: { start: record, size },
    giveCode,
    free: () => {
      store.hostResources.delete(owner);
      store.funcrefs.delete(record);
      forgetFunctions();
      release?.();
      store.arena.release(piece);
    },
  };
  return func;
}

type I32Function = (...args: number[]) => unknown;

/** Picks the quickest handler for a signature. */
function makeHandler(store: ObjectStore, owner: Resource, type: FuncType, fn: HostFunction): HostCallHandler {
  const { params, results } = type;
  const [result] = results;
  if (results.length <= 1 && params.length <= 4 && params.every((param) => param === ValType.i32)) {
    return i32Handler(store, owner, params.length, result, fn as I32Function);
  }
  return generalHandler(store, owner, type, fn as (...args: WasmValue[]) => unknown);
}

/** Up to four i32 parameters, up to one result of any type. */
function i32Handler(
  store: ObjectStore,
  owner: Resource,
  paramCount: number,
  result: ValType | undefined,
  fn: I32Function,
): HostCallHandler {
  const conversion = result === undefined ? undefined : conversionOf(result);
  const finish = (cells: Cells, cell: number, value: unknown): void => {
    if (result === ValType.i32) {
      cells.i32[2 * cell] = value as number;
      cells.i32[2 * cell + 1] = 0;
    } else if (conversion !== undefined) {
      conversion.write(cells, cell, conversion.toNative(store, value, owner));
    }
  };
  switch (paramCount) {
    case 0:
      return (cells, cell) => finish(cells, cell, fn());
    case 1:
      return (cells, cell) => finish(cells, cell, fn(cells.i32[2 * cell]));
    case 2:
      return (cells, cell) => {
        const { i32 } = cells;
        finish(cells, cell, fn(i32[2 * cell], i32[2 * cell + 2]));
      };
    case 3:
      return (cells, cell) => {
        const { i32 } = cells;
        finish(cells, cell, fn(i32[2 * cell], i32[2 * cell + 2], i32[2 * cell + 4]));
      };
    default:
      return (cells, cell) => {
        const { i32 } = cells;
        finish(cells, cell, fn(i32[2 * cell], i32[2 * cell + 2], i32[2 * cell + 4], i32[2 * cell + 6]));
      };
  }
}

/** Any signature. */
function generalHandler(
  store: ObjectStore,
  owner: Resource,
  { params, results }: FuncType,
  fn: (...args: WasmValue[]) => unknown,
): HostCallHandler {
  const paramCells = valueCells(params);
  const resultCells = valueCells(results);
  return (cells, cell) => {
    const args: WasmValue[] = [];
    for (const { conversion, at } of paramCells) args.push(conversion.read(store, cells, cell + at));
    const value = fn(...args);
    if (results.length === 0) return;
    if (results.length === 1) {
      const [{ conversion }] = resultCells;
      conversion.write(cells, cell, conversion.toNative(store, value, owner));
      return;
    }
    const values = [...(value as Iterable<unknown>)];
    if (values.length !== results.length) {
      throw argumentTypeError(
        `a host function returned ${values.length} values instead of ${results.length}`,
      );
    }
    const natives = resultCells.map(({ conversion }, k) => conversion.toNative(store, values[k], owner));
    for (const [k, { conversion, at }] of resultCells.entries())
      conversion.write(cells, cell + at, natives[k]);
  };
}

import { forgetFunctions } from '../interpreter/thread.js';
import { functionRecord } from '../layout/structs.js';
import { type FuncType, ValType, valTypeName } from '../wasm/types.js';
import { Func } from './func.js';
import { HandlerGate } from './gate.js';
import type { HostCallHandler } from './host-calls.js';
import { HostResource } from './host-resource.js';
import type { Resource } from './lifetimes.js';
import type { Machine } from './machine.js';
import type { Store } from './store.js';
import { typeId } from './type-ids.js';
import { type Cells, readValue, toNative, type WasmValue, writeAddress, writeNative } from './values.js';

/** A JavaScript function that wasm code calls. Several results are returned as an iterable. */
export type HostFunction = (...args: never[]) => unknown;

/**
 * Makes a function of the host: a function record of its own and, as soon as the runtime has any, machine code that calls
 * `fn`.
 *
 * What `fn` throws passes through the wasm frames that called it to their JavaScript caller, unchanged.
 */
export function makeHostFunction(store: Store, type: FuncType, fn: HostFunction): Func {
  const owner = new HostResource();
  const { offsets, size } = functionRecord;
  const piece = store.arena.allocate(size);
  const { address: record, byteOffset, cells } = piece;
  const handler = makeHandler(store, owner, type, fn);
  cells.u32[(byteOffset + offsets.typeId) >> 2] = typeId(type);
  let release: (() => void) | undefined;
  const giveCode = ({ hostCalls }: Machine): void => {
    if (release !== undefined) return;
    const stub = hostCalls.acquire(type, handler);
    release = () => hostCalls.release(stub);
    writeAddress(cells.u32, (byteOffset + offsets.code) >> 3, stub.address);
  };
  if (store.native) giveCode(store.machine);
  const makeGate = (): HandlerGate => new HandlerGate(store.handlerCells, type, handler);
  const func = new Func(store, owner, type, record, 0, { handler, makeGate });
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
function makeHandler(store: Store, owner: Resource, type: FuncType, fn: HostFunction): HostCallHandler {
  const { params, results } = type;
  if (params.some((param) => param === ValType.v128)) {
    throw new TypeError(`a host function cannot take ${valTypeName(ValType.v128)}`);
  }
  const result = results.length === 0 ? 0 : results[0];
  if (results.length <= 1 && params.length <= 4 && params.every((param) => param === ValType.i32)) {
    return i32Handler(store, owner, params.length, result, fn as I32Function);
  }
  return generalHandler(store, owner, type, fn as (...args: WasmValue[]) => unknown);
}

/** Up to four i32 parameters, up to one result of any type (0: none). */
function i32Handler(
  store: Store,
  owner: Resource,
  paramCount: number,
  result: number,
  fn: I32Function,
): HostCallHandler {
  const finish = (cells: Cells, cell: number, value: unknown): void => {
    if (result === ValType.i32) {
      cells.i32[2 * cell] = value as number;
      cells.i32[2 * cell + 1] = 0;
    } else if (result !== 0) {
      writeNative(cells, cell, result, toNative(store, result, value, owner));
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
  store: Store,
  owner: Resource,
  { params, results }: FuncType,
  fn: (...args: WasmValue[]) => unknown,
): HostCallHandler {
  return (cells, cell) => {
    const args: WasmValue[] = [];
    for (let k = 0; k < params.length; k++) args.push(readValue(store, cells, cell + k, params[k]));
    const value = fn(...args);
    if (results.length === 0) return;
    const values = results.length === 1 ? [value] : [...(value as Iterable<unknown>)];
    if (values.length !== results.length) {
      throw new TypeError(`a host function returned ${values.length} values instead of ${results.length}`);
    }
    const natives = results.map((result, k) => toNative(store, result, values[k], owner));
    for (const [k, result] of results.entries()) writeNative(cells, cell + k, result, natives[k]);
  };
}

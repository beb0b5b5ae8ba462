import { type FuncType, isExternref, ValType } from '../../wasm/types.js';
import { DisposedError } from '../errors.js';
import type { Resource } from '../objects/lifetimes.js';
import type { ObjectStore } from '../objects/object-store.js';
import { conversionOf, type NativeValue, valueCells, type WasmValue } from '../values/values.js';
import type { WasmCallable } from './callable.js';
import type { Gate } from './gate.js';

const { i32, f64 } = ValType;

/** What calls need of the store of the function. */
type CallStore = Pick<ObjectStore, 'externrefs' | 'funcrefs' | 'lifetimes' | 'takeError'>;

/**
 * Makes a JavaScript function that calls a wasm function through its gate. Common small signatures have their
 * own closures: all of one shape share code, without any code being generated at run time (which Node can be
 * told to forbid).
 *
 * Arguments are all converted before anything else is done: conversion may run the user's code, which may
 * call wasm functions (they use the same cells) or dispose of the instance.
 */
export function makeCallable(store: CallStore, owner: Resource, gate: Gate, type: FuncType): WasmCallable {
  const { params, results } = type;
  const [result] = results;
  if (results.length <= 1 && params.length <= 4 && params.every((param) => param === i32)) {
    return i32Callable(store, owner, gate, type, result);
  }
  if (results.length <= 1 && params.length <= 2 && params.every((param) => param === f64)) {
    return f64Callable(store, owner, gate, type, result);
  }
  return generalCallable(store, owner, gate, type);
}

function disposed(): DisposedError {
  return new DisposedError('the instance of this function');
}

/** Up to four i32 parameters, up to one result of any type. */
function i32Callable(
  store: CallStore,
  owner: Resource,
  gate: Gate,
  type: FuncType,
  result: ValType | undefined,
): WasmCallable {
  const { cells } = gate;
  const words = cells.i32;
  const conversion = result === undefined ? undefined : conversionOf(result);
  const finish = (trap: number): WasmValue => {
    if (trap !== 0) throw store.takeError(trap);
    if (result === i32) return words[0];
    return conversion?.read(store, cells, 0);
  };
  switch (type.params.length) {
    case 0:
      return () => {
        if (owner.closed && store.lifetimes.isGone(owner)) throw disposed();
        return finish(gate.enter());
      };
    case 1:
      return (a) => {
        const first = (a as number) | 0;
        if (owner.closed && store.lifetimes.isGone(owner)) throw disposed();
        words[0] = first;
        return finish(gate.enter());
      };
    case 2:
      return (a, b) => {
        const first = (a as number) | 0;
        const second = (b as number) | 0;
        if (owner.closed && store.lifetimes.isGone(owner)) throw disposed();
        words[0] = first;
        words[2] = second;
        return finish(gate.enter());
      };
    case 3:
      return (a, b, c) => {
        const first = (a as number) | 0;
        const second = (b as number) | 0;
        const third = (c as number) | 0;
        if (owner.closed && store.lifetimes.isGone(owner)) throw disposed();
        words[0] = first;
        words[2] = second;
        words[4] = third;
        return finish(gate.enter());
      };
    default:
      return (a, b, c, d) => {
        const first = (a as number) | 0;
        const second = (b as number) | 0;
        const third = (c as number) | 0;
        const fourth = (d as number) | 0;
        if (owner.closed && store.lifetimes.isGone(owner)) throw disposed();
        words[0] = first;
        words[2] = second;
        words[4] = third;
        words[6] = fourth;
        return finish(gate.enter());
      };
  }
}

/** One or two f64 parameters, up to one result of any type. */
function f64Callable(
  store: CallStore,
  owner: Resource,
  gate: Gate,
  type: FuncType,
  result: ValType | undefined,
): WasmCallable {
  const { cells } = gate;
  const doubles = cells.f64;
  const conversion = result === undefined ? undefined : conversionOf(result);
  const finish = (trap: number): WasmValue => {
    if (trap !== 0) throw store.takeError(trap);
    if (result === f64) return doubles[0];
    return conversion?.read(store, cells, 0);
  };
  if (type.params.length === 1) {
    return (a) => {
      const first = +(a as number);
      if (owner.closed && store.lifetimes.isGone(owner)) throw disposed();
      doubles[0] = first;
      return finish(gate.enter());
    };
  }
  return (a, b) => {
    const first = +(a as number);
    const second = +(b as number);
    if (owner.closed && store.lifetimes.isGone(owner)) throw disposed();
    doubles[0] = first;
    doubles[1] = second;
    return finish(gate.enter());
  };
}

/** Any signature. */
function generalCallable(store: CallStore, owner: Resource, gate: Gate, type: FuncType): WasmCallable {
  const { cells } = gate;
  const { params, results } = type;
  const takesExternref = params.some(isExternref);
  const paramCells = valueCells(params);
  const resultCells = valueCells(results);
  const paramCount = params.length;
  const resultCount = results.length;
  return (...args) => {
    if (takesExternref) store.externrefs.safePoint();
    for (let k = 0; k < paramCount; k++) args[k] = paramCells[k].conversion.toNative(store, args[k], owner);
    if (owner.closed && store.lifetimes.isGone(owner)) throw disposed();
    for (let k = 0; k < paramCount; k++) {
      const { conversion, at } = paramCells[k];
      conversion.write(cells, at, args[k] as NativeValue);
    }
    const trap = gate.enter();
    if (trap !== 0) throw store.takeError(trap);
    if (resultCount === 0) return undefined;
    if (resultCount === 1) return resultCells[0].conversion.read(store, cells, 0);
    return resultCells.map(({ conversion, at }) => conversion.read(store, cells, at));
  };
}

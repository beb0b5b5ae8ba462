import { type FuncType, ValType } from '../wasm/types.js';
import { DisposedError } from './errors.js';
import type { Func, WasmCallable } from './func.js';
import type { Gate } from './gate.js';
import type { Resource } from './lifetimes.js';
import type { Store } from './store.js';
import { readValue, toNative, type WasmValue, writeNative } from './values.js';

const { i32, f64 } = ValType;

/**
 * Makes the JavaScript function that calls a wasm function. Common small signatures have closures of their own:
 * all of one shape share code, without any code being generated at run time (which Node can be told to forbid).
 *
 * Arguments are all converted before anything else is done: conversion may run the user's code, which may call wasm
 * functions (they use the same cells) or dispose of the instance.
 */
export function makeCallable(func: Func): WasmCallable {
  const { store, type, gate, owner } = func;
  const { params, results } = type;
  const result = results.length === 0 ? 0 : results[0];
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

/** Up to four i32 parameters, up to one result of any type (0: none). */
function i32Callable(
  store: Store,
  owner: Resource,
  gate: Gate,
  type: FuncType,
  result: number,
): WasmCallable {
  const { cells } = gate;
  const words = cells.i32;
  const finish = (trap: number): WasmValue => {
    if (trap !== 0) throw store.takeError(trap);
    if (result === i32) return words[0];
    return result === 0 ? undefined : readValue(store, cells, 0, result);
  };
  switch (type.params.length) {
    case 0:
      return () => {
        if (owner.freed) throw disposed();
        return finish(gate.enter());
      };
    case 1:
      return (a) => {
        const first = (a as number) | 0;
        if (owner.freed) throw disposed();
        words[0] = first;
        return finish(gate.enter());
      };
    case 2:
      return (a, b) => {
        const first = (a as number) | 0;
        const second = (b as number) | 0;
        if (owner.freed) throw disposed();
        words[0] = first;
        words[2] = second;
        return finish(gate.enter());
      };
    case 3:
      return (a, b, c) => {
        const first = (a as number) | 0;
        const second = (b as number) | 0;
        const third = (c as number) | 0;
        if (owner.freed) throw disposed();
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
        if (owner.freed) throw disposed();
        words[0] = first;
        words[2] = second;
        words[4] = third;
        words[6] = fourth;
        return finish(gate.enter());
      };
  }
}

/** One or two f64 parameters, up to one result of any type (0: none). */
function f64Callable(
  store: Store,
  owner: Resource,
  gate: Gate,
  type: FuncType,
  result: number,
): WasmCallable {
  const { cells } = gate;
  const doubles = cells.f64;
  const finish = (trap: number): WasmValue => {
    if (trap !== 0) throw store.takeError(trap);
    if (result === f64) return doubles[0];
    return result === 0 ? undefined : readValue(store, cells, 0, result);
  };
  if (type.params.length === 1) {
    return (a) => {
      const first = +(a as number);
      if (owner.freed) throw disposed();
      doubles[0] = first;
      return finish(gate.enter());
    };
  }
  return (a, b) => {
    const first = +(a as number);
    const second = +(b as number);
    if (owner.freed) throw disposed();
    doubles[0] = first;
    doubles[1] = second;
    return finish(gate.enter());
  };
}

/** Any signature. */
function generalCallable(store: Store, owner: Resource, gate: Gate, type: FuncType): WasmCallable {
  const { cells } = gate;
  const { params, results } = type;
  const takesExternref = params.includes(ValType.externref);
  const paramCount = params.length;
  const resultCount = results.length;
  return (...args) => {
    if (takesExternref) store.externrefs.safePoint();
    for (let k = 0; k < paramCount; k++) args[k] = toNative(store, params[k], args[k], owner);
    if (owner.freed) throw disposed();
    for (let k = 0; k < paramCount; k++) writeNative(cells, k, params[k], args[k] as number | bigint);
    const trap = gate.enter();
    if (trap !== 0) throw store.takeError(trap);
    if (resultCount === 0) return undefined;
    if (resultCount === 1) return readValue(store, cells, 0, results[0]);
    const values: WasmValue[] = [];
    for (let k = 0; k < resultCount; k++) values.push(readValue(store, cells, k, results[k]));
    return values;
  };
}

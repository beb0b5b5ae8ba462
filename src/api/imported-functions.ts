import type { Func } from '../runtime/objects/func.js';
import { makeHostFunction } from '../runtime/objects/host-function.js';
import type { ObjectStore } from '../runtime/objects/object-store.js';
import type { FuncType } from '../wasm/types.js';
import { callError, nameHostFunction, passesFunctions, toJs, toWasm } from './functions.js';
import { holdOf } from './holds.js';
import { followed, whenShared } from './shared-memories.js';

type Callable = (...args: unknown[]) => unknown;

/** Functions that have been called in the current job. */
const called: WeakFunction[] = [];

function releaseCalled(): void {
  for (const weak of called) weak.strong = undefined;
  called.length = 0;
}

/**
 * A JavaScript function that wasm code calls, but does not keep alive: it is the importing instance that
 * does, through its `Hold`. To look at a WeakRef takes longer than a call; since it keeps the function for
 * the rest of the job anyway, it is done once a job.
 */
class WeakFunction {
  strong: Callable | undefined;
  readonly #weak: WeakRef<Callable>;

  constructor(fn: Callable) {
    this.#weak = new WeakRef(fn);
  }

  load(): Callable {
    const fn = this.#weak.deref();
    if (fn === undefined) throw new Error('internal error: an imported function has been collected');
    if (called.length === 0) queueMicrotask(releaseCalled);
    called.push(this);
    this.strong = followed(fn);
    return this.strong;
  }
}

whenShared(releaseCalled);

/**
 * Makes a host function of a JavaScript function (JS API, section 5.6, "create a host function").
 *
 * @param index of the import, among the module's functions
 */
export function importFunction(store: ObjectStore, type: FuncType, fn: Callable, index: number): Func {
  const func = makeHostFunction(store, type, weakly(type, new WeakFunction(fn)));
  // Only the instance that imports it holds it.
  func.owner.held = false;
  holdOf(func.owner, store.lifetimes).keep(fn);
  nameHostFunction(func, index);
  return func;
}

function weakly(type: FuncType, weak: WeakFunction): Callable {
  if (callError(type) !== undefined) {
    return () => {
      throw callError(type);
    };
  }
  if (passesFunctions(type)) return converting(type, weak);
  switch (type.params.length) {
    case 0:
      return () => (weak.strong ?? weak.load())();
    case 1:
      return (a) => (weak.strong ?? weak.load())(a);
    case 2:
      return (a, b) => (weak.strong ?? weak.load())(a, b);
    case 3:
      return (a, b, c) => (weak.strong ?? weak.load())(a, b, c);
    case 4:
      return (a, b, c, d) => (weak.strong ?? weak.load())(a, b, c, d);
    default:
      return (...args) => (weak.strong ?? weak.load())(...args);
  }
}

/** For types that mention funcref. */
function converting({ params, results }: FuncType, weak: WeakFunction): Callable {
  return (...args) => {
    const value = (weak.strong ?? weak.load())(...args.map((arg, k) => toJs(params[k], arg)));
    if (results.length === 0) return undefined;
    if (results.length === 1) return toWasm(results[0], value);
    const values = [...(value as Iterable<unknown>)];
    // The runtime says so where there are too few or too many.
    return values.length === results.length ? values.map((each, k) => toWasm(results[k], each)) : values;
  };
}

import { makeCallable } from '../runtime/call-wrappers.js';
import { Func, type WasmCallable } from '../runtime/func.js';
import { type FuncType, ValType } from '../wasm/types.js';
import { type Hold, holdOf } from './holds.js';

interface ExportedFunction {
  readonly func: Func;
  /** Lives as long as the JavaScript function. */
  readonly hold: Hold;
}

const exportedFunctions = new WeakMap<object, ExportedFunction>();
/** Indices of imported JavaScript functions in the modules that import them. */
const hostIndices = new WeakMap<Func, number>();

/** Sets the index that an imported JavaScript function is named by where it is exported again. */
export function nameHostFunction(func: Func, index: number): void {
  hostIndices.set(func, index);
}

/** The exported function of a function (JS API, section 5.6): always the same one. */
export function exportedFunction(func: Func): WasmCallable {
  const hold = holdOf(func.owner, func.store.lifetimes);
  const known = hold.objects.get(func);
  if (known !== undefined) return known as WasmCallable;
  const { type } = func;
  // Not `func.callable`, which the runtime holds.
  const callable = passesFunctions(type) ? convertingCallable(func) : makeCallable(func);
  Object.defineProperty(callable, 'length', { value: type.params.length, configurable: true });
  Object.defineProperty(callable, 'name', {
    value: String(hostIndices.get(func) ?? func.functionIndex),
    configurable: true,
  });
  hold.objects.set(func, callable);
  exportedFunctions.set(callable, { func, hold });
  return callable;
}

/** The function behind an exported function; undefined where the value is anything else. */
export function funcOf(value: unknown): Func | undefined {
  return typeof value === 'function' ? exportedFunctions.get(value)?.func : undefined;
}

/** Whether functions are passed as arguments or results. */
export function passesFunctions({ params, results }: FuncType): boolean {
  return params.includes(ValType.funcref) || results.includes(ValType.funcref);
}

/**
 * Converts a value for the runtime (ToWebAssemblyValue, JS API, section 5.7): a function to its `Func`.
 *
 * @throws TypeError where the value cannot be converted
 */
export function toWasm(type: ValType, value: unknown): unknown {
  switch (type) {
    case ValType.i32:
      return (value as number) | 0;
    case ValType.i64:
      return BigInt.asIntN(64, value as bigint);
    case ValType.f32:
    case ValType.f64:
      return +(value as number);
    case ValType.funcref: {
      if (value === null) return null;
      const func = funcOf(value);
      if (func === undefined)
        throw new TypeError('a funcref must be null or an exported WebAssembly function');
      return func;
    }
    case ValType.v128:
      throw new TypeError('a v128 has no form in JavaScript');
    default:
      return value;
  }
}

/** Converts a value of the runtime (ToJSValue, JS API, section 5.7). */
export function toJs(type: ValType, value: unknown): unknown {
  return type === ValType.funcref && value instanceof Func ? exportedFunction(value) : value;
}

function convertingCallable(func: Func): WasmCallable {
  const callable = makeCallable(func);
  const { params, results } = func.type;
  return (...args) => {
    const value = callable(...params.map((type, k) => toWasm(type, args[k])));
    if (results.length === 0) return undefined;
    if (results.length === 1) return toJs(results[0], value);
    return (value as readonly unknown[]).map((result, k) => toJs(results[k], result));
  };
}

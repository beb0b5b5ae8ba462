import { makeCallable } from '../runtime/calls/call-wrappers.js';
import type { WasmCallable } from '../runtime/calls/callable.js';
import { describeFunction, Func } from '../runtime/objects/func.js';
import { conversionOf } from '../runtime/values/values.js';
import { type FuncType, isRefType, refClass, ValType, valTypeName } from '../wasm/types.js';
import { type Hold, holdOfContent } from './holds.js';

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
  const hold = holdOfContent(func);
  const known = hold.objects.get(func);
  if (known !== undefined) return known as WasmCallable;
  const { type } = func;
  // Not `func` itself, which the runtime holds.
  const callable = makeCallableOf(func);
  describeFunction(callable, nameOf(func), type);
  hold.objects.set(func, callable);
  exportedFunctions.set(callable, { func, hold });
  return callable;
}

/** The `name` of an exported function: its index in the module that it was first imported or defined by. */
function nameOf(func: Func): string {
  return String(hostIndices.get(func) ?? func.functionIndex);
}

/** The name that an exported function was made with; undefined where the value is anything else. */
export function exportedName(value: object): string | undefined {
  const exported = exportedFunctions.get(value);
  return exported && nameOf(exported.func);
}

/** The function of an exported function; undefined for any other value. */
export function funcOf(value: unknown): Func | undefined {
  return typeof value === 'function' ? exportedFunctions.get(value)?.func : undefined;
}

/** Has a JavaScript function that does the same as an exported one pass as that. */
export function aliasOf(alias: object, callable: object): void {
  const exported = exportedFunctions.get(callable);
  if (exported !== undefined) exportedFunctions.set(alias, exported);
}

/** Whether values of a type are functions, or null. */
export function isFunctionType(type: ValType): boolean {
  return isRefType(type) && refClass(type) === 'func';
}

/** Whether functions are passed as arguments or results. */
export function passesFunctions({ params, results }: FuncType): boolean {
  return params.some(isFunctionType) || results.some(isFunctionType);
}

/** Whether values of a type have no form in JavaScript. */
export function isOpaque(type: ValType): boolean {
  return type === ValType.v128 || (isRefType(type) && refClass(type) === 'exn');
}

/** What is thrown where JavaScript would have to see a value of a type without a form. */
export function opaqueError(what: string, type: ValType): TypeError {
  return new TypeError(`${what}: values of type ${valTypeName(type)} cannot be passed to or from JavaScript`);
}

/** Why a function cannot be called from JavaScript, or JavaScript as one; undefined where it can. */
export function callError({ params, results }: FuncType): TypeError | undefined {
  const opaque = [...params, ...results].find(isOpaque);
  return opaque === undefined ? undefined : opaqueError('a call', opaque);
}

/**
 * Converts a value for the runtime (ToWebAssemblyValue, JS API, section 5.7): a function to its `Func`.
 *
 * @throws TypeError where the value cannot be converted
 */
export function toWasm(type: ValType, value: unknown): unknown {
  if (isOpaque(type)) throw opaqueError('a value', type);
  if (!isFunctionType(type) || value === null) return conversionOf(type).coerce(value);
  const func = funcOf(value);
  if (func === undefined) throw new TypeError('a funcref must be null or an exported WebAssembly function');
  return conversionOf(type).coerce(func);
}

/**
 * Converts a value of the runtime (ToJSValue, JS API, section 5.7). The type is none of those without a form.
 */
export function toJs(type: ValType, value: unknown): unknown {
  return isFunctionType(type) && value instanceof Func ? exportedFunction(value) : value;
}

function makeCallableOf(func: Func): WasmCallable {
  const { type } = func;
  if (callError(type) !== undefined) {
    return () => {
      throw callError(type);
    };
  }
  return passesFunctions(type) ? convertingCallable(func) : plainCallable(func);
}

function plainCallable({ store, owner, gate, type }: Func): WasmCallable {
  return makeCallable(store, owner, gate, type);
}

function convertingCallable(func: Func): WasmCallable {
  const { params, results } = func.type;
  return (...args) => {
    const value = func(...params.map((type, k) => toWasm(type, args[k])));
    if (results.length === 0) return undefined;
    if (results.length === 1) return toJs(results[0], value);
    return (value as readonly unknown[]).map((result, k) => toJs(results[k], result));
  };
}

import type { WasmValue } from '../values/values.js';

/** A JavaScript function of any arguments and result. */
export type AnyFunction = (...args: never[]) => unknown;

/** A JavaScript function that runs a wasm function whose type is not known. */
export type WasmCallable = (...args: WasmValue[]) => WasmValue;

/** A JavaScript function that wasm code calls. Several results are returned as an iterable. */
export type HostFunction = (...args: never[]) => unknown;

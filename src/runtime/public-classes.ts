import type { AnyFunction, WasmCallable } from './calls/callable.js';
import * as exceptions from './exceptions/wasm-exception.js';
import type { Exports, ExportTypes } from './instances/exports.js';
import * as instances from './instances/instance.js';
import * as modules from './modules/module.js';
import * as funcs from './objects/func.js';
import * as globals from './objects/global.js';
import * as memories from './objects/memory.js';
import * as tables from './objects/table.js';
import * as tags from './objects/tag.js';
import type { WasmValue } from './values/values.js';

/** A class whose objects the runtime makes: for `instanceof`, not for `new`. */
export interface ClassOf<Made> extends NewableFunction {
  readonly prototype: Made;
}

/* The classes of what a runtime makes, as those who use the library see them. */

export type Module = modules.Module;
export const Module: ClassOf<Module> = modules.Module;

export type Instance<Types extends ExportTypes<Types> = Exports> = instances.Instance<Types>;
export const Instance: ClassOf<Instance> = instances.Instance;

export type Func<Signature extends AnyFunction = WasmCallable> = funcs.Func<Signature>;
export const Func: ClassOf<Func> = funcs.Func;

export type Memory = memories.Memory;
export const Memory: ClassOf<Memory> = memories.Memory;

export type Table<Element = WasmValue> = tables.Table<Element>;
export const Table: ClassOf<Table> = tables.Table;

export type Global<Value = WasmValue> = globals.Global<Value>;
export const Global: ClassOf<Global> = globals.Global;

export type Tag = tags.Tag;
export const Tag: ClassOf<Tag> = tags.Tag;

export type WasmException = exceptions.WasmException;
export const WasmException: ClassOf<WasmException> = exceptions.WasmException;

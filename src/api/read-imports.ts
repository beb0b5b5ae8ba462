import type { Extern } from '../runtime/instances/extern.js';
import type { Module } from '../runtime/modules/module.js';
import { ExternKind, type Import } from '../wasm/module.js';
import { printableName } from '../wasm/printable-name.js';
import { type GlobalType, ValType } from '../wasm/types.js';
import { agentRuntime, agentStore } from './agent.js';
import { LinkError } from './errors.js';
import { funcOf, isOpaque, toWasm } from './functions.js';
import { globalOf } from './global.js';
import { type Hold, holdOf } from './holds.js';
import { importFunction } from './imported-functions.js';
import { memoryOf } from './memory.js';
import { tableOf } from './table.js';
import { isObject } from './web-idl.js';

/** What an instance is to import. */
export interface ReadImports {
  /** In the module's order. */
  readonly externs: readonly Extern[];
  /** Keeps all of them. */
  readonly holds: readonly Hold[];
  /** Gives up what has been made of JavaScript's values, where no instance needs it. */
  settle(): void;
}

/**
 * Reads the imports of a module (JS API, section 5, "read the imports").
 *
 * @throws TypeError where an object is missing; LinkError where a value is of the wrong kind; what getters
 *   throw
 */
export function readImports(module: Module, importObject: object | undefined): ReadImports {
  const { lifetimes } = module.store;
  const externs: Extern[] = [];
  const holds: Hold[] = [];
  const made: Extern[] = [];
  const settle = (): void => {
    for (const { owner } of made) lifetimes.settle(owner);
  };
  if (module.wasm.imports.length > 0 && importObject === undefined) {
    throw new TypeError('WebAssembly.Instance: the imports must be an object');
  }
  let functionIndex = 0;
  try {
    for (const entry of module.wasm.imports) {
      const value = lookUp(importObject as object, entry);
      const extern =
        existingExtern(entry, value) ??
        makeExtern(module, entry, value, functionIndex, (one) => made.push(one));
      if (entry.kind === ExternKind.func) functionIndex++;
      externs.push(extern);
      holds.push(holdOf(extern.owner, lifetimes));
    }
  } catch (error) {
    settle();
    throw error;
  }
  return { externs, holds, settle };
}

function lookUp(importObject: object, { module, name }: Import): unknown {
  const namespace: unknown = Reflect.get(importObject, module);
  if (!isObject(namespace))
    throw new TypeError(`WebAssembly.Instance: import "${printableName(module)}" must be an object`);
  return Reflect.get(namespace, name);
}

/** The runtime's object of a value. */
function existingExtern({ kind }: Import, value: unknown): Extern | undefined {
  switch (kind) {
    case ExternKind.func:
      return funcOf(value);
    case ExternKind.table:
      return tableOf(value);
    case ExternKind.memory:
      return memoryOf(value);
    case ExternKind.global:
      return globalOf(value);
    case ExternKind.tag:
      return undefined;
  }
}

function makeExtern(
  { wasm }: Module,
  entry: Import,
  value: unknown,
  functionIndex: number,
  onMade: (extern: Extern) => void,
): Extern {
  if (entry.kind === ExternKind.func) {
    if (typeof value !== 'function') throw linkError(entry, 'must be callable');
    const callable = value as (...args: unknown[]) => unknown;
    const func = importFunction(agentStore(), wasm.types[entry.typeIndex], callable, functionIndex);
    onMade(func);
    return func;
  }
  if (entry.kind === ExternKind.table) throw linkError(entry, 'must be a WebAssembly.Table');
  if (entry.kind === ExternKind.memory) throw linkError(entry, 'must be a WebAssembly.Memory');
  if (entry.kind === ExternKind.tag) throw linkError(entry, 'must be a WebAssembly.Tag');
  const { type } = entry.type;
  if (entry.type.mutable || !isFitting(type, value)) throw linkError(entry, globalText(entry.type));
  const global = agentRuntime().global({ type, mutable: false }, toWasm(type, value));
  global.owner.held = false;
  onMade(global);
  return global;
}

/** Whether an immutable global of a type can be made of a value. */
function isFitting(type: ValType, value: unknown): boolean {
  if (type === ValType.externref) return true;
  if (type === ValType.funcref) return value === null || funcOf(value) !== undefined;
  return !isOpaque(type) && typeof value === (type === ValType.i64 ? 'bigint' : 'number');
}

function globalText({ type, mutable }: GlobalType): string {
  if (mutable) return 'must be a mutable WebAssembly.Global';
  if (isOpaque(type)) return 'must be a WebAssembly.Global';
  if (type === ValType.funcref) return 'must be null, an exported function or a WebAssembly.Global';
  return `must be a ${type === ValType.i64 ? 'BigInt' : 'number'} or a WebAssembly.Global`;
}

function linkError({ module, name }: Import, problem: string): Error {
  return new LinkError(
    `incompatible import type: "${printableName(module)}" "${printableName(name)}" ${problem}`,
  );
}

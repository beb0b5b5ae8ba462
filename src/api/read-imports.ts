import type { Extern } from '../runtime/instances/extern.js';
import type { Module } from '../runtime/modules/module.js';
import { Func } from '../runtime/objects/func.js';
import { ExternKind, type Import } from '../wasm/module.js';
import { printableName } from '../wasm/printable-name.js';
import { type GlobalType, isNullable, isRefType, ValType } from '../wasm/types.js';
import { agentRuntime, agentStore } from './agent.js';
import { boundExtern } from './bound-imports.js';
import type { OwnModule } from './compile.js';
import { funcOf, isFunctionType, isOpaque, toWasm } from './functions.js';
import { globalOf, v8GlobalOf, v8GlobalValue } from './global.js';
import { type Hold, holdOf } from './holds.js';
import { importFunction } from './imported-functions.js';
import { linkError, ownedByV8 } from './link-error.js';
import { adoptedMemory, memoryOf } from './memory.js';
import { isV8Table, tableOf } from './table.js';
import { tagOf, v8TagOf } from './tag.js';
import { useObject } from './used-objects.js';
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
 * Reads the imports of a module (JS API, section 5, "read the imports"), but for what the compiler has bound.
 *
 * @throws TypeError where an object is missing; LinkError where a value is of the wrong kind; what getters
 *   throw
 */
export function readImports({ module, bound }: OwnModule, importObject: object | undefined): ReadImports {
  const { lifetimes } = module.store;
  const externs: Extern[] = [];
  const holds: Hold[] = [];
  const made: Extern[] = [];
  const settle = (): void => {
    for (const { owner } of made) lifetimes.settle(owner);
  };
  const isLeft = module.wasm.imports.some((_, k) => bound?.[k] === undefined);
  if (isLeft && importObject === undefined) {
    throw new TypeError('WebAssembly.Instance: the imports must be an object');
  }
  let functionIndex = 0;
  try {
    for (const [k, entry] of module.wasm.imports.entries()) {
      const onMade = (one: Extern): unknown => made.push(one);
      const binding = bound?.[k];
      const extern =
        binding === undefined
          ? readExtern(module, entry, lookUp(importObject as object, entry), functionIndex, onMade)
          : boundExtern(entry, binding, onMade);
      if (entry.kind === ExternKind.func) functionIndex++;
      externs.push(extern);
      if (!(extern instanceof Func)) useObject(extern);
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

function readExtern(
  module: Module,
  entry: Import,
  value: unknown,
  functionIndex: number,
  onMade: (extern: Extern) => void,
): Extern {
  return existingExtern(entry, value) ?? makeExtern(module, entry, value, functionIndex, onMade);
}

/** The runtime's object of a value. */
function existingExtern(entry: Import, value: unknown): Extern | undefined {
  switch (entry.kind) {
    case ExternKind.func:
      return funcOf(value);
    case ExternKind.table:
      return tableOf(value);
    case ExternKind.memory:
      return memoryOf(value) ?? adoptedMemory({ ...entry, kind: 'memory' }, value);
    case ExternKind.global:
      return globalOf(value);
    case ExternKind.tag:
      return tagOf(value);
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
  if (entry.kind === ExternKind.table) {
    throw linkError(entry, isV8Table(value) ? ownedByV8('table') : 'must be a WebAssembly.Table');
  }
  if (entry.kind === ExternKind.memory) throw linkError(entry, 'must be a WebAssembly.Memory');
  if (entry.kind === ExternKind.tag) {
    throw linkError(entry, v8TagOf(value) === undefined ? 'must be a WebAssembly.Tag' : ownedByV8('tag'));
  }
  const { type } = entry.type;
  const given = valueForGlobal(entry, entry.type, value);
  const global = agentRuntime().global({ type, mutable: false }, toWasm(type, given));
  global.owner.held = false;
  onMade(global);
  return global;
}

/** What a new global is to hold that is imported. Throws a LinkError where the value does not fit. */
function valueForGlobal(entry: Import, globalType: GlobalType, value: unknown): unknown {
  const { type, mutable } = globalType;
  const theirs = v8GlobalOf(value);
  if (theirs === undefined) {
    if (mutable || !isFitting(type, value)) throw linkError(entry, globalText(globalType));
    return value;
  }
  if (mutable) throw linkError(entry, ownedByV8('mutable global'));
  const held = v8GlobalValue(type, theirs);
  if (held === undefined || !isFitting(type, held.value)) throw linkError(entry, globalText(globalType));
  return held.value;
}

/** Whether an immutable global of a type can be made of a value. */
function isFitting(type: ValType, value: unknown): boolean {
  if (isOpaque(type)) return false;
  if (isRefType(type)) {
    if (value === null) return isNullable(type);
    return !isFunctionType(type) || funcOf(value) !== undefined;
  }
  return typeof value === (type === ValType.i64 ? 'bigint' : 'number');
}

function globalText({ type, mutable }: GlobalType): string {
  if (mutable) return 'must be a mutable WebAssembly.Global';
  if (isOpaque(type)) return 'must be a WebAssembly.Global';
  if (type === ValType.funcref) return 'must be null, an exported function or a WebAssembly.Global';
  return `must be a ${type === ValType.i64 ? 'BigInt' : 'number'} or a WebAssembly.Global`;
}

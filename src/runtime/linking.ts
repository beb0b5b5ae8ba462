import { ExternKind, type Import, type WasmModule } from '../wasm/module.js';
import {
  type FuncType,
  funcTypeText,
  type GlobalType,
  type Limits,
  type TableType,
  ValType,
  valTypeName,
} from '../wasm/types.js';
import { LinkError } from './errors.js';
import { Func } from './func.js';
import { Global } from './global.js';
import { makeHostFunction } from './host-function.js';
import { Memory } from './memory.js';
import type { Module } from './module.js';
import { Native } from './natives/native.js';
import type { NativeRegistry } from './natives/registry.js';
import type { Store } from './store.js';
import { Table } from './table.js';
import { typeId } from './type-ids.js';

/** What can be imported and exported. */
export type Extern = Func | Memory | Table | Global;

/**
 * What an instance imports, by module name and name. A plain JavaScript function is taken for a host function of
 * the import's type.
 */
export type Imports = Readonly<
  Record<string, Readonly<Record<string, Extern | ((...args: never[]) => unknown)>>>
>;

/** Gives the value of a module's import, `index` in their order. */
export type FindImport = (entry: Import, index: number) => unknown;

/** Finds imports by their names, and native functions where none is given. What is missing is a LinkError. */
export function importsByName(imports: Imports, natives: NativeRegistry): FindImport {
  return (entry) => lookUp(imports, natives, entry);
}

/** The imports of an instance by index space. */
export interface ResolvedImports {
  /** Native functions become functions of the instance. */
  readonly functions: readonly (Func | Native)[];
  readonly tables: readonly Table[];
  readonly memories: readonly Memory[];
  readonly globals: readonly Global[];
}

/**
 * Finds and checks all imports of a module (spec 2.0, sections 3.5.10 and 4.5.4).
 *
 * @throws LinkError for the first that is missing or of the wrong type
 */
export function resolveImports(store: Store, module: Module, findImport: FindImport): ResolvedImports {
  const { wasm } = module;
  const values = wasm.imports.map((entry, index) => {
    const value = findImport(entry, index);
    const problem = mismatch(wasm, entry, value, store);
    if (problem === undefined) return value;
    throw new LinkError(`incompatible import type: ${importText(entry)} ${problem}`);
  });
  const functions: (Func | Native)[] = [];
  const tables: Table[] = [];
  const memories: Memory[] = [];
  const globals: Global[] = [];
  for (const [k, value] of values.entries()) {
    const entry = wasm.imports[k];
    if (value instanceof Func || value instanceof Native) functions.push(value);
    else if (value instanceof Table) tables.push(value);
    else if (value instanceof Memory) memories.push(value);
    else if (value instanceof Global) globals.push(value);
    else if (entry.kind === ExternKind.func) {
      functions.push(adoptFunction(store, wasm.types[entry.typeIndex], value as HostImport));
    }
  }
  return { functions, tables, memories, globals };
}

/** A host function that nobody but the importing instance holds. */
function adoptFunction(store: Store, type: FuncType, fn: HostImport): Func {
  const func = makeHostFunction(store, type, fn);
  func.owner.held = false;
  return func;
}

type HostImport = (...args: never[]) => unknown;

function importText({ module, name }: Import): string {
  return `"${module}" "${name}"`;
}

function lookUp(imports: Imports, natives: NativeRegistry, entry: Import): unknown {
  const namespace: unknown = imports[entry.module];
  const given =
    Object(namespace) === namespace
      ? (namespace as Readonly<Record<string, unknown>>)[entry.name]
      : undefined;
  const value = given ?? natives.find(entry.module, entry.name);
  if (value === undefined) throw new LinkError(`unknown import: ${importText(entry)}`);
  return value;
}

/** Why a value is not what an import asks for; undefined if it is. */
function mismatch(wasm: WasmModule, entry: Import, value: unknown, store: Store): string | undefined {
  const extern =
    value instanceof Func || value instanceof Table || value instanceof Memory || value instanceof Global;
  if (extern && value.store !== store) return 'belongs to another Runtime';
  if (extern && value.owner.freed) return 'belongs to an instance that has been disposed';
  switch (entry.kind) {
    case ExternKind.func:
      if (value instanceof Func) return functionMismatch(wasm.types[entry.typeIndex], value.type);
      if (value instanceof Native)
        return value.mismatch(wasm.types[entry.typeIndex], wasm.memories.length > 0);
      return typeof value === 'function' ? undefined : 'must be a function';
    case ExternKind.table:
      return value instanceof Table ? tableMismatch(entry.type, value) : 'must be a table';
    case ExternKind.memory:
      return value instanceof Memory
        ? limitsMismatch(entry.type.limits, value.pageCount, value.type.limits.max, 'pages')
        : 'must be a memory';
    case ExternKind.global:
      return value instanceof Global ? globalMismatch(entry.type, value.type) : 'must be a global';
  }
}

function functionMismatch(expected: FuncType, found: FuncType): string | undefined {
  if (typeId(expected) === typeId(found)) return undefined;
  return `must have type ${funcTypeText(expected)}, not ${funcTypeText(found)}`;
}

function tableMismatch(expected: TableType, found: Table): string | undefined {
  if (expected.element !== found.type.element) {
    return `must hold ${valTypeName(expected.element)}, not ${valTypeName(found.type.element)}`;
  }
  return limitsMismatch(expected.limits, found.length, found.type.limits.max, 'elements');
}

function globalMismatch(expected: GlobalType, found: GlobalType): string | undefined {
  if (expected.mutable === found.mutable && expected.type === found.type) return undefined;
  const text = ({ mutable, type }: GlobalType): string =>
    `${mutable ? 'mutable' : 'immutable'} ${valTypeName(type)}`;
  return `must be ${text(expected)}, not ${text(found)}`;
}

/** The size now counts as the minimum of what is imported. */
function limitsMismatch(
  expected: Limits,
  size: number,
  max: number | undefined,
  unit: string,
): string | undefined {
  if (size < expected.min) return `must have at least ${expected.min} ${unit}, not ${size}`;
  if (expected.max === undefined) return undefined;
  if (max === undefined) return `must have a maximum of ${expected.max} ${unit} or less, not none`;
  if (max > expected.max) return `must have a maximum of ${expected.max} ${unit} or less, not ${max}`;
  return undefined;
}

/** Whether function references can pass through an import or call of this kind. */
export function carriesFunctions(extern: Extern): boolean {
  if (extern instanceof Table) return extern.type.element === ValType.funcref;
  if (extern instanceof Global) return extern.type.type === ValType.funcref;
  if (extern instanceof Memory) return false;
  const { params, results } = extern.type;
  return params.includes(ValType.funcref) || results.includes(ValType.funcref);
}

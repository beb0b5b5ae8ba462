import { anObject, checkArgument } from '../../checks/checks.js';
import { described } from '../../checks/describe.js';
import { ExternKind, type Import, type WasmModule } from '../../wasm/module.js';
import { printableName } from '../../wasm/printable-name.js';
import { isDefinedSubtype, isSubtype, typeId } from '../../wasm/type-registry.js';
import {
  addressTypeOf,
  type FuncType,
  funcTypeText,
  type GlobalType,
  is64,
  type Limits,
  type TableType,
  valTypeName,
} from '../../wasm/types.js';
import type { AnyFunction, HostFunction } from '../calls/callable.js';
import { LinkError } from '../errors.js';
import type { Module } from '../modules/module.js';
import { Native } from '../natives/native.js';
import type { NativeRegistry } from '../natives/registry.js';
import { Func } from '../objects/func.js';
import { Global } from '../objects/global.js';
import { makeHostFunction } from '../objects/host-function.js';
import { Memory } from '../objects/memory.js';
import type { ObjectStore } from '../objects/object-store.js';
import { Table } from '../objects/table.js';
import { Tag } from '../objects/tag.js';
import type { Extern } from './extern.js';
import { functionFor, type Importer } from './importer.js';
import type { ResolvedImports } from './instance.js';

/**
 * What an instance imports, by module name and name. A plain JavaScript function is taken for a host function
 * of the import's type.
 */
export type Imports = Readonly<Record<string, Readonly<Record<string, Extern | AnyFunction>>>>;

/** Gives the value of a module's import, `index` in their order. @internal */
export type FindImport = (entry: Import, index: number) => unknown;

/**
 * Finds imports by their names, and native functions where none is given. What is missing is a LinkError.
 * @internal
 */
export function importsByName(imports: Imports, natives: NativeRegistry): FindImport {
  checkArgument('the imports', anObject, imports);
  return (entry) => lookUp(imports, natives, entry);
}

/**
 * Finds and checks all imports of a module (spec 3.0, sections 3.3 and 4.7.2).
 *
 * @param importer the instance that is to import them
 * @throws LinkError for the first that is missing or of the wrong type
 * @internal
 */
export function resolveImports(
  store: ObjectStore,
  module: Module,
  findImport: FindImport,
  importer: Importer,
): ResolvedImports {
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
  const tags: Tag[] = [];
  for (const [k, value] of values.entries()) {
    const entry = wasm.imports[k];
    if (value instanceof Func || value instanceof Native) functions.push(value);
    else if (value instanceof Table) tables.push(value);
    else if (value instanceof Memory) memories.push(value);
    else if (value instanceof Global) globals.push(value);
    else if (value instanceof Tag) tags.push(value);
    else if (entry.kind === ExternKind.func) {
      const fn = functionFor(importer, value as HostFunction);
      functions.push(adoptFunction(store, wasm.types[entry.typeIndex], fn));
    }
  }
  return { functions, tables, memories, globals, tags };
}

/** A host function that nobody but the importing instance holds. */
function adoptFunction(store: ObjectStore, type: FuncType, fn: AnyFunction): Func {
  const func = makeHostFunction(store, type, fn);
  func.owner.held = false;
  return func;
}

function importText({ module, name }: Import): string {
  return `"${printableName(module)}" "${printableName(name)}"`;
}

function lookUp(imports: Imports, natives: NativeRegistry, entry: Import): unknown {
  const namespace: unknown = imports[entry.module];
  if (namespace !== undefined)
    checkArgument(`the imports of ${JSON.stringify(entry.module)}`, anObject, namespace);
  const given = (namespace as Readonly<Record<string, unknown>> | undefined)?.[entry.name];
  const value = given ?? natives.find(entry.module, entry.name);
  if (value === undefined) throw new LinkError(`unknown import: ${importText(entry)}`);
  return value;
}

/** Why a value is not what an import asks for; undefined if it is. */
function mismatch(wasm: WasmModule, entry: Import, value: unknown, store: ObjectStore): string | undefined {
  const extern =
    value instanceof Func ||
    value instanceof Table ||
    value instanceof Memory ||
    value instanceof Global ||
    value instanceof Tag;
  if (extern && value.store !== store) return 'belongs to another Runtime';
  if (extern && value.owner.closed && store.lifetimes.isGone(value.owner))
    return 'belongs to an instance that has been disposed';
  switch (entry.kind) {
    case ExternKind.func:
      if (value instanceof Func) return functionMismatch(wasm.types[entry.typeIndex], value.type);
      if (value instanceof Native)
        return value.mismatch(wasm.types[entry.typeIndex], wasm.memories.length > 0);
      return typeof value === 'function' ? undefined : `must be a function, not ${described(value)}`;
    case ExternKind.table:
      return value instanceof Table
        ? tableMismatch(entry.type, value)
        : `must be a table, not ${described(value)}`;
    case ExternKind.memory:
      return value instanceof Memory
        ? limitsMismatch(entry.type.limits, value.pageCount, value.type.limits, 'pages')
        : `must be a memory, not ${described(value)}`;
    case ExternKind.global:
      return value instanceof Global
        ? globalMismatch(entry.type, value.type)
        : `must be a global, not ${described(value)}`;
    case ExternKind.tag:
      return value instanceof Tag
        ? tagMismatch(wasm, entry.type.typeIndex, value)
        : `must be a tag, not ${described(value)}`;
  }
}

function functionMismatch(expected: FuncType, found: FuncType): string | undefined {
  if (isDefinedSubtype(typeId(found), typeId(expected))) return undefined;
  return `must have type ${funcTypeText(expected)}, not ${funcTypeText(found)}`;
}

function tagMismatch({ types, typeIds }: WasmModule, expected: number, found: Tag): string | undefined {
  if (typeIds[expected] === found.typeId) return undefined;
  return `must have type ${funcTypeText(types[expected])}, not ${funcTypeText(found.type)}`;
}

function tableMismatch(expected: TableType, found: Table): string | undefined {
  if (expected.element !== found.type.element) {
    return `must hold ${valTypeName(expected.element)}, not ${valTypeName(found.type.element)}`;
  }
  return limitsMismatch(expected.limits, found.length, found.type.limits, 'elements');
}

function globalMismatch(expected: GlobalType, found: GlobalType): string | undefined {
  const fits = expected.mutable ? found.type === expected.type : isSubtype(found.type, expected.type);
  if (expected.mutable === found.mutable && fits) return undefined;
  const text = ({ mutable, type }: GlobalType): string =>
    `${mutable ? 'mutable' : 'immutable'} ${valTypeName(type)}`;
  return `must be ${text(expected)}, not ${text(found)}`;
}

/** The size now counts as the minimum of what is imported. */
function limitsMismatch(expected: Limits, size: number, found: Limits, unit: string): string | undefined {
  const { max } = found;
  if (is64(expected) !== is64(found)) {
    const text = (limits: Limits): string => `${valTypeName(addressTypeOf(limits))} addresses`;
    return `must have ${text(expected)}, not ${text(found)}`;
  }
  if (size < expected.min) return `must have at least ${expected.min} ${unit}, not ${size}`;
  if (expected.max === undefined) return undefined;
  if (max === undefined) return `must have a maximum of ${expected.max} ${unit} or less, not none`;
  if (max > expected.max) return `must have a maximum of ${expected.max} ${unit} or less, not ${max}`;
  return undefined;
}

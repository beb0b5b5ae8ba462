import { type Export, ExternKind, type Import, type WasmModule } from '../../wasm/module.js';
import type { FuncType, GlobalType, MemoryType, TableType } from '../../wasm/types.js';

/** What an import or export is: its kind and type. */
export type ExternType =
  | { readonly kind: 'func'; readonly type: FuncType }
  | { readonly kind: 'table'; readonly type: TableType }
  | { readonly kind: 'memory'; readonly type: MemoryType }
  | { readonly kind: 'global'; readonly type: GlobalType }
  | { readonly kind: 'tag'; readonly type: FuncType };

export type ImportDescriptor = ExternType & { readonly module: string; readonly name: string };
export type ExportDescriptor = ExternType & { readonly name: string };

/** Describes what a module imports. @internal */
export function describeImport(wasm: WasmModule, entry: Import): ImportDescriptor {
  const { module, name } = entry;
  switch (entry.kind) {
    case ExternKind.func:
      return { module, name, kind: 'func', type: wasm.types[entry.typeIndex] };
    case ExternKind.table:
      return { module, name, kind: 'table', type: entry.type };
    case ExternKind.memory:
      return { module, name, kind: 'memory', type: entry.type };
    case ExternKind.global:
      return { module, name, kind: 'global', type: entry.type };
    case ExternKind.tag:
      return { module, name, kind: 'tag', type: wasm.types[entry.type.typeIndex] };
  }
}

/** Describes what a module exports. @internal */
export function describeExport(wasm: WasmModule, { name, kind, index }: Export): ExportDescriptor {
  switch (kind) {
    case ExternKind.func:
      return { name, kind: 'func', type: wasm.types[wasm.functionTypes[index]] };
    case ExternKind.table:
      return { name, kind: 'table', type: wasm.tables[index] };
    case ExternKind.memory:
      return { name, kind: 'memory', type: wasm.memories[index] };
    case ExternKind.global:
      return { name, kind: 'global', type: wasm.globals[index] };
    case ExternKind.tag:
      return { name, kind: 'tag', type: wasm.types[wasm.tags[index].typeIndex] };
  }
}

import { basename } from 'node:path';
import { describeExport, describeImport, type ExternType } from '../runtime/modules/descriptors.js';
import { branchHints } from '../wasm/branch-hints.js';
import { decodeModule } from '../wasm/decode.js';
import { CompileError } from '../wasm/errors.js';
import type { Feature } from '../wasm/feature-names.js';
import { usedFeatures } from '../wasm/features.js';
import type { ConstExpr, WasmModule } from '../wasm/module.js';
import { functionName, readNames } from '../wasm/names.js';
import { Reader } from '../wasm/reader.js';
import { listSections, type SectionPlace } from '../wasm/sections.js';
import { funcTypeText, is64, type Limits, nonNull, valTypeText } from '../wasm/types.js';
import { validateQuickly } from '../wasm/validate.js';
import { haveReferences, type NameOfType, type TypeEntry, typeEntries, typeNames } from './type-entries.js';

/** What `upshift inspect --json` prints. Sizes and offsets are in bytes. */
export interface Inspection {
  readonly file: string;
  readonly byteLength: number;
  /** Why the module cannot be run; null if it can. All of `content` is known then. */
  readonly error: string | null;
  readonly sections: readonly SectionPlace[];
  readonly content: ModuleContent | null;
}

export interface ModuleContent {
  /** From the name section. */
  readonly name: string | null;
  readonly functions: { readonly imported: number; readonly defined: number; readonly named: number };
  readonly types: readonly TypeEntry[];
  /** Whether types refer to each other, or have subtypes. */
  readonly hasTypeReferences: boolean;
  readonly imports: readonly ExternEntry[];
  readonly exports: readonly ExternEntry[];
  /** Sizes are in pages of 64 KiB. */
  readonly memories: readonly LimitsEntry[];
  readonly tables: readonly TableEntry[];
  readonly globals: number;
  readonly tags: readonly { readonly type: string; readonly imported: boolean }[];
  /** Branches that the module says which way they are likely to go, and functions that have such ones. */
  readonly branchHints: { readonly hints: number; readonly functions: number };
  /** The start function. */
  readonly start: { readonly index: number; readonly name: string | null } | null;
  readonly features: readonly Feature[];
  /** The features that the compiler of the module says it uses: custom section `target_features`. */
  readonly targetFeatures: readonly string[];
  /** Custom section `producers`: names with versions, by role. */
  readonly producers: Readonly<Record<string, readonly string[]>>;
}

export interface ExternEntry {
  readonly module?: string;
  readonly name: string;
  readonly kind: ExternType['kind'];
  readonly type: string;
}

export interface LimitsEntry {
  readonly min: number;
  readonly max: number | null;
  /** The type of addresses of bytes, or of indices of elements. */
  readonly address: 'i32' | 'i64';
  readonly imported: boolean;
}

export interface TableEntry extends LimitsEntry {
  readonly element: string;
  /** The constant expression that elements begin with; null where they are null. */
  readonly init: string | null;
}

/** Inspects a module. If it is invalid or uses unsupported features, this shows as much as can be read. */
export function inspectModule(file: string, bytes: Uint8Array): Inspection {
  let error: string | null = null;
  let content: ModuleContent | null = null;
  let sections: SectionPlace[] = [];
  try {
    sections = listSections(bytes);
    const module = decodeModule(bytes);
    validateQuickly(module);
    content = moduleContent(module);
  } catch (caught) {
    if (!(caught instanceof CompileError)) throw caught;
    error = caught.message;
  }
  return { file: basename(file), byteLength: bytes.length, error, sections, content };
}

/** What a module consists of. Its bodies need not be valid. */
export function moduleContent(module: WasmModule): ModuleContent {
  const { types, imports, exports, memories, tables, globals, tags, start, importedFunctionCount } = module;
  const names = readNames(module);
  const nameOf = typeNames(module);
  const typeList = typeEntries(module, nameOf);
  return {
    name: names.module ?? null,
    functions: {
      imported: importedFunctionCount,
      defined: module.bodyStarts.length,
      named: names.functions.size,
    },
    types: typeList,
    hasTypeReferences: haveReferences(types, typeList),
    imports: imports.map((entry) => ({
      module: entry.module,
      name: entry.name,
      kind: describeImport(module, entry).kind,
      type: externTypeText(describeImport(module, entry), nameOf),
    })),
    exports: exports.map((entry) => ({
      name: entry.name,
      kind: describeExport(module, entry).kind,
      type: externTypeText(describeExport(module, entry), nameOf),
    })),
    memories: memories.map(({ limits }, index) => limitsEntry(limits, index < module.importedMemoryCount)),
    tables: tables.map(({ limits, element }, index) => ({
      ...limitsEntry(limits, index < module.importedTableCount),
      element: valTypeText(element, nameOf),
      init: constText(module.tableInits[index - module.importedTableCount], nameOf),
    })),
    globals: globals.length,
    tags: tags.map(({ typeIndex }, index) => ({
      type: funcTypeText(types[typeIndex], nameOf),
      imported: index < module.importedTagCount,
    })),
    branchHints: countHints(module),
    start: start === undefined ? null : { index: start, name: functionName(module, start) ?? null },
    features: usedFeatures(module),
    targetFeatures: customSection(module, 'target_features', readTargetFeatures) ?? [],
    producers: customSection(module, 'producers', readProducers) ?? {},
  };
}

function limitsEntry(limits: Limits, imported: boolean): LimitsEntry {
  const { min, max } = limits;
  return { min, max: max ?? null, address: is64(limits) ? 'i64' : 'i32', imported };
}

function countHints(module: WasmModule): ModuleContent['branchHints'] {
  let hints = 0;
  let functions = 0;
  for (let k = 0; k < module.bodyStarts.length; k++) {
    const pairs = branchHints(module, module.importedFunctionCount + k);
    if (pairs === undefined || pairs.length === 0) continue;
    hints += pairs.length / 2;
    functions++;
  }
  return { hints, functions };
}

/** What a table's elements begin with, in the text format. */
function constText(expr: ConstExpr | undefined, nameOf: NameOfType): string | null {
  if (expr === undefined) return null;
  const parts = expr.map((instr) => {
    switch (instr.op) {
      case 'ref.func':
      case 'global.get':
        return `${instr.op} ${instr.index}`;
      case 'ref.null':
        // `(ref heap)` without its ends.
        return `${instr.op} ${valTypeText(nonNull(instr.type), nameOf).slice('(ref '.length, -1)}`;
      default:
        return instr.op;
    }
  });
  return parts.join(' ');
}

/** A type as in the text format, except that functions are shown as in messages. */
function externTypeText(extern: ExternType, nameOf: NameOfType): string {
  switch (extern.kind) {
    case 'func':
    case 'tag':
      return funcTypeText(extern.type, nameOf);
    case 'table':
      return `${limitsText(extern.type.limits)} ${valTypeText(extern.type.element, nameOf)}`;
    case 'memory':
      return limitsText(extern.type.limits);
    case 'global': {
      const type = valTypeText(extern.type.type, nameOf);
      return extern.type.mutable ? `(mut ${type})` : type;
    }
  }
}

function limitsText(limits: Limits): string {
  const { min, max } = limits;
  const address = is64(limits) ? 'i64 ' : '';
  return `${address}${max === undefined ? `${min}` : `${min} ${max}`}`;
}

/** Reads a custom section of LLVM's tool conventions; undefined if it is absent or broken. */
function customSection<Contents>(
  { bytes, customSections }: WasmModule,
  name: string,
  read: (reader: Reader) => Contents,
): Contents | undefined {
  const section = customSections.find((candidate) => candidate.name === name);
  if (section === undefined) return undefined;
  try {
    return read(new Reader(bytes, section.start, section.end));
  } catch {
    return undefined;
  }
}

function readTargetFeatures(reader: Reader): string[] {
  const list: string[] = [];
  for (let rest = reader.length(); rest > 0; rest--) {
    const prefix = String.fromCharCode(reader.u8());
    list.push(`${prefix}${reader.name()}`);
  }
  return list;
}

function readProducers(reader: Reader): Record<string, string[]> {
  const producers: Record<string, string[]> = Object.create(null);
  for (let fields = reader.length(); fields > 0; fields--) {
    const field = reader.name();
    const list: string[] = [];
    for (let rest = reader.length(); rest > 0; rest--) list.push(`${reader.name()} ${reader.name()}`.trim());
    producers[field] = list;
  }
  return producers;
}

/** Removes from a module what nothing refers to. */
import { ExternKind } from '../../src/wasm/module.js';
import { definedTypeOf } from '../../src/wasm/types.js';
import {
  type Expression,
  type ImportDraft,
  type Instruction,
  importCount,
  type ModuleDraft,
} from '../module/draft.js';
import { kindOfValue } from '../module/immediates.js';

/** New indices by old ones; undefined for what is gone. */
type Mapping = readonly (number | undefined)[];

function mappingOf(used: readonly boolean[]): Mapping {
  let next = 0;
  return used.map((isUsed) => (isUsed ? next++ : undefined));
}

/** Index spaces that an instruction refers to with one index. */
type Space = 'type' | 'func' | 'local' | 'global';

function spaceOf(code: number, position: number, immediate: number | bigint): Space | undefined {
  const kind = kindOfValue(code, position);
  switch (kind) {
    case 'blockType':
      return Number(immediate) >= 0 ? 'type' : undefined;
    case 'func':
    case 'type':
    case 'local':
    case 'global':
      return kind;
    default:
      return undefined;
  }
}

/** The same instruction with other indices in one space. */
function renumbered(instruction: Instruction, space: Space, mapping: Mapping): Instruction {
  const [code, ...immediates] = instruction;
  const mapped = immediates.map((immediate, position) => {
    if (spaceOf(code, position, immediate) !== space) return immediate;
    const index = mapping[Number(immediate)];
    if (index === undefined) throw new Error(`what is used is missing: ${space} ${immediate}`);
    return index;
  });
  return [code, ...mapped];
}

function mark(used: boolean[], code: Expression, space: Space): void {
  for (const [opcode, ...immediates] of code) {
    for (const [position, immediate] of immediates.entries()) {
      if (spaceOf(opcode, position, immediate) === space) used[Number(immediate)] = true;
    }
  }
}

/** All code of a module, constant expressions included. */
function allCode(draft: ModuleDraft): Expression[] {
  return [
    ...draft.functions.map(({ code }) => code),
    ...draft.tables.flatMap(({ init }) => (init === undefined ? [] : [init])),
    ...draft.globals.map(({ init }) => init),
    ...draft.elements.flatMap(({ offset, init }) => [offset, ...init]),
    ...draft.data.map(({ offset }) => offset),
  ];
}

function renumberAll(draft: ModuleDraft, space: Space, mapping: Mapping): ModuleDraft {
  const change = (code: Expression): Instruction[] =>
    code.map((instruction) => renumbered(instruction, space, mapping));
  return {
    ...draft,
    functions: draft.functions.map((fn) => ({ ...fn, code: change(fn.code) })),
    tables: draft.tables.map((table) => ({ ...table, ...(table.init && { init: change(table.init) }) })),
    globals: draft.globals.map((global) => ({ ...global, init: change(global.init) })),
    elements: draft.elements.map((segment) => ({
      ...segment,
      offset: change(segment.offset),
      init: segment.init.map(change),
    })),
    data: draft.data.map((segment) => ({ ...segment, offset: change(segment.offset) })),
  };
}

function compactFunctions(draft: ModuleDraft): ModuleDraft {
  const imported = importCount(draft, ExternKind.func);
  // Declarative segments only declare what may be referred to.
  const declarative = draft.elements.filter(({ mode }) => mode === 'declarative');
  const others = { ...draft, elements: draft.elements.filter(({ mode }) => mode !== 'declarative') };
  const used = new Array<boolean>(imported + draft.functions.length).fill(false);
  for (const code of allCode(others)) mark(used, code, 'func');
  for (const { kind, index } of draft.exports) if (kind === ExternKind.func) used[index] = true;
  if (draft.start !== undefined) used[draft.start] = true;
  const mapping = mappingOf(used);
  let importedIndex = 0;
  const isUsed = (expression: Expression): boolean =>
    expression.length !== 1 || mapping[Number(expression[0][1])] !== undefined;
  const reduced: ModuleDraft = {
    ...draft,
    imports: draft.imports.filter(({ kind }) => kind !== ExternKind.func || used[importedIndex++]),
    functions: draft.functions.filter((_, k) => used[imported + k]),
    exports: draft.exports.map((entry) => {
      return entry.kind === ExternKind.func ? { ...entry, index: mapping[entry.index] ?? 0 } : entry;
    }),
    start: draft.start === undefined ? undefined : mapping[draft.start],
    elements: draft.elements.map((segment) => {
      return declarative.includes(segment) ? { ...segment, init: segment.init.filter(isUsed) } : segment;
    }),
  };
  return renumberAll(reduced, 'func', mapping);
}

function compactGlobals(draft: ModuleDraft): ModuleDraft {
  const imported = importCount(draft, ExternKind.global);
  const used = new Array<boolean>(imported + draft.globals.length).fill(false);
  for (const code of allCode(draft)) mark(used, code, 'global');
  for (const { kind, index } of draft.exports) if (kind === ExternKind.global) used[index] = true;
  const mapping = mappingOf(used);
  let importedIndex = 0;
  const reduced: ModuleDraft = {
    ...draft,
    imports: draft.imports.filter(({ kind }) => kind !== ExternKind.global || used[importedIndex++]),
    globals: draft.globals.filter((_, k) => used[imported + k]),
    exports: draft.exports.map((entry) => {
      return entry.kind === ExternKind.global ? { ...entry, index: mapping[entry.index] ?? 0 } : entry;
    }),
  };
  return renumberAll(reduced, 'global', mapping);
}

function hasTypeIndex(entry: ImportDraft): entry is Extract<ImportDraft, { readonly type: number }> {
  return entry.kind === ExternKind.func || entry.kind === ExternKind.tag;
}

/** Whether types may be referred to by other types. */
function refersToTypes({ types }: ModuleDraft): boolean {
  return types.some(({ params, results, isOpen, supertype, groupLength }) => {
    const hasReference = [...params, ...results].some((type) => definedTypeOf(type) >= 0);
    return hasReference || isOpen || supertype !== undefined || groupLength !== undefined;
  });
}

/** Leaves all types where there are references to some: they are everywhere. */
function compactTypes(draft: ModuleDraft): ModuleDraft {
  if (refersToTypes(draft)) return draft;
  const used = new Array<boolean>(draft.types.length).fill(false);
  for (const code of allCode(draft)) mark(used, code, 'type');
  for (const { type } of draft.functions) used[type] = true;
  for (const type of draft.tags) used[type] = true;
  for (const entry of draft.imports) if (hasTypeIndex(entry)) used[entry.type] = true;
  const mapping = mappingOf(used);
  const reduced: ModuleDraft = {
    ...draft,
    types: draft.types.filter((_, k) => used[k]),
    functions: draft.functions.map((fn) => ({ ...fn, type: mapping[fn.type] ?? 0 })),
    tags: draft.tags.map((type) => mapping[type] ?? 0),
    imports: draft.imports.map((entry) => {
      return hasTypeIndex(entry) ? { ...entry, type: mapping[entry.type] ?? 0 } : entry;
    }),
  };
  return renumberAll(reduced, 'type', mapping);
}

function compactLocals(draft: ModuleDraft): ModuleDraft {
  const functions = draft.functions.map((fn) => {
    const params = draft.types[fn.type].params.length;
    const used = new Array<boolean>(params + fn.locals.length).fill(false).fill(true, 0, params);
    mark(used, fn.code, 'local');
    const mapping = mappingOf(used);
    return {
      ...fn,
      locals: fn.locals.filter((_, k) => used[params + k]),
      code: fn.code.map((instruction) => renumbered(instruction, 'local', mapping)),
    };
  });
  return { ...draft, functions };
}

/** Ways to leave something out of a module, each to be tried. */
export const compactions: readonly ((draft: ModuleDraft) => ModuleDraft)[] = [
  compactFunctions,
  compactGlobals,
  compactTypes,
  compactLocals,
];

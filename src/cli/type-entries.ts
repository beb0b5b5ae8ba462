import type { WasmModule } from '../wasm/module.js';
import { groupOf, isFinalType, supertypeOf } from '../wasm/type-registry.js';
import { definedTypeOf, type FuncType, funcTypeText } from '../wasm/types.js';

/** A type of a module's type section. */
export interface TypeEntry {
  /** References to types of the section have their indices: `[(ref null 2)] -> [i32]`. */
  readonly type: string;
  /** Index of the first type of the recursive group that it belongs to. */
  readonly group: number;
  /** Index of the type that it is declared to be a subtype of. */
  readonly supertype: number | null;
  /** Whether it may have no subtypes. */
  readonly final: boolean;
}

/** Names a type of a module by its index, as the text format does. */
export type NameOfType = (id: number) => string;

/** Equal types of a module have the name of the first of them. */
export function typeNames({ typeIds }: WasmModule): NameOfType {
  const indices = new Map<number, number>();
  for (const [index, id] of typeIds.entries()) if (!indices.has(id)) indices.set(id, index);
  return (id) => `${indices.get(id)}`;
}

export function typeEntries({ types, typeIds }: WasmModule, nameOf: NameOfType): TypeEntry[] {
  let group = 0;
  return types.map((type, index) => {
    const id = typeIds[index];
    if (groupOf(id) === id) group = index;
    const supertype = supertypeOf(id);
    return {
      type: funcTypeText(type, nameOf),
      group,
      supertype: supertype === 0 ? null : Number(nameOf(supertype)),
      final: isFinalType(id),
    };
  });
}

/**
 * Whether types say more than the signatures of functions and tags do, which name their parameters in full.
 */
export function haveReferences(types: readonly FuncType[], entries: readonly TypeEntry[]): boolean {
  const refers = ({ params, results }: FuncType): boolean =>
    [...params, ...results].some((type) => definedTypeOf(type) >= 0);
  return (
    types.some(refers) ||
    entries.some(({ group, supertype, final }, index) => group !== index || supertype !== null || !final)
  );
}

import { isFuncref } from '../../wasm/types.js';
import type { Func } from '../objects/func.js';
import { Global } from '../objects/global.js';
import { Memory } from '../objects/memory.js';
import { Table } from '../objects/table.js';
import { carriesFunctionReferences, Tag } from '../objects/tag.js';

/** What can be imported and exported. */
export type Extern = Func | Memory | Table | Global | Tag;

/** Whether function references can pass through an import or call of this kind. @internal */
export function carriesFunctions(extern: Extern): boolean {
  if (extern instanceof Table) return isFuncref(extern.type.element);
  if (extern instanceof Global) return isFuncref(extern.type.type);
  if (extern instanceof Memory) return false;
  if (extern instanceof Tag) return carriesFunctionReferences(extern.type);
  const { params, results } = extern.type;
  return params.some(isFuncref) || results.some(isFuncref);
}

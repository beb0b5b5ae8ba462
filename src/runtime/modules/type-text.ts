import {
  funcTypeText,
  type GlobalType,
  is64,
  type Limits,
  type MemoryType,
  type TableType,
  valTypeName,
} from '../../wasm/types.js';
import type { ExternType } from './descriptors.js';

/**
 * What an import or export is, in the words of the text format, with sizes: `func [i32] -> [i64]`, `memory 1
 * to 4 pages`.
 */
export function externText(extern: ExternType): string {
  switch (extern.kind) {
    case 'func':
      return `func ${funcTypeText(extern.type)}`;
    case 'table':
      return `table ${tableText(extern.type)}`;
    case 'memory':
      return `memory ${memoryText(extern.type)}`;
    case 'global':
      return `global ${globalText(extern.type)}`;
    case 'tag':
      return `tag ${funcTypeText(extern.type)}`;
  }
}

export function globalText({ type, mutable }: GlobalType): string {
  return mutable ? `mut ${valTypeName(type)}` : valTypeName(type);
}

function tableText({ element, limits }: TableType): string {
  return `${limitsText(limits, 'elements')} ${valTypeName(element)}`;
}

function memoryText({ limits }: MemoryType): string {
  return limitsText(limits, 'pages');
}

function limitsText(limits: Limits, unit: string): string {
  const { min, max } = limits;
  const address = is64(limits) ? 'i64 ' : '';
  return `${address}${max === undefined ? `${min} ${unit} or more` : `${min} to ${max} ${unit}`}`;
}

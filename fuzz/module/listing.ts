/**
 * Drafts as text, for people: the format of modules for which wabt has none. It is like the text format, flat
 * and without names.
 */
import {
  CatchKind,
  closesBlock,
  type ImmediateKind,
  Opcode,
  opcodeRow,
  opensBlock,
  reopensBlock,
} from '../../src/wasm/opcodes.js';
import {
  definedTypeOf,
  type FuncType,
  isNullable,
  type Limits,
  ValType as types,
  type ValType,
  valTypeName,
} from '../../src/wasm/types.js';
import { type Expression, emptyBlock, type Instruction, type ModuleDraft, resultOfBlock } from './draft.js';
import { catchClauses, kindOfValue } from './immediates.js';

const kindNames = ['func', 'table', 'memory', 'global', 'tag'];

/** All of a module in words, a line for each instruction. */
export function listing(draft: ModuleDraft): string {
  const lines = [
    ...draft.types.map(
      (type, k) =>
        `type ${k}: ${typeText(type)}${type.isOpen ? ' open' : ''}${
          type.supertype === undefined ? '' : ` sub ${type.supertype}`
        }${type.groupLength === undefined ? '' : ` rec ${type.groupLength}`}`,
    ),
    ...draft.imports.map(({ module, name, kind, type }) => {
      return `import ${JSON.stringify(module)} ${JSON.stringify(name)}: ${kindNames[kind]} ${
        typeof type === 'number' ? `type ${type}` : JSON.stringify(type)
      }`;
    }),
    ...draft.tables.map(({ element, limits, init }) => {
      return `table: ${limitsText(limits)} ${valType(element)}${init === undefined ? '' : inline(init)}`;
    }),
    ...draft.memories.map((limits) => `memory: ${limitsText(limits)}`),
    ...draft.tags.map((type) => `tag: type ${type}`),
    ...draft.globals.map(({ type, init }) => {
      return `global: ${type.mutable ? 'mut ' : ''}${valType(type.type)}${inline(init)}`;
    }),
    ...draft.exports.map(
      ({ name, kind, index }) => `export ${JSON.stringify(name)}: ${kindNames[kind]} ${index}`,
    ),
    ...(draft.start === undefined ? [] : [`start ${draft.start}`]),
    ...draft.elements.map(({ mode, type, table, offset, init }, k) => {
      const place = mode === 'active' ? ` table ${table}${inline(offset)}` : '';
      return `elem ${k}: ${mode}${place} ${valType(type)}${init.map(inline).join(',')}`;
    }),
    ...draft.data.map(({ mode, memory, offset, bytes }, k) => {
      const place = mode === 'active' ? ` memory ${memory}${inline(offset)}` : '';
      return `data ${k}: ${mode}${place} ${Buffer.from(bytes).toString('hex')}`;
    }),
    ...draft.functions.flatMap(({ type, locals, code }, k) => {
      const declared = locals.length === 0 ? '' : ` local ${locals.map(valType).join(' ')}`;
      return [`func defined ${k}: type ${type}${declared}`, ...codeLines(code)];
    }),
  ];
  return `${lines.join('\n')}\n`;
}

function codeLines(code: readonly Instruction[]): string[] {
  let depth = 1;
  return code.map((instruction) => {
    const [opcode] = instruction;
    if (closesBlock[opcode] === 1) depth--;
    const indent = reopensBlock[opcode] === 1 ? depth - 1 : depth;
    if (opensBlock[opcode] === 1) depth++;
    return `${'  '.repeat(Math.max(0, indent))}${instructionText(instruction)}`;
  });
}

function inline(expression: Expression): string {
  return ` (${expression.map(instructionText).join(' ')})`;
}

function instructionText([opcode, ...immediates]: Instruction): string {
  const mnemonic = opcodeRow(opcode)?.mnemonic ?? `opcode 0x${opcode.toString(16)}`;
  if (opcode === Opcode.try_table) {
    const [block, ...clauses] = immediates;
    return [mnemonic, blockText(Number(block)), ...catchClauses(clauses).map(clauseText)].join(' ').trim();
  }
  const kind = kindOfValue(opcode, 0);
  if (kind === 'memarg') {
    const [align, offset, memory, ...lanes] = immediates;
    const where = `memory=${memory} offset=0x${offset.toString(16)} align=${2 ** Number(align)}`;
    return [mnemonic, where, ...lanes].join(' ');
  }
  const texts = immediates.map((value, k) => immediateText(kindOfValue(opcode, k), value));
  return [mnemonic, ...texts].join(' ').trim();
}

function immediateText(kind: ImmediateKind | undefined, value: number | bigint): string {
  switch (kind) {
    case 'blockType':
      return blockText(Number(value));
    case 'f32':
    case 'f64':
    case 'v128':
      return `0x${value.toString(16)}`;
    case 'heapType':
    case 'valTypes':
      return valType(Number(value));
    default:
      return String(value);
  }
}

const clauseNames: Readonly<Record<number, string>> = {
  [CatchKind.tag]: 'catch',
  [CatchKind.tagRef]: 'catch_ref',
  [CatchKind.all]: 'catch_all',
  [CatchKind.allRef]: 'catch_all_ref',
};

function clauseText([kind, ...rest]: readonly (number | bigint)[]): string {
  return `(${[clauseNames[Number(kind)], ...rest].join(' ')})`;
}

function blockText(type: number): string {
  if (type === emptyBlock) return '';
  const result = resultOfBlock(type);
  return result === undefined ? `type ${type}` : `result ${valType(result)}`;
}

function valType(type: number): string {
  const index = definedTypeOf(type);
  return index < 0 ? valTypeName(type) : `(ref ${isNullable(type) ? 'null ' : ''}${index})`;
}

function typeText({ params, results }: FuncType): string {
  const list = (each: readonly ValType[]): string => each.map(valType).join(' ');
  return `[${list(params)}] -> [${list(results)}]`;
}

function limitsText({ min, max, address }: Limits): string {
  return `${address === types.i64 ? 'i64 ' : ''}${min}${max === undefined ? '' : ` ${max}`}`;
}

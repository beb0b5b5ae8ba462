/** Writes drafts in the binary format (spec 3.0, chapter 5). */
import { ExternKind } from '../../src/wasm/module.js';
import { Opcode, opcodeRow } from '../../src/wasm/opcodes.js';
import { type GlobalType, type Limits, type TableType, ValType } from '../../src/wasm/types.js';
import { ByteWriter } from './byte-writer.js';
import type {
  DataDraft,
  ElementDraft,
  Expression,
  FunctionDraft,
  Instruction,
  ModuleDraft,
  TableDraft,
  TypeDraft,
} from './draft.js';
import { writeImmediates } from './immediates.js';
import { writeValType } from './value-types.js';

export function writeInstruction(out: ByteWriter, [opcode, ...immediates]: Instruction): void {
  const row = opcodeRow(opcode);
  if (row?.prefix === undefined) out.byte(opcode);
  else {
    out.byte(row.prefix);
    out.u32(row.sub);
  }
  writeImmediates(out, opcode, immediates);
}

function writeExpression(out: ByteWriter, expression: Expression): void {
  for (const instruction of expression) writeInstruction(out, instruction);
  out.byte(Opcode.end);
}

function writeLimits(out: ByteWriter, { min, max, address }: Limits): void {
  out.byte((max === undefined ? 0 : 1) | (address === ValType.i64 ? 4 : 0));
  out.u64(min);
  if (max !== undefined) out.u64(max);
}

function writeTableType(out: ByteWriter, { element, limits }: TableType): void {
  writeValType(out, element);
  writeLimits(out, limits);
}

function writeTable(out: ByteWriter, table: TableDraft): void {
  if (table.init === undefined) {
    writeTableType(out, table);
    return;
  }
  out.bytes(Uint8Array.of(0x40, 0));
  writeTableType(out, table);
  writeExpression(out, table.init);
}

function writeGlobalType(out: ByteWriter, { type, mutable }: GlobalType): void {
  writeValType(out, type);
  out.byte(mutable ? 1 : 0);
}

function writeType(out: ByteWriter, { params, results, isOpen, supertype }: TypeDraft): void {
  if (isOpen || supertype !== undefined) {
    out.byte(isOpen ? 0x50 : 0x4f);
    out.u32(supertype === undefined ? 0 : 1);
    if (supertype !== undefined) out.u32(supertype);
  }
  out.byte(0x60);
  for (const types of [params, results]) {
    out.u32(types.length);
    for (const type of types) writeValType(out, type);
  }
}

/** Types in groups as they are written: an entry of the section each. */
function typeGroups(types: readonly TypeDraft[]): (readonly TypeDraft[])[] {
  const groups: (readonly TypeDraft[])[] = [];
  for (let at = 0; at < types.length; ) {
    const length = types[at].groupLength ?? 1;
    groups.push(types.slice(at, at + length));
    at += length;
  }
  return groups;
}

function writeTag(out: ByteWriter, type: number): void {
  out.byte(0);
  out.u32(type);
}

function writeFunction(out: ByteWriter, { locals, code }: FunctionDraft): void {
  const body = new ByteWriter();
  const groups: [count: number, type: number][] = [];
  for (const type of locals) {
    const last = groups.at(-1);
    if (last !== undefined && last[1] === type) last[0]++;
    else groups.push([1, type]);
  }
  body.u32(groups.length);
  for (const [count, type] of groups) {
    body.u32(count);
    writeValType(body, type);
  }
  for (const instruction of code) writeInstruction(body, instruction);
  out.u32(body.length);
  out.bytes(body.finish());
}

function writeElement(out: ByteWriter, segment: ElementDraft): void {
  const { mode, type, table, offset, init } = segment;
  const plain = init.every(
    (expression) => expression.length === 1 && expression[0][0] === Opcode['ref.func'],
  );
  const expressions = segment.asExpressions || !plain || type !== ValType.funcref;
  const explicit = mode === 'active' && (table !== 0 || type !== ValType.funcref);
  const low = mode === 'active' ? (explicit ? 2 : 0) : mode === 'passive' ? 1 : 3;
  out.byte(low + (expressions ? 4 : 0));
  if (explicit) out.u32(table);
  if (mode === 'active') writeExpression(out, offset);
  if (low !== 0) {
    if (expressions) writeValType(out, type);
    else out.byte(0);
  }
  out.u32(init.length);
  for (const expression of init) {
    if (expressions) writeExpression(out, expression);
    else out.u32(Number(expression[0][1]));
  }
}

function writeData(out: ByteWriter, { mode, memory, offset, bytes }: DataDraft): void {
  out.byte(mode === 'passive' ? 1 : memory === 0 ? 0 : 2);
  if (mode === 'active') {
    if (memory !== 0) out.u32(memory);
    writeExpression(out, offset);
  }
  out.u32(bytes.length);
  out.bytes(bytes);
}

/** A module in the binary format. Nothing is checked. */
export function encodeModule(draft: ModuleDraft): Uint8Array {
  const out = new ByteWriter();
  out.bytes(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const section = (id: number, content: ByteWriter): void => {
    out.byte(id);
    out.u32(content.length);
    out.bytes(content.finish());
  };
  const vector = <T>(id: number, entries: readonly T[], write: (out: ByteWriter, entry: T) => void): void => {
    if (entries.length === 0) return;
    const content = new ByteWriter();
    content.u32(entries.length);
    for (const entry of entries) write(content, entry);
    section(id, content);
  };
  vector(1, typeGroups(draft.types), (content, group) => {
    if (group[0].groupLength !== undefined) {
      content.byte(0x4e);
      content.u32(group.length);
    }
    for (const type of group) writeType(content, type);
  });
  vector(2, draft.imports, (content, entry) => {
    content.name(entry.module);
    content.name(entry.name);
    content.byte(entry.kind);
    if (entry.kind === ExternKind.func) content.u32(entry.type);
    else if (entry.kind === ExternKind.table) writeTableType(content, entry.type);
    else if (entry.kind === ExternKind.memory) writeLimits(content, entry.type);
    else if (entry.kind === ExternKind.tag) writeTag(content, entry.type);
    else writeGlobalType(content, entry.type);
  });
  vector(3, draft.functions, (content, { type }) => content.u32(type));
  vector(4, draft.tables, writeTable);
  vector(5, draft.memories, writeLimits);
  vector(13, draft.tags, writeTag);
  vector(6, draft.globals, (content, { type, init }) => {
    writeGlobalType(content, type);
    writeExpression(content, init);
  });
  vector(7, draft.exports, (content, { name, kind, index }) => {
    content.name(name);
    content.byte(kind);
    content.u32(index);
  });
  if (draft.start !== undefined) {
    const content = new ByteWriter();
    content.u32(draft.start);
    section(8, content);
  }
  vector(9, draft.elements, writeElement);
  if (draft.data.length > 0) {
    const content = new ByteWriter();
    content.u32(draft.data.length);
    section(12, content);
  }
  vector(10, draft.functions, writeFunction);
  vector(11, draft.data, writeData);
  return out.finish();
}

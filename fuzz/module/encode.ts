/** Drafts in the binary format (spec 2.0, chapter 5). */
import { ExternKind } from '../../src/wasm/module.js';
import { Immediate, immediateKind, Op, opcodeIndex } from '../../src/wasm/opcodes.js';
import type { FuncType, GlobalType, Limits, TableType } from '../../src/wasm/types.js';
import { ValType } from '../../src/wasm/types.js';
import type {
  DataDraft,
  ElementDraft,
  Expression,
  FunctionDraft,
  Instruction,
  ModuleDraft,
} from './draft.js';

/** Bytes that grow. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(values: Uint8Array): void {
    if (this.#length + values.length > this.#bytes.length) this.#grow(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128. */
  signed(value: bigint): void {
    let rest = value;
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if (rest === (low & 0x40 ? -1n : 0n)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  /** `count` bytes, little endian. */
  fixed(value: bigint, count: number): void {
    for (let k = 0; k < count; k++) this.byte(Number((value >> BigInt(8 * k)) & 0xffn));
  }

  name(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u32(bytes.length);
    this.bytes(bytes);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(2 * this.#bytes.length + needed);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

export function writeInstruction(out: ByteWriter, instruction: Instruction): void {
  const [code, ...immediates] = instruction;
  if (code < 0x100) out.byte(code);
  else {
    out.byte(code >> 8);
    out.u32(code & 0xff);
  }
  const number = (k: number): number => Number(immediates[k]);
  switch (immediateKind[opcodeIndex(code)]) {
    case Immediate.none:
      return;
    case Immediate.i32:
    case Immediate.i64:
    case Immediate.blockType:
      out.signed(BigInt(immediates[0]));
      return;
    case Immediate.f32:
      out.fixed(BigInt(immediates[0]), 4);
      return;
    case Immediate.f64:
      out.fixed(BigInt(immediates[0]), 8);
      return;
    case Immediate.labels:
      out.u32(immediates.length - 1);
      for (const label of immediates) out.u32(Number(label));
      return;
    case Immediate.valTypes:
      out.u32(immediates.length);
      for (const type of immediates) out.byte(Number(type));
      return;
    case Immediate.refType:
      out.byte(number(0));
      return;
    case Immediate.memory:
      out.byte(0);
      return;
    case Immediate.memoryMemory:
      out.byte(0);
      out.byte(0);
      return;
    case Immediate.dataMemory:
      out.u32(number(0));
      out.byte(0);
      return;
    default:
      for (const immediate of immediates) out.u32(Number(immediate));
  }
}

function writeExpression(out: ByteWriter, expression: Expression): void {
  for (const instruction of expression) writeInstruction(out, instruction);
  out.byte(Op.end);
}

function writeLimits(out: ByteWriter, { min, max }: Limits): void {
  out.byte(max === undefined ? 0 : 1);
  out.u32(min);
  if (max !== undefined) out.u32(max);
}

function writeTableType(out: ByteWriter, { element, limits }: TableType): void {
  out.byte(element);
  writeLimits(out, limits);
}

function writeGlobalType(out: ByteWriter, { type, mutable }: GlobalType): void {
  out.byte(type);
  out.byte(mutable ? 1 : 0);
}

function writeFuncType(out: ByteWriter, { params, results }: FuncType): void {
  out.byte(0x60);
  for (const types of [params, results]) {
    out.u32(types.length);
    for (const type of types) out.byte(type);
  }
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
    body.byte(type);
  }
  for (const instruction of code) writeInstruction(body, instruction);
  out.u32(body.length);
  out.bytes(body.finish());
}

function writeElement(out: ByteWriter, segment: ElementDraft): void {
  const { mode, type, table, offset, init } = segment;
  const plain = init.every((expression) => expression.length === 1 && expression[0][0] === Op['ref.func']);
  const expressions = segment.asExpressions || !plain || type !== ValType.funcref;
  const explicit = mode === 'active' && (table !== 0 || type !== ValType.funcref);
  const low = mode === 'active' ? (explicit ? 2 : 0) : mode === 'passive' ? 1 : 3;
  out.byte(low + (expressions ? 4 : 0));
  if (explicit) out.u32(table);
  if (mode === 'active') writeExpression(out, offset);
  if (low !== 0) out.byte(expressions ? type : 0);
  out.u32(init.length);
  for (const expression of init) {
    if (expressions) writeExpression(out, expression);
    else out.u32(Number(expression[0][1]));
  }
}

function writeData(out: ByteWriter, { mode, offset, bytes }: DataDraft): void {
  out.byte(mode === 'active' ? 0 : 1);
  if (mode === 'active') writeExpression(out, offset);
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
  vector(1, draft.types, writeFuncType);
  vector(2, draft.imports, (content, entry) => {
    content.name(entry.module);
    content.name(entry.name);
    content.byte(entry.kind);
    if (entry.kind === ExternKind.func) content.u32(entry.type);
    else if (entry.kind === ExternKind.table) writeTableType(content, entry.type);
    else if (entry.kind === ExternKind.memory) writeLimits(content, entry.type);
    else writeGlobalType(content, entry.type);
  });
  vector(3, draft.functions, (content, { type }) => content.u32(type));
  vector(4, draft.tables, writeTableType);
  vector(5, draft.memories, writeLimits);
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

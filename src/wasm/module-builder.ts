import { readConstExpr, readI32Constant } from './decode-const-expr.js';
import {
  readGlobalType,
  readMemoryType,
  readRefType,
  readTableType,
  readTagType,
  readTypeGroup,
} from './decode-types.js';
import { CompileError, malformed } from './errors.js';
import { skipBody } from './instructions.js';
import {
  type ConstExpr,
  type CustomSection,
  type DataSegment,
  type ElementSegment,
  type Export,
  ExternKind,
  type Import,
  type WasmModule,
} from './module.js';
import { Opcode } from './opcodes.js';
import { Reader } from './reader.js';
import {
  type FuncType,
  type GlobalType,
  type MemoryType,
  nonNull,
  type RefType,
  type TableType,
  type TagType,
  ValType,
} from './types.js';
import { illegalExternKind } from './unsupported.js';

/** What a table begins with that has an initial value. */
const initializedTable = 0x40;

const inconsistentLengths = 'have inconsistent lengths';

/**
 * Collects a module section by section; each method reads the contents of one (spec 3.0, sections
 * 5.5.3–5.5.17).
 */
export class ModuleBuilder {
  readonly #reader: Reader;
  readonly #types: FuncType[] = [];
  readonly #typeIds: number[] = [];
  readonly #imports: Import[] = [];
  readonly #functionTypes: number[] = [];
  readonly #tables: TableType[] = [];
  readonly #tableInits: (ConstExpr | undefined)[] = [];
  readonly #memories: MemoryType[] = [];
  readonly #tags: TagType[] = [];
  readonly #globals: GlobalType[] = [];
  readonly #globalInits: ConstExpr[] = [];
  readonly #exports: Export[] = [];
  readonly #elements: ElementSegment[] = [];
  readonly #data: DataSegment[] = [];
  readonly #customSections: CustomSection[] = [];
  readonly #offsets = {
    types: [] as number[],
    functions: [] as number[],
    tables: [] as number[],
    memories: [] as number[],
    tags: [] as number[],
    globals: [] as number[],
    exports: [] as number[],
    start: 0,
    elements: [] as number[],
  };
  #importedFunctionCount = 0;
  #importedTableCount = 0;
  #importedMemoryCount = 0;
  #importedTagCount = 0;
  #importedGlobalCount = 0;
  #start: number | undefined;
  #dataCount: number | undefined;
  #bodyStarts = new Uint32Array(0);
  #bodyEnds = new Uint32Array(0);

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  customSection(end: number): void {
    const reader = this.#reader;
    const name = reader.name();
    if (reader.pos > end) throw malformed('unexpected end of section or function', end);
    this.#customSections.push({ name, start: reader.pos, end });
    reader.pos = end;
  }

  typeSection(): void {
    const { types } = this.#offsets;
    const count = this.#reader.length();
    for (let k = 0; k < count; k++) readTypeGroup(this.#reader, this.#typeIds, this.#types, types);
  }

  importSection(): void {
    const reader = this.#reader;
    const count = reader.length();
    for (let k = 0; k < count; k++) {
      const offset = reader.pos;
      const entry = { module: reader.name(), name: reader.name(), offset };
      this.#imports.push(this.#importDescription(entry));
    }
    this.#importedFunctionCount = this.#functionTypes.length;
    this.#importedTableCount = this.#tables.length;
    this.#importedMemoryCount = this.#memories.length;
    this.#importedTagCount = this.#tags.length;
    this.#importedGlobalCount = this.#globals.length;
  }

  #importDescription(entry: { module: string; name: string; offset: number }): Import {
    const reader = this.#reader;
    const at = reader.pos;
    const kind = reader.u8();
    switch (kind) {
      case ExternKind.func: {
        const typeIndex = reader.u32();
        this.#functionTypes.push(typeIndex);
        return { ...entry, kind, typeIndex };
      }
      case ExternKind.table: {
        const type = readTableType(reader, this.#typeIds);
        this.#tables.push(type);
        return { ...entry, kind, type };
      }
      case ExternKind.memory: {
        const type = readMemoryType(reader);
        this.#memories.push(type);
        return { ...entry, kind, type };
      }
      case ExternKind.global: {
        const type = readGlobalType(reader, this.#typeIds);
        this.#globals.push(type);
        return { ...entry, kind, type };
      }
      case ExternKind.tag: {
        const type = readTagType(reader);
        this.#tags.push(type);
        return { ...entry, kind, type };
      }
      default:
        throw illegalExternKind('import', kind, at);
    }
  }

  functionSection(): void {
    const reader = this.#reader;
    const { functions } = this.#offsets;
    const types = this.#functionTypes;
    const count = reader.length();
    for (let k = 0; k < count; k++) {
      functions.push(reader.pos);
      types.push(reader.u32());
    }
  }

  tableSection(): void {
    this.#vector(this.#offsets.tables, () => {
      const isInitialized = this.#skipTableForm();
      this.#tables.push(readTableType(this.#reader, this.#typeIds));
      this.#tableInits.push(isInitialized ? readConstExpr(this.#reader, this.#typeIds) : undefined);
    });
  }

  /** Reads the bytes before the type of a table that has an initial value after it. */
  #skipTableForm(): boolean {
    const reader = this.#reader;
    if (reader.bytes[reader.pos] !== initializedTable) return false;
    reader.u8();
    const at = reader.pos;
    if (reader.u8() !== 0) throw malformed('zero byte expected', at);
    return true;
  }

  memorySection(): void {
    this.#vector(this.#offsets.memories, () => this.#memories.push(readMemoryType(this.#reader)));
  }

  tagSection(): void {
    this.#vector(this.#offsets.tags, () => this.#tags.push(readTagType(this.#reader)));
  }

  globalSection(): void {
    this.#vector(this.#offsets.globals, () => {
      this.#globals.push(readGlobalType(this.#reader, this.#typeIds));
      this.#globalInits.push(readConstExpr(this.#reader, this.#typeIds));
    });
  }

  exportSection(): void {
    const reader = this.#reader;
    this.#vector(this.#offsets.exports, () => {
      const name = reader.name();
      const at = reader.pos;
      const kind = reader.u8();
      if (!isExternKind(kind)) throw illegalExternKind('export', kind, at);
      this.#exports.push({ name, kind, index: reader.u32() });
    });
  }

  startSection(): void {
    this.#offsets.start = this.#reader.pos;
    this.#start = this.#reader.u32();
  }

  elementSection(): void {
    this.#vector(this.#offsets.elements, () => this.#elements.push(this.#elementSegment()));
  }

  /**
   * Bits of an element segment's flags: 0 not active; 1 declarative (not active), or table index given
   * (active); 2 elements are expressions.
   */
  #elementSegment(): ElementSegment {
    const reader = this.#reader;
    const at = reader.pos;
    const flags = reader.u32();
    if (flags > 7) throw malformed(`malformed elements segment kind ${flags}`, at);
    const expressions = (flags & 4) !== 0;
    if ((flags & 1) !== 0) {
      const type = this.#elementType(expressions);
      const init = this.#elementInit(expressions);
      return { mode: (flags & 2) === 0 ? 'passive' : 'declarative', type, init };
    }
    const explicit = (flags & 2) !== 0;
    const table = explicit ? reader.u32() : 0;
    const offset = readConstExpr(reader, this.#typeIds);
    const type = explicit ? this.#elementType(expressions) : elementKind(expressions);
    return { mode: 'active', table, offset, type, init: this.#elementInit(expressions) };
  }

  #elementType(expressions: boolean): RefType {
    if (expressions) return readRefType(this.#reader, this.#typeIds);
    const at = this.#reader.pos;
    if (this.#reader.u8() !== 0) throw malformed('malformed element kind', at);
    return elementKind(false);
  }

  #elementInit(expressions: boolean): ConstExpr[] {
    const reader = this.#reader;
    const count = reader.length();
    const init: ConstExpr[] = [];
    if (expressions) {
      for (let k = 0; k < count; k++) init.push(readConstExpr(reader, this.#typeIds));
    } else {
      for (let k = 0; k < count; k++) init.push([{ op: 'ref.func', index: reader.u32() }]);
    }
    return init;
  }

  dataCountSection(): void {
    this.#dataCount = this.#reader.u32();
  }

  codeSection(): void {
    const reader = this.#reader;
    const count = reader.length();
    this.#bodyStarts = new Uint32Array(count);
    this.#bodyEnds = new Uint32Array(count);
    for (let k = 0; k < count; k++) {
      const size = reader.length();
      this.#bodyStarts[k] = reader.pos;
      reader.skip(size);
      this.#bodyEnds[k] = reader.pos;
    }
  }

  dataSection(): void {
    const reader = this.#reader;
    const count = reader.length();
    for (let k = 0; k < count; k++) this.#data.push(this.#plainSegment() ?? this.#dataSegment());
  }

  /**
   * Reads a segment of memory 0 whose offset is an `i32.const`, as nearly all are, with few calls. Undefined,
   * with nothing read, where it is another one, or its integers are longer than they have to be.
   */
  #plainSegment(): DataSegment | undefined {
    const reader = this.#reader;
    const { bytes, end } = reader;
    let at = reader.pos;
    if (bytes[at] !== 0 || bytes[at + 1] !== Opcode['i32.const']) return undefined;
    at += 2;
    let offset = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = bytes[at++];
      offset |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80 && shift < 28);
    if (!(byte < 0x80) || bytes[at++] !== Opcode.end) return undefined;
    let size = 0;
    let sizeShift = 0;
    do {
      byte = bytes[at++];
      size |= (byte & 0x7f) << sizeShift;
      sizeShift += 7;
    } while (byte >= 0x80 && sizeShift < 28);
    if (!(byte < 0x80) || size > end - at) return undefined;
    reader.pos = at + size;
    const unused = 32 - shift;
    return new ActiveData(0, ((offset << unused) >> unused) >>> 0, undefined, at, at + size);
  }

  #dataSegment(): DataSegment {
    const reader = this.#reader;
    const at = reader.pos;
    const flags = reader.u32();
    if (flags > 2) throw malformed(`malformed data segment kind ${flags}`, at);
    if (flags === 1) {
      const start = this.#skipDataBytes();
      return { mode: 'passive', start, end: reader.pos };
    }
    const memory = flags === 2 ? reader.u32() : 0;
    const constant = readI32Constant(reader);
    const expression = constant === undefined ? readConstExpr(reader, this.#typeIds) : undefined;
    const start = this.#skipDataBytes();
    return new ActiveData(memory, constant, expression, start, reader.pos);
  }

  /** Returns where the bytes start; they end at the reader's position. */
  #skipDataBytes(): number {
    const reader = this.#reader;
    const size = reader.length();
    const start = reader.pos;
    reader.skip(size);
    return start;
  }

  /** Throws at the first function body that is malformed, as far as that can be told without its types. */
  checkBodies(): void {
    const { bytes } = this.#reader;
    for (let k = 0; k < this.#bodyStarts.length && this.#bodyStarts[k] !== 0; k++) {
      try {
        skipBody(new Reader(bytes, this.#bodyStarts[k]));
      } catch (error) {
        if (error instanceof CompileError) throw error.inFunction(this.#importedFunctionCount + k, undefined);
        throw error;
      }
    }
  }

  /** Checks what holds between sections and returns the module. */
  finish(): WasmModule {
    const end = this.#reader.end;
    if (this.#bodyStarts.length !== this.#functionTypes.length - this.#importedFunctionCount) {
      throw malformed(`function and code section ${inconsistentLengths}`, end);
    }
    if (this.#dataCount !== undefined && this.#dataCount !== this.#data.length) {
      throw malformed(`data count and data section ${inconsistentLengths}`, end);
    }
    return {
      bytes: this.#reader.bytes,
      types: this.#types,
      typeIds: Uint32Array.from(this.#typeIds),
      imports: this.#imports,
      functionTypes: Uint32Array.from(this.#functionTypes),
      importedFunctionCount: this.#importedFunctionCount,
      tables: this.#tables,
      importedTableCount: this.#importedTableCount,
      tableInits: this.#tableInits,
      memories: this.#memories,
      importedMemoryCount: this.#importedMemoryCount,
      tags: this.#tags,
      importedTagCount: this.#importedTagCount,
      globals: this.#globals,
      importedGlobalCount: this.#importedGlobalCount,
      globalInits: this.#globalInits,
      exports: this.#exports,
      start: this.#start,
      elements: this.#elements,
      data: this.#data,
      dataCount: this.#dataCount,
      bodyStarts: this.#bodyStarts,
      bodyEnds: this.#bodyEnds,
      checkedBodies: new Uint8Array(new SharedArrayBuffer(this.#bodyStarts.length)),
      customSections: this.#customSections,
      offsets: this.#offsets,
    };
  }

  /** Reads a vector of entries with `read`, noting where each one is. */
  #vector(offsets: number[], read: () => void): void {
    const count = this.#reader.length();
    for (let k = 0; k < count; k++) {
      offsets.push(this.#reader.pos);
      read();
    }
  }
}

/** Some modules have 100,000 active segments: this keeps each one to a single small object. */
class ActiveData {
  readonly mode = 'active';
  readonly memory: number;
  readonly constantOffset: number | undefined;
  /** Undefined where the offset is constant. */
  readonly expression: ConstExpr | undefined;
  readonly start: number;
  readonly end: number;

  constructor(
    memory: number,
    constantOffset: number | undefined,
    expression: ConstExpr | undefined,
    start: number,
    end: number,
  ) {
    this.memory = memory;
    this.constantOffset = constantOffset;
    this.expression = expression;
    this.start = start;
    this.end = end;
  }

  get offset(): ConstExpr {
    return this.expression ?? [{ op: 'i32.const', value: (this.constantOffset ?? 0) | 0 }];
  }
}

/** The type of a segment that does not name it: of function indices, or of expressions. */
function elementKind(expressions: boolean): RefType {
  return expressions ? ValType.funcref : nonNull(ValType.funcref);
}

function isExternKind(kind: number): kind is ExternKind {
  return kind <= ExternKind.tag;
}

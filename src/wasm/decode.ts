import { malformed } from './errors.js';
import type { WasmModule } from './module.js';
import { ModuleBuilder } from './module-builder.js';
import { Reader } from './reader.js';
import { Section } from './sections.js';

/** "\0asm", little endian. */
const magic = 0x6d736100;
const version = 1;

/**
 * Position of each section in a module, by id: tags come before the globals, the data count before the code.
 */
const sectionOrder = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6];

/**
 * Decodes a module's sections (spec 3.0, chapter 5). Function bodies are only delimited; their instructions
 * are decoded by `validateModule`.
 *
 * @throws CompileError if the module is malformed, or uses what is no constant instruction in a constant
 * expression; UnsupportedError if it needs a feature that is not part of WebAssembly 3.0, or of the
 * collector's.
 */
export function decodeModule(bytes: Uint8Array): WasmModule {
  const reader = new Reader(bytes);
  readHeader(reader);
  const builder = new ModuleBuilder(reader);
  try {
    readSections(reader, builder);
    return builder.finish();
  } catch (error) {
    // A function body of the wrong size makes what follows unreadable; then the cause is the error to report.
    builder.checkBodies();
    throw error;
  }
}

function readSections(reader: Reader, builder: ModuleBuilder): void {
  let last = 0;
  while (reader.pos < reader.end) {
    const at = reader.pos;
    const id = reader.u8();
    if (id >= sectionOrder.length) throw malformed(`malformed section id ${id}`, at);
    const size = reader.length();
    const start = reader.pos;
    if (size > reader.end - start) throw malformed('unexpected end of section or function', reader.end);
    if (id !== Section.custom) {
      if (sectionOrder[id] <= last)
        throw malformed(`unexpected content after last section: section ${id}`, at);
      last = sectionOrder[id];
    }
    readSection(builder, id, start + size);
    if (reader.pos !== start + size) throw malformed('section size mismatch', reader.pos);
  }
}

function readHeader(reader: Reader): void {
  if (reader.u32Bits() !== magic) throw malformed('magic header not detected', 0);
  if (reader.u32Bits() !== version) throw malformed('unknown binary version', 4);
}

function readSection(builder: ModuleBuilder, id: number, end: number): void {
  switch (id) {
    case Section.custom:
      builder.customSection(end);
      break;
    case Section.type:
      builder.typeSection();
      break;
    case Section.import:
      builder.importSection();
      break;
    case Section.function:
      builder.functionSection();
      break;
    case Section.table:
      builder.tableSection();
      break;
    case Section.memory:
      builder.memorySection();
      break;
    case Section.tag:
      builder.tagSection();
      break;
    case Section.global:
      builder.globalSection();
      break;
    case Section.export:
      builder.exportSection();
      break;
    case Section.start:
      builder.startSection();
      break;
    case Section.element:
      builder.elementSection();
      break;
    case Section.dataCount:
      builder.dataCountSection();
      break;
    case Section.code:
      builder.codeSection();
      break;
    case Section.data:
      builder.dataSection();
      break;
  }
}

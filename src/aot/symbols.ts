import { printableName } from '../wasm/printable-name.js';
import type { CodeContainer } from './code-container.js';
import { SectionNumber, SymbolType, symbolEntry, textOffset } from './elf-layout.js';

/**
 * The symbol table, by which tools (objdump, perf, gdb) show functions. Upshift does not read it.
 * Symbols are `fast[7]:name` and `llvm[7]:name` for function 7 of the module, `llvm[7]@1a2:name` where it is
 * entered at the loop at offset 0x1a2, and `….constants` for the data behind code.
 */
export interface SymbolSections {
  readonly symbols: Uint8Array;
  readonly names: Uint8Array;
}

/** The symbol table's entry 0, and the empty name. */
export const noSymbols: SymbolSections = {
  symbols: new Uint8Array(symbolEntry.size),
  names: new Uint8Array(1),
};

/** `functionName` gives the names of functions by their index, where they have one. */
export function writeSymbols(
  { fast, images }: CodeContainer,
  functionName: (index: number) => string | undefined,
): SymbolSections {
  const table = new SymbolTable();
  const suffix = (index: number): string => {
    const name = functionName(index);
    return name === undefined ? '' : `:${printableName(name)}`;
  };
  for (let k = 0; k < fast.indices.length; k++) {
    const name = `fast[${fast.indices[k]}]`;
    const [start, codeEnd] = [fast.starts[k], fast.codeEnds[k]];
    table.add(SymbolType.func, `${name}${suffix(fast.indices[k])}`, start, codeEnd);
    table.add(SymbolType.object, `${name}.constants`, start + codeEnd, fast.byteLengths[k] - codeEnd);
  }
  for (const { start, byteLength, codeEnd, functions, loop } of images) {
    const at = loop === undefined ? '' : `@${loop.wasmOffset.toString(16)}`;
    for (const { index, offset, byteLength: size } of functions)
      table.add(SymbolType.func, `llvm[${index}]${at}${suffix(index)}`, start + offset, size);
    const end = Math.max(...functions.map(({ offset, byteLength: size }) => offset + size));
    const name = `llvm[${functions[0].index}]${at}`;
    table.add(SymbolType.func, `${name}.rest`, start + end, codeEnd - end);
    table.add(SymbolType.object, `${name}.constants`, start + codeEnd, byteLength - codeEnd);
  }
  return table.finish();
}

class SymbolTable {
  readonly #names: string[] = [''];
  readonly #numbers: number[] = [0, 0, 0];

  /** A symbol at an offset in the text, if it has a size. */
  add(type: number, name: string, offset: number, size: number): void {
    if (size === 0) return;
    this.#names.push(name);
    this.#numbers.push(type, offset, size);
  }

  finish(): SymbolSections {
    const names = new TextEncoder().encode(`${this.#names.join('\0')}\0`);
    const symbols = new Uint8Array(this.#names.length * symbolEntry.size);
    const view = new DataView(symbols.buffer);
    const { name, info, section, value, size } = symbolEntry.offsets;
    let nameAt = 0;
    for (let k = 1; k < this.#names.length; k++) {
      nameAt = names.indexOf(0, nameAt) + 1;
      const at = k * symbolEntry.size;
      view.setUint32(at + name, nameAt, true);
      symbols[at + info] = this.#numbers[3 * k];
      view.setUint16(at + section, SectionNumber.text, true);
      view.setUint32(at + value, textOffset + this.#numbers[3 * k + 1], true);
      view.setUint32(at + size, this.#numbers[3 * k + 2], true);
    }
    return { symbols, names };
  }
}

import type { CodeContainer } from './code-container.js';
import { CodeFileError } from './code-file-error.js';
import { type Digest, isSame, readElf, writeElf } from './elf-file.js';
import { SectionNumber } from './elf-layout.js';
import { fastEnd, readFast, writeFast } from './fast-section.js';
import { handlerReader, joinFrames, joinHandlers, readHandlers, writeHandlers } from './handler-section.js';
import { readImages, writeImages } from './image-section.js';
import { readSettings, writeSettings } from './settings-section.js';
import { noSymbols, writeSymbols } from './symbols.js';

/**
 * A container as a file: ELF, for x86-64, in the layout of `elf-layout.ts`. The file has a symbol table if
 * there is `functionName`, which gives the names of functions by their index.
 */
export function writeContainer(
  container: CodeContainer,
  digest: Digest,
  functionName?: (index: number) => string | undefined,
): Uint8Array {
  const fast = writeFast(container.fast);
  const images = writeImages(container.images);
  const symbols = functionName === undefined ? noSymbols : writeSymbols(container, functionName);
  const contents: (Uint8Array | undefined)[] = [];
  contents[SectionNumber.text] = container.text;
  contents[SectionNumber.settings] = writeSettings(container.settings, container.module);
  contents[SectionNumber.functions] = fast.functions;
  contents[SectionNumber.sites] = fast.sites;
  contents[SectionNumber.handlers] = writeHandlers({
    fast: container.fast.handlers,
    images: joinHandlers(container.images.map(({ handlers }) => handlers)),
    frames: joinFrames(container.images.map(({ frames }) => frames)),
  });
  contents[SectionNumber.images] = images.images;
  contents[SectionNumber.locations] = images.locations;
  contents[SectionNumber.externals] = images.externals;
  contents[SectionNumber.wasm] = container.wasm;
  contents[SectionNumber.symbols] = symbols.symbols;
  contents[SectionNumber.symbolNames] = symbols.names;
  return writeElf(contents, digest);
}

/**
 * The container in a file. All that has a length is a view of the file, which is copied if it does not lie at
 * a multiple of 8 in its buffer.
 *
 * Throws a `CodeFileError`, and nothing else, whatever the bytes are. If it does not throw, the file is as it
 * was written, and all that `CodeContainer` promises holds: whoever uses the tables need not check them.
 * Only the functions that a module has are not known here: see `checkFunctions`.
 */
export function readContainer(bytes: Uint8Array, digest: Digest): CodeContainer {
  const sections = readElf(bytes.byteOffset % 8 === 0 ? bytes : bytes.slice(), digest);
  const { settings, module } = readSettings(sections[SectionNumber.settings]);
  const wasm = sections[SectionNumber.wasm];
  if (wasm.length > 0) checkIdentity(module, wasm, digest);
  const text = sections[SectionNumber.text];
  const limits = { textLength: text.length, moduleLength: module.byteLength };
  const unwindReader = handlerReader(sections[SectionNumber.handlers]);
  const handlers = readHandlers(unwindReader);
  const fast = readFast(
    sections[SectionNumber.functions],
    sections[SectionNumber.sites],
    handlers.fast,
    unwindReader,
    limits,
  );
  const images = readImages(
    {
      images: sections[SectionNumber.images],
      locations: sections[SectionNumber.locations],
      externals: sections[SectionNumber.externals],
    },
    handlers,
    unwindReader,
    text,
    fastEnd(fast),
    limits,
  );
  return { settings, module, wasm: wasm.length > 0 ? wasm : undefined, text, fast, images };
}

function checkIdentity(
  { byteLength, sha256 }: CodeContainer['module'],
  wasm: Uint8Array,
  digest: Digest,
): void {
  if (wasm.length !== byteLength || !isSame(digest(wasm), sha256))
    throw new CodeFileError(
      'damaged',
      'it is damaged: the module in it is not the one that its code was made of',
    );
}

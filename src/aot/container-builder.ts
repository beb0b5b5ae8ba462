import type { CodeObject } from '../code/code-object.js';
import { clearExternals } from '../code/external-slots.js';
import {
  type CodeContainer,
  type CodeSettings,
  type FastCode,
  type LlvmImage,
  type ModuleIdentity,
  textAlignment,
} from './code-container.js';
import { alignUp } from './columns.js';
import { codeAlignment, fastEnd } from './fast-section.js';
import { joinHandlers } from './handler-section.js';

/** An image that is to get its place, and its bytes. Its slots may have been written. */
export interface ImageParts extends Omit<LlvmImage, 'start' | 'byteLength'> {
  readonly bytes: Uint8Array;
}

/** What is between the pieces of the text: `int3`. */
const filler = 0xcc;

/**
 * Makes a container of functions and images that are added in any order. Their bytes are copied at the end,
 * and the slots in the copy are zero.
 */
export class ContainerBuilder {
  readonly #functions = new Map<number, CodeObject>();
  readonly #images: ImageParts[] = [];
  readonly #called = new Set<number>();
  readonly #loops = new Set<number>();

  /** Whether something has been added. */
  get isEmpty(): boolean {
    return this.#functions.size === 0 && this.#images.length === 0;
  }

  /** Adds code of the Fast JIT, in place of what was added for the function before. */
  addFunction(index: number, code: CodeObject): void {
    this.#functions.set(index, code);
  }

  /** Adds an image, as far as its functions, or its loop, are in none that was added before. */
  addImage(image: ImageParts): void {
    const { loop } = image;
    if (loop !== undefined) {
      if (this.#loops.has(loop.wasmOffset)) return;
      this.#loops.add(loop.wasmOffset);
      this.#images.push(image);
      return;
    }
    const functions = image.functions.filter(({ index }) => !this.#called.has(index));
    if (functions.length === 0) return;
    for (const { index } of functions) this.#called.add(index);
    this.#images.push({ ...image, functions });
  }

  finish(settings: CodeSettings, module: ModuleIdentity, wasm: Uint8Array | undefined): CodeContainer {
    const codes = [...this.#functions].sort(([a], [b]) => a - b);
    const fast = fastTable(codes);
    let end = fastEnd(fast);
    const images = this.#images.map(({ bytes, ...image }): LlvmImage => {
      const start = alignUp(end, textAlignment);
      end = start + bytes.length;
      return { ...image, start, byteLength: bytes.length };
    });
    const text = new Uint8Array(end).fill(filler);
    for (const [k, [, { bytes }]] of codes.entries()) text.set(bytes, fast.starts[k]);
    for (const [k, { start, byteLength, externals }] of images.entries()) {
      text.set(this.#images[k].bytes, start);
      clearExternals(text.subarray(start, start + byteLength), externals);
    }
    return { settings, module, wasm, text, fast, images };
  }
}

function fastTable(codes: readonly (readonly [index: number, code: CodeObject])[]): FastCode {
  const count = codes.length;
  const siteCount = codes.reduce((sum, [, { sites }]) => sum + sites.offsets.length, 0);
  const table: FastCode = {
    indices: new Uint32Array(count),
    starts: new Uint32Array(count),
    byteLengths: new Uint32Array(count),
    entries: new Uint32Array(count),
    codeEnds: new Uint32Array(count),
    frameSizes: new Uint32Array(count),
    siteStarts: new Uint32Array(count + 1),
    sites: {
      offsets: new Uint32Array(siteCount),
      traps: new Uint8Array(siteCount),
      wasmOffsets: new Uint32Array(siteCount),
    },
    saved: new Uint32Array(count),
    handlerStarts: new Uint32Array(count + 1),
    handlers: joinHandlers(codes.map(([, { handlers }]) => handlers)),
  };
  let [start, site] = [0, 0];
  for (const [k, [index, code]] of codes.entries()) {
    const { bytes, entry, codeEnd, frameSize, sites, saved, handlers } = code;
    table.indices[k] = index;
    table.starts[k] = start;
    table.byteLengths[k] = bytes.length;
    table.entries[k] = entry;
    table.codeEnds[k] = codeEnd;
    table.frameSizes[k] = frameSize;
    table.sites.offsets.set(sites.offsets, site);
    table.sites.traps.set(sites.traps, site);
    table.sites.wasmOffsets.set(sites.wasmOffsets, site);
    start = alignUp(start + bytes.length, codeAlignment);
    site += sites.offsets.length;
    table.siteStarts[k + 1] = site;
    table.saved[k] = saved;
    table.handlerStarts[k + 1] = table.handlerStarts[k] + handlers.starts.length;
  }
  return table;
}

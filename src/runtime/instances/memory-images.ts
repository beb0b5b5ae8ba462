import { ImageFile, type ImagePart, imageRange, type MemoryImage } from '../../native/memory/memory-image.js';
import type { MemoryPool } from '../../native/memory/memory-pool.js';
import { NativeError } from '../../native/process/pages.js';
import { wasmPageSize } from '../../wasm/limits.js';
import type { WasmModule } from '../../wasm/module.js';
import { is64 } from '../../wasm/types.js';
import type { Module } from '../modules/module.js';

/** Less than this is copied faster than it is mapped, in bytes. */
const leastImage = 2 ** 14;
/** An image takes up to so many times the memory of the bytes that segments have for it. */
const largestSpread = 2;

/**
 * The initial bytes of memories, by module, for memories to map instead of copying data segments: that takes
 * a system call, and then no more time than there are pages that the instance uses. An image takes memory,
 * and as long to make as the segments to copy; so it is made for the second instance of a module.
 */
export class MemoryImages {
  readonly #pool: MemoryPool | undefined;
  #file: ImageFile | undefined;
  /** Modules with an instance; undefined where there will be no image. */
  readonly #images = new Map<Module, MemoryImage | undefined | 'none yet'>();

  /** @param pool may hold memories that begin with images */
  constructor(pool: MemoryPool | undefined) {
    this.#pool = pool;
  }

  /**
   * What the memory of a new instance begins with. Undefined where it shall be zero, and its data segments
   * copied.
   */
  imageFor(module: Module): MemoryImage | undefined {
    if (!this.#images.has(module)) {
      this.#images.set(module, 'none yet');
      return undefined;
    }
    const known = this.#images.get(module);
    if (known !== 'none yet') return known;
    const parts = imageParts(module.wasm);
    const image = parts === undefined ? undefined : this.#make(parts);
    this.#images.set(module, image);
    return image;
  }

  /** The module has no instances any more, and will have none. */
  forget(module: Module): void {
    const image = this.#images.get(module);
    this.#images.delete(module);
    if (image === undefined || image === 'none yet') return;
    this.#pool?.forget(image);
    this.#file?.delete(image);
  }

  /** Gives all images up. */
  dispose(): void {
    this.#images.clear();
    this.#file?.dispose();
    this.#file = undefined;
  }

  #make(parts: readonly ImagePart[]): MemoryImage | undefined {
    try {
      this.#file ??= new ImageFile();
      return this.#file.add(parts);
    } catch (error) {
      // No descriptor or no memory is left, or the system forbids it: segments can be copied.
      if (error instanceof NativeError) return undefined;
      throw error;
    }
  }
}

/**
 * What the data segments of any new instance write to its own memory 0; undefined where that is not known, or
 * not worth an image. A segment for another memory that does not fit ends an instance too.
 */
function imageParts(wasm: WasmModule): ImagePart[] | undefined {
  if (wasm.memories.length === 0 || wasm.importedMemoryCount > 0) return undefined;
  const [{ limits }] = wasm.memories;
  if (is64(limits)) return undefined;
  // Where an element segment traps, no data is written, and functions in a table of another instance show it.
  const { importedTableCount: shared } = wasm;
  if (wasm.elements.some((segment) => segment.mode === 'active' && segment.table < shared)) return undefined;
  const parts: ImagePart[] = [];
  let dataLength = 0;
  for (const segment of wasm.data) {
    if (segment.mode === 'passive') continue;
    const { constantOffset: offset, memory, start, end } = segment;
    const length = end - start;
    if (offset === undefined || offset + length > wasm.memories[memory].limits.min * wasmPageSize)
      return undefined;
    if (memory !== 0) continue;
    parts.push({ offset, bytes: wasm.bytes.subarray(start, end) });
    dataLength += length;
  }
  if (dataLength < leastImage || imageRange(parts).byteLength > largestSpread * dataLength) return undefined;
  return parts;
}

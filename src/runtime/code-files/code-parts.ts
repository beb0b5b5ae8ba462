import {
  type CodeContainer,
  type CodeSettings,
  fastHandlers,
  fastSites,
  type LlvmImage,
  type ModuleIdentity,
} from '../../aot/code-container.js';
import { ContainerBuilder } from '../../aot/container-builder.js';
import type { CodeObject } from '../../code/code-object.js';
import type { Address } from '../../native/ffi/ffi.js';
import type { CompiledImage } from '../../tiering/protocol.js';

/** A code object of the Fast JIT, and where it was placed. */
interface PlacedFast extends Omit<CodeObject, 'bytes'> {
  readonly address: Address;
  readonly byteLength: number;
}

/** An image of LLVM, and where it was placed. */
interface PlacedImage extends Omit<LlvmImage, 'start'> {
  readonly address: Address;
}

/**
 * What the machine code of a module consists of, for one way to guard memories, and with or without counting
 * of heat: places in the code region, and what a container says of them.
 */
export class CodeParts {
  readonly #found: CodeContainer | undefined;
  readonly #fast = new Map<number, PlacedFast>();
  readonly #images: PlacedImage[] = [];
  /** Whether there is code that no file has. */
  isNew = false;

  /** @param found what a file has brought */
  constructor(found: CodeContainer | undefined) {
    this.#found = found;
  }

  /** Notes new code of the Fast JIT. */
  addFast(index: number, address: Address, { bytes, ...code }: CodeObject): void {
    this.#fast.set(index, { ...code, address, byteLength: bytes.length });
    this.isNew = true;
  }

  /** Notes a new image of LLVM. */
  addImage({ start, byteLength, functions, loop, ...image }: CompiledImage): void {
    this.#images.push({
      address: start,
      byteLength,
      codeEnd: image.codeEnd,
      functions: functions.map((one) => ({
        index: one.index,
        offset: one.offset,
        byteLength: one.byteLength,
      })),
      loop: loop && { functionIndex: loop.functionIndex, wasmOffset: loop.wasmOffset },
      frames: image.frames,
      handlers: image.handlers,
      locations: image.locations,
      externals: image.externals,
    });
    this.isNew = true;
  }

  /**
   * All of it in one piece, with what a file has brought.
   *
   * @param read copies placed code
   */
  toContainer(
    settings: CodeSettings,
    module: ModuleIdentity,
    wasm: Uint8Array | undefined,
    read: (address: Address, byteLength: number) => Uint8Array,
  ): CodeContainer {
    const builder = new ContainerBuilder();
    this.#addFound(builder);
    for (const [index, { address, byteLength, ...code }] of this.#fast) {
      builder.addFunction(index, { ...code, bytes: read(address, byteLength) });
    }
    for (const { address, byteLength, ...image } of this.#images) {
      builder.addImage({ ...image, bytes: read(address, byteLength) });
    }
    return builder.finish(settings, module, wasm);
  }

  #addFound(builder: ContainerBuilder): void {
    if (this.#found === undefined) return;
    const { fast, images, text } = this.#found;
    for (const [k, index] of fast.indices.entries())
      builder.addFunction(index, fastCodeObject(this.#found, k));
    // One by one: a file's images have getters, which `...` leaves out.
    for (const image of images) {
      const { start, byteLength, codeEnd, functions, loop, frames, handlers, locations, externals } = image;
      const bytes = text.subarray(start, start + byteLength);
      builder.addImage({ bytes, codeEnd, functions, loop, frames, handlers, locations, externals });
    }
  }
}

/** The code object of the function at a position in a container's table: views of the container. */
export function fastCodeObject({ fast, text }: CodeContainer, position: number): CodeObject {
  const start = fast.starts[position];
  return {
    bytes: text.subarray(start, start + fast.byteLengths[position]),
    entry: fast.entries[position],
    codeEnd: fast.codeEnds[position],
    frameSize: fast.frameSizes[position],
    sites: fastSites(fast, position),
    saved: fast.saved[position],
    handlers: fastHandlers(fast, position),
  };
}

import { type Address, func } from '../ffi/ffi.js';
import { closeOnExec, pageSize } from '../linux/memory.js';
import { fail } from '../process/pages.js';
import { disown, own, ResourceKind } from '../process/thread-resources.js';

/**
 * The bytes with which memories begin, in a file: memories map them and copy a page when they first write to
 * it. Everything outside of them is zero. Offset and length are multiples of the page size.
 */
export interface MemoryImage {
  /** Where the image lies in a memory. */
  readonly offset: number;
  readonly byteLength: number;
  /** Descriptor of the file. */
  readonly file: number;
  /** Where the image lies in the file. */
  readonly fileOffset: number;
  /** Somebody whom nobody knows may look at it for ever: the file must keep it. */
  isTaken: boolean;
}

/** Of no bytes. */
export const noImage: MemoryImage = { offset: 0, byteLength: 0, file: -1, fileOffset: 0, isTaken: false };

/** Bytes for an image: they go to `offset` in the memory. */
export interface ImagePart {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const memfdCreate = func('memfd_create', 'int', ['string', 'int']);
const ftruncate = func('ftruncate', 'int', ['int', 'long']);
const pwrite = func('pwrite', 'long', ['int', 'buffer', 'size', 'long']);
const pread = func('pread', 'long', ['int', 'address', 'size', 'long']);
const fallocate = func('fallocate', 'int', ['int', 'int', 'long', 'long']);
const close = func('close', 'int', ['int']);

/** Of fallocate(2): FALLOC_FL_KEEP_SIZE and FALLOC_FL_PUNCH_HOLE. */
const punchHole = 0x03;

/**
 * A file in memory that holds images one after the other. A process may have few files open and many modules,
 * so they share one.
 */
export class ImageFile {
  readonly #file: number;
  readonly #owned: number;
  #byteLength = 0;

  /** @throws NativeError where there can be no file */
  constructor() {
    this.#file = memfdCreate('upshift-images', closeOnExec);
    if (this.#file < 0) fail('create a memory file for images');
    this.#owned = own(ResourceKind.file, this.#file);
  }

  /**
   * Makes an image of parts, of which later ones overwrite earlier ones.
   *
   * @param parts at least one byte
   * @throws NativeError where the system has no memory for it
   */
  add(parts: readonly ImagePart[]): MemoryImage {
    const { offset, byteLength } = imageRange(parts);
    const fileOffset = this.#byteLength;
    const image = { offset, byteLength, file: this.#file, fileOffset, isTaken: false };
    if (ftruncate(this.#file, fileOffset + byteLength)) fail('make a memory file longer');
    this.#byteLength += byteLength;
    try {
      for (const part of parts) this.#write(part.bytes, fileOffset + part.offset - offset);
    } catch (error) {
      this.delete(image);
      throw error;
    }
    return image;
  }

  /** Gives the memory of an image back, which nobody has mapped any more, unless it is taken. */
  delete({ fileOffset, byteLength, isTaken }: MemoryImage): void {
    if (isTaken) return;
    if (fallocate(this.#file, punchHole, fileOffset, byteLength)) fail('shorten a memory file');
  }

  /** Closes the file. What is mapped stays mapped. */
  dispose(): void {
    disown(this.#owned);
    close(this.#file);
  }

  #write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      const rest = bytes.subarray(done);
      const count = pwrite(this.#file, rest, rest.length, position + done);
      if (count <= 0) fail(`write ${rest.length} bytes to a memory file`);
      done += count;
    }
  }
}

/** Copies `byteLength` bytes of an image, from `position` on, to an address. False where it could not. */
export function readImage(
  image: MemoryImage,
  position: number,
  byteLength: number,
  address: Address,
): boolean {
  return pread(image.file, address, byteLength, image.fileOffset + position) === byteLength;
}

/** The whole pages in which parts lie. */
export function imageRange(parts: readonly ImagePart[]): Pick<MemoryImage, 'offset' | 'byteLength'> {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const { offset, bytes } of parts) {
    if (bytes.length === 0) continue;
    start = Math.min(start, offset);
    end = Math.max(end, offset + bytes.length);
  }
  const offset = Math.floor(start / pageSize) * pageSize;
  return { offset, byteLength: Math.ceil(end / pageSize) * pageSize - offset };
}

import { FileType } from './abi.js';
import { Errno, fail } from './errno.js';
import type { GuestMemory, Vectors } from './guest-memory.js';
import type { FileStatus, HostFile } from './host.js';

/** How much one call writes at most; a program with more calls again. */
const maxChunk = 2 ** 24;

/**
 * A stream without a host descriptor. To a program it is a pipe: it has no position, and never has to be
 * waited for.
 */
export abstract class VirtualFile implements HostFile {
  readonly fd = -1;
  readonly fileType = FileType.socketStream;
  readonly isTerminal = false;
  readonly appends = false;

  /** How many bytes can be read at once, as far as that is known. */
  get readableBytes(): number {
    return 0;
  }

  /** Whether it is known that nothing more can be read. */
  get ended(): boolean {
    return false;
  }

  read(_memory: GuestMemory, _vectors: Vectors): number {
    fail(Errno.badf);
  }

  write(_memory: GuestMemory, _vectors: Vectors): number {
    fail(Errno.badf);
  }

  append(memory: GuestMemory, vectors: Vectors): number {
    return this.write(memory, vectors);
  }

  seek(): never {
    fail(Errno.spipe);
  }

  isReady(): boolean {
    return true;
  }

  status(): FileStatus {
    return {
      device: 0n,
      inode: 0n,
      fileType: this.fileType,
      linkCount: 1n,
      byteLength: 0n,
      accessTime: 0n,
      modificationTime: 0n,
      changeTime: 0n,
    };
  }
}

/** Passes on what is written. */
export class OutputFile extends VirtualFile {
  readonly #take: (chunk: Uint8Array) => void;

  /** @param take gets at least one byte, in a buffer that it may keep */
  constructor(take: (chunk: Uint8Array) => void) {
    super();
    this.#take = take;
  }

  override write(memory: GuestMemory, vectors: Vectors): number {
    const chunk = new Uint8Array(Math.min(vectors.byteLength, maxChunk));
    let length = 0;
    for (let index = 0; index < vectors.count && length < chunk.length; index++) {
      const part = memory.bytes(vectors.pointers[index], vectors.lengths[index]);
      const fitting = part.subarray(0, chunk.length - length);
      chunk.set(fitting, length);
      length += fitting.length;
    }
    if (length > 0) this.#take(chunk);
    // The callback may have let the program run.
    memory.refresh();
    return length;
  }
}

/** Reads chunks in order. */
export class InputFile extends VirtualFile {
  readonly #next: (() => Uint8Array | undefined) | undefined;
  /** Chunks that are already there, none of them empty. */
  readonly #chunks: Uint8Array[] = [];
  #isOver: boolean;

  /**
   * @param first what is read first
   * @param next returns what comes next; undefined or an empty chunk means the end, after which it is not
   *   called again
   */
  constructor(first: Uint8Array, next?: () => Uint8Array | undefined) {
    super();
    this.#next = next;
    this.#isOver = next === undefined;
    if (first.length > 0) this.#chunks.push(first);
  }

  override get readableBytes(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  override get ended(): boolean {
    return this.#isOver && this.#chunks.length === 0;
  }

  override read(memory: GuestMemory, vectors: Vectors): number {
    if (vectors.byteLength === 0) return 0;
    if (this.#chunks.length > 0 || this.#isOver) return this.#give(memory, vectors);
    // The program may run meanwhile, and its calls use the same `Vectors`.
    const pointers = vectors.pointers.slice(0, vectors.count);
    const lengths = vectors.lengths.slice(0, vectors.count);
    const next = this.#next?.();
    memory.refresh();
    if (next !== undefined && next.length > 0) this.#chunks.push(next);
    else this.#isOver = true;
    return this.#give(memory, { pointers, lengths, count: pointers.length });
  }

  /** Takes as much as fits from the first chunk. */
  #give(memory: GuestMemory, { pointers, lengths, count }: Omit<Vectors, 'byteLength'>): number {
    const [chunk] = this.#chunks;
    if (chunk === undefined) return 0;
    let read = 0;
    for (let index = 0; index < count && read < chunk.length; index++) {
      const part = chunk.subarray(read, read + lengths[index]);
      memory.setBytes(pointers[index], part);
      read += part.length;
    }
    if (read < chunk.length) this.#chunks[0] = chunk.subarray(read);
    else this.#chunks.shift();
    return read;
  }
}

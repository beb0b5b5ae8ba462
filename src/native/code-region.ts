import { type Address, func, view } from './ffi.js';
import {
  fail,
  mapFile,
  NativeError,
  Protection,
  punchHole,
  release,
  reserve,
  roundToPages,
} from './pages.js';
import { type Registration, registerCodeRange } from './signals.js';
import { disown, own, ResourceKind } from './thread-resources.js';

const memfdCreate = func('memfd_create', 'int', ['string', 'int']);
const ftruncate = func('ftruncate', 'int', ['int', 'long']);
const close = func('close', 'int', ['int']);

const closeOnExec = 1;

/** Address space reserved for code, twice; less where it cannot be had. */
const wantedReservation = 2 ** 30;
const leastReservation = 2 ** 22;
/** The file grows by at least this much. */
const segmentSize = 2 ** 22;
/** Code starts at multiples of this. */
const codeAlignment = 16;
const firstSpan = 4 * 4096;
const largestSpan = 64 * 4096;

/** A piece of the region: bytes from its start, a multiple of the page size. */
interface Span {
  offset: number;
  byteLength: number;
}

/** A part of the file that is mapped, and seen through one buffer. */
interface Segment extends Span {
  readonly bytes: Uint8Array;
}

/**
 * Executable memory of a thread. The pages of one memory file are mapped twice, at different addresses: writable for
 * us, executable to run. No page is ever both.
 */
export class CodeRegion {
  /** Address range that code runs in. */
  readonly start: Address;
  readonly byteLength: number;
  readonly #writable: Address;
  readonly #file: number;
  readonly #registration: Registration;
  readonly #owned: readonly number[];
  readonly #segments: Segment[] = [];
  /** Pages that nobody uses, ascending; none reaches over the end of a segment. */
  readonly #free: Span[] = [];
  readonly #common: CodeSpace;
  #disposed = false;

  constructor() {
    this.#file = memfdCreate('upshift', closeOnExec);
    if (this.#file < 0) fail('create a memory file for code');
    let byteLength = wantedReservation;
    for (;;) {
      try {
        this.start = reserve(2 * byteLength);
        break;
      } catch (error) {
        if (error instanceof NativeError && byteLength > leastReservation) {
          byteLength /= 16;
          continue;
        }
        close(this.#file);
        throw error;
      }
    }
    this.byteLength = byteLength;
    this.#writable = this.start + byteLength;
    this.#registration = registerCodeRange(this.start, byteLength);
    this.#owned = [own(ResourceKind.mapping, this.start, 2 * byteLength), own(ResourceKind.file, this.#file)];
    this.#common = this.newSpace();
  }

  /** Bytes of the region that spaces hold. */
  get usedBytes(): number {
    let used = 0;
    for (const { byteLength } of this.#segments) used += byteLength;
    for (const { byteLength } of this.#free) used -= byteLength;
    return used;
  }

  /** Places code that stays for as long as the region. Returns the address to run it at, a multiple of 16. */
  place(bytes: Uint8Array): Address {
    return this.#common.place(bytes);
  }

  /** A part of the region for one owner, say a module, whose code is freed at one go. */
  newSpace(): CodeSpace {
    return new CodeSpace(this);
  }

  /** Unmaps everything. No code of the region may run any more. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#registration.release();
    for (const index of this.#owned) disown(index);
    this.#segments.length = 0;
    this.#free.length = 0;
    release(this.start, 2 * this.byteLength);
    close(this.#file);
  }

  /** Takes pages for a space. */
  take(byteLength: number): Span {
    if (this.#disposed) throw new Error('the code region is disposed');
    const wanted = roundToPages(byteLength);
    let index = this.#free.findIndex((span) => span.byteLength >= wanted);
    if (index < 0) {
      this.#grow(wanted);
      index = this.#free.length - 1;
    }
    const span = this.#free[index];
    const taken = { offset: span.offset, byteLength: wanted };
    if (span.byteLength === wanted) {
      this.#free.splice(index, 1);
    } else {
      span.offset += wanted;
      span.byteLength -= wanted;
    }
    return taken;
  }

  /** Takes pages of a space back, and gives their memory to the system. */
  giveBack(spans: readonly Span[]): void {
    if (this.#disposed) return;
    for (const span of spans) {
      punchHole(this.#writable + span.offset, span.byteLength);
      this.#insert(span);
    }
  }

  /** Writes code into pages that were taken. Returns the address to run it at. */
  write(offset: number, bytes: Uint8Array): Address {
    const segment = this.#segmentAt(offset);
    segment.bytes.set(bytes, offset - segment.offset);
    return this.start + offset;
  }

  #grow(wanted: number): void {
    const last = this.#segments.at(-1);
    const offset = last ? last.offset + last.byteLength : 0;
    const byteLength = Math.max(segmentSize, wanted);
    if (offset + byteLength > this.byteLength) throw new NativeError('place code in the code region', 'full');
    if (ftruncate(this.#file, offset + byteLength)) fail('enlarge the memory file for code');
    mapFile(this.start + offset, byteLength, Protection.readExecute, this.#file, offset);
    mapFile(this.#writable + offset, byteLength, Protection.readWrite, this.#file, offset);
    const bytes = new Uint8Array(view(this.#writable + offset, byteLength));
    this.#segments.push({ offset, byteLength, bytes });
    this.#free.push({ offset, byteLength });
  }

  #segmentAt(offset: number): Segment {
    let low = 0;
    let high = this.#segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#segments[middle].offset <= offset) low = middle;
      else high = middle - 1;
    }
    return this.#segments[low];
  }

  /** Puts a span among the free ones, joined with its neighbours in the same segment. */
  #insert({ offset, byteLength }: Span): void {
    const free = this.#free;
    let index = free.findIndex((span) => span.offset > offset);
    if (index < 0) index = free.length;
    free.splice(index, 0, { offset, byteLength });
    this.#join(index);
    if (index > 0) this.#join(index - 1);
  }

  #join(index: number): void {
    const span = this.#free[index];
    const next = this.#free[index + 1];
    if (!next || span.offset + span.byteLength !== next.offset) return;
    if (this.#segmentAt(span.offset) !== this.#segmentAt(next.offset)) return;
    span.byteLength += next.byteLength;
    this.#free.splice(index + 1, 1);
  }
}

/** Code of one owner: placed piece by piece, freed at one go. */
export class CodeSpace {
  readonly #region: CodeRegion;
  #spans: Span[] = [];
  #position = 0;
  #end = 0;
  #nextSpan = firstSpan;

  constructor(region: CodeRegion) {
    this.#region = region;
  }

  /** Copies code into executable memory. Returns the address to run it at, a multiple of 16. */
  place(bytes: Uint8Array): Address {
    let at = Math.ceil(this.#position / codeAlignment) * codeAlignment;
    if (at + bytes.length > this.#end) {
      const span = this.#region.take(Math.max(this.#nextSpan, bytes.length));
      this.#nextSpan = Math.min(2 * this.#nextSpan, largestSpan);
      this.#spans.push(span);
      at = span.offset;
      this.#end = at + span.byteLength;
    }
    this.#position = at + bytes.length;
    return this.#region.write(at, bytes);
  }

  /** Gives all memory back. No code of the space may run or be called any more. */
  dispose(): void {
    this.#region.giveBack(this.#spans);
    this.#spans = [];
    this.#position = 0;
    this.#end = 0;
    this.#nextSpan = firstSpan;
  }
}

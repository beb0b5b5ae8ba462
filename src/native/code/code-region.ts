import { type Address, func } from '../ffi/ffi.js';
import { closeOnExec } from '../linux/memory.js';
import { view } from '../node-api/views.js';
import {
  fail,
  mapFile,
  NativeError,
  Protection,
  pageSize,
  protect,
  punchHole,
  release,
  reserve,
  roomForOthers,
  roundToPages,
} from '../process/pages.js';
import { disown, own, ResourceKind } from '../process/thread-resources.js';
import { Lock } from '../threads/lock.js';
import { type Registration, registerCodeRange } from '../traps/signals.js';
import { PageMap } from './page-map.js';

const memfdCreate = func('memfd_create', 'int', ['string', 'int']);
const ftruncate = func('ftruncate', 'int', ['int', 'long']);
const close = func('close', 'int', ['int']);

/**
 * Address space reserved for code, twice; less where too little would be left. A multiple of `windowSize`, at
 * most 2^30.
 */
const wantedReservation = 2 ** 30;
const leastReservation = 2 ** 22;
/** The file grows by multiples of this, and each thread sees it through buffers of this size. */
const windowBits = 22;
const windowSize = 2 ** windowBits;
/** Code starts at multiples of this, where nothing else is asked for. */
const codeAlignment = 16;
const firstSpan = 4 * 4096;
const largestSpan = 64 * 4096;

/** A piece of a region: bytes from its start. Both are multiples of the page size. */
export interface Span {
  readonly offset: number;
  readonly byteLength: number;
}

/**
 * A region as it is sent to other threads of the process (`postMessage`, `workerData`), for
 * `CodeRegion.attach`. They have to be workers of the thread that made the region, or workers of these: Node
 * ends them before it frees what that thread owns.
 */
export interface SharedCodeRegion {
  /** Where code runs. */
  readonly start: Address;
  /**
   * Of the reservation for code. The one for writing, of the same size, follows it; then the map of its
   * pages.
   */
  readonly byteLength: number;
  /** Descriptor of the memory file. */
  readonly file: number;
  /** See `StateWord`. */
  readonly state: SharedArrayBuffer;
}

/**
 * 4-byte words that are shared even when the region is no longer mapped. The state, and the map of pages, are
 * valid after each single store.
 */
const StateWord = {
  /** The lock of the state and of the map of pages. */
  lock: 0,
  /**
   * The lock that a thread that is not the owner holds while it uses the mappings; taken before the other
   * one.
   */
  accessLock: 1,
  /** 1 once the owner has disposed of the region. */
  disposed: 2,
  /** Windows of the file that exist and are mapped. */
  windowCount: 3,
  count: 4,
} as const;

/** What the owner of a region frees: the thread that made it. */
interface Ownership {
  readonly registration: Registration;
  readonly resources: readonly number[];
}

/**
 * Executable memory that the threads of a process share. The pages of one memory file are mapped twice, at
 * different addresses: writable for us, executable to run. No page is ever both.
 *
 * One thread makes the region, owns it, and disposes of it; others attach to it and place code that every
 * thread may call. Threads take turns at taking pages, by a lock; they write to what they have taken without
 * one, but for those that are not the owner: what they write to may not be unmapped meanwhile.
 */
export class CodeRegion {
  /** Address range that code runs in. */
  readonly start: Address;
  readonly byteLength: number;
  readonly #writable: Address;
  readonly #file: number;
  readonly #state: Int32Array;
  readonly #pages: PageMap;
  readonly #lock: Lock;
  readonly #access: Lock;
  readonly #ownership: Ownership | undefined;
  /** What this thread has looked at of the writable mapping. */
  #windows: Uint8Array[] = [];
  readonly #common: CodeSpace;

  /** A new region; or, for `attach`, one that exists. */
  constructor(shared?: SharedCodeRegion) {
    const { start, byteLength, file, state } = shared ?? createRegion();
    this.start = start;
    this.byteLength = byteLength;
    this.#writable = start + byteLength;
    this.#file = file;
    this.#state = new Int32Array(state);
    this.#pages = new PageMap(new Int32Array(view(start + 2 * byteLength, mapSize(byteLength))));
    this.#lock = new Lock(this.#state, StateWord.lock);
    this.#access = new Lock(this.#state, StateWord.accessLock);
    this.#ownership = shared ? undefined : ownRegion(start, byteLength, file);
    this.#common = this.newSpace();
  }

  /** The region of another thread, for use in this one. It lives for as long as its owner lets it. */
  static attach(shared: SharedCodeRegion): CodeRegion {
    return new CodeRegion(shared);
  }

  /** What another thread needs to attach to the region. */
  share(): SharedCodeRegion {
    const { start, byteLength } = this;
    return { start, byteLength, file: this.#file, state: this.#state.buffer as SharedArrayBuffer };
  }

  /** Bytes of the region that spaces hold, in all threads. */
  get usedBytes(): number {
    return this.#lock.hold(() => {
      this.#checkAlive();
      return this.#pages.used * pageSize;
    });
  }

  /** Bytes of the region that nobody holds; not all in a row. */
  get freeBytes(): number {
    return this.byteLength - this.usedBytes;
  }

  /**
   * Places code that stays for as long as the region. Returns the address to run it at, a multiple of
   * `alignment`, which is a power of two up to the page size.
   */
  place(bytes: Uint8Array, alignment: number = codeAlignment): Address {
    return this.#common.place(bytes, alignment);
  }

  /**
   * Copies what lies at an address of the region: zeros where nobody has placed anything. Throws a RangeError
   * where nobody could have yet.
   */
  read(address: Address, byteLength: number): Uint8Array {
    const bytes = new Uint8Array(byteLength);
    const offset = address - this.start;
    this.#whileMapped(() => {
      this.#checkMapped(offset, byteLength);
      this.#eachWindow(offset, byteLength, (part, position) => bytes.set(part, position));
    });
    return bytes;
  }

  /** A part of the region for one owner, say a module, whose code is freed at one go. */
  newSpace(): CodeSpace {
    return new CodeSpace(this);
  }

  /**
   * Unmaps everything. No code of the region may run any more. Attached regions throw from now on, whatever
   * they are asked for; to dispose of these does nothing.
   */
  dispose(): void {
    if (!this.#ownership || this.#isDisposed) return;
    this.#access.hold(() => this.#lock.hold(() => Atomics.store(this.#state, StateWord.disposed, 1)));
    this.#windows = [];
    this.#ownership.registration.release();
    for (const index of this.#ownership.resources) disown(index);
    release(this.start, reservationSize(this.byteLength));
    close(this.#file);
  }

  /** Takes pages for a space. */
  take(byteLength: number): Span {
    const wanted = roundToPages(byteLength);
    return this.#lock.hold(() => {
      this.#checkAlive();
      const first = this.#pages.take(wanted / pageSize);
      if (first < 0) throw new NativeError('place code in the code region', 'full');
      const span = { offset: first * pageSize, byteLength: wanted };
      try {
        this.#grow(span.offset + wanted);
      } catch (error) {
        this.#pages.release(first, wanted / pageSize);
        throw error;
      }
      return span;
    });
  }

  /**
   * Takes pages of spaces back, of any thread's, and gives their memory to the system. No code in them may
   * run or be called any more, and no space may place anything there.
   */
  giveBack(spans: readonly Span[]): void {
    if (!spans.length) return;
    this.#whileMapped(() => {
      if (this.#isDisposed) return;
      // This takes long; nobody else gets the pages before they are released.
      for (const { offset, byteLength } of spans) punchHole(this.#writable + offset, byteLength);
      this.#lock.hold(() => {
        for (const { offset, byteLength } of spans) {
          this.#pages.release(offset / pageSize, byteLength / pageSize);
        }
      });
    });
  }

  /** Writes code into pages that were taken. Returns the address to run it at. */
  write(offset: number, bytes: Uint8Array): Address {
    this.#whileMapped(() => this.#copyIn(offset, bytes));
    return this.start + offset;
  }

  /** Does some work, during which the owner does not unmap the region if it has not done so before. */
  #whileMapped(work: () => void): void {
    if (this.#ownership) work();
    else this.#access.hold(work);
  }

  get #isDisposed(): boolean {
    return this.#state[StateWord.disposed] !== 0;
  }

  #checkAlive(): void {
    if (this.#isDisposed) throw new Error('the code region is disposed');
  }

  #checkMapped(offset: number, byteLength: number): void {
    this.#checkAlive();
    const mapped = this.#state[StateWord.windowCount] * windowSize;
    if (offset < 0 || offset + byteLength > mapped) throw new RangeError('not in the code region');
  }

  /**
   * Makes the file, and both mappings, at least this large. Whoever ends in the middle of it has done no
   * harm.
   */
  #grow(byteLength: number): void {
    const old = this.#state[StateWord.windowCount] * windowSize;
    if (byteLength <= old) return;
    const windowCount = Math.ceil(byteLength / windowSize);
    const added = windowCount * windowSize - old;
    if (ftruncate(this.#file, old + added)) fail('enlarge the memory file for code');
    mapFile(this.start + old, added, Protection.readExecute, this.#file, old);
    mapFile(this.#writable + old, added, Protection.readWrite, this.#file, old);
    this.#state[StateWord.windowCount] = windowCount;
  }

  #copyIn(offset: number, bytes: Uint8Array): void {
    this.#checkAlive();
    const inWindow = offset & (windowSize - 1);
    if (inWindow + bytes.length <= windowSize) {
      this.#window(offset >> windowBits).set(bytes, inWindow);
    } else {
      this.#eachWindow(offset, bytes.length, (part, position) =>
        part.set(bytes.subarray(position, position + part.length)),
      );
    }
  }

  /** Visits the writable bytes of a mapped range by windows; `position` counts from the range's start. */
  #eachWindow(offset: number, byteLength: number, visit: (part: Uint8Array, position: number) => void): void {
    for (let position = 0; position < byteLength; ) {
      const inWindow = (offset + position) & (windowSize - 1);
      const window = this.#window((offset + position) >> windowBits);
      const part = window.subarray(inWindow, inWindow + byteLength - position);
      visit(part, position);
      position += part.length;
    }
  }

  #window(index: number): Uint8Array {
    this.#windows[index] ??= new Uint8Array(view(this.#writable + index * windowSize, windowSize));
    return this.#windows[index];
  }
}

/** Bytes of the map of pages, a bit each; it takes memory where it is written to. */
function mapSize(byteLength: number): number {
  return byteLength / pageSize / 8;
}

/** Bytes of address space for code, for writing it, and for the map of pages. */
function reservationSize(byteLength: number): number {
  return 2 * byteLength + roundToPages(mapSize(byteLength));
}

/** Makes the file and reserves the address space of a region that nobody owns yet. */
function createRegion(): SharedCodeRegion {
  const file = memfdCreate('upshift', closeOnExec);
  if (file < 0) fail('create a memory file for code');
  const state = new SharedArrayBuffer(4 * StateWord.count);
  for (let byteLength = wantedReservation; ; byteLength /= 16) {
    try {
      const start = reserve(reservationSize(byteLength), byteLength > leastReservation ? roomForOthers : 0);
      protect(start + 2 * byteLength, roundToPages(mapSize(byteLength)), Protection.readWrite);
      return { start, byteLength, file, state };
    } catch (error) {
      if (error instanceof NativeError && byteLength > leastReservation) continue;
      close(file);
      throw error;
    }
  }
}

function ownRegion(start: Address, byteLength: number, file: number): Ownership {
  return {
    registration: registerCodeRange(start, byteLength),
    resources: [own(ResourceKind.mapping, start, reservationSize(byteLength)), own(ResourceKind.file, file)],
  };
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

  /**
   * Copies code into executable memory. Returns the address to run it at, a multiple of `alignment`, which is
   * a power of two up to the page size.
   */
  place(bytes: Uint8Array, alignment: number = codeAlignment): Address {
    let at = (this.#position + alignment - 1) & -alignment;
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

  /**
   * Hands over the spans that the space has taken since the last call. The caller frees them by `giveBack`,
   * in any thread that the region is attached to. The space goes on filling the last one.
   */
  takeSpans(): Span[] {
    const spans = this.#spans;
    this.#spans = [];
    return spans;
  }

  /** Gives all memory back that was not handed over. No code of the space may run or be called any more. */
  dispose(): void {
    this.#region.giveBack(this.#spans);
    this.#spans = [];
    this.#position = 0;
    this.#end = 0;
    this.#nextSpan = firstSpan;
  }
}

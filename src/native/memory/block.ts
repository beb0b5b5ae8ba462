import { type Address, func } from '../ffi/ffi.js';
import { detach } from '../node-api/detach.js';
import { view } from '../node-api/views.js';
import { fail } from '../process/pages.js';
import { disown, own, ResourceKind } from '../process/thread-resources.js';

const calloc = func('calloc', 'address', ['size', 'size']);
const free = func('free', 'void', ['address']);

const twoTo32 = 2 ** 32;

/** Zeroed native memory, 16-byte aligned, that belongs to whoever made it. */
export class NativeBlock {
  readonly address: Address;
  readonly byteLength: number;
  readonly buffer: ArrayBuffer;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  /** Whole 8-byte units of the block. */
  readonly u64: BigUint64Array;
  readonly view: DataView;
  readonly #owned: number;

  /** `byteLength` is rounded up to a multiple of 8, and to 8 at least. */
  constructor(byteLength: number) {
    const size = Math.max(8, Math.ceil(byteLength / 8) * 8);
    this.address = calloc(size, 1);
    if (!this.address) fail(`allocate ${size} bytes`);
    this.#owned = own(ResourceKind.heap, this.address);
    this.byteLength = size;
    this.buffer = view(this.address, size);
    this.u8 = new Uint8Array(this.buffer);
    this.i32 = new Int32Array(this.buffer);
    this.u32 = new Uint32Array(this.buffer);
    this.u64 = new BigUint64Array(this.buffer);
    this.view = new DataView(this.buffer);
  }

  /** Stores an address at a byte offset that is a multiple of 8. */
  setAddress(offset: number, address: Address): void {
    const index = offset >>> 2;
    this.u32[index] = address;
    this.u32[index + 1] = address / twoTo32;
  }

  /** The address at a byte offset that is a multiple of 8. */
  getAddress(offset: number): Address {
    const index = offset >>> 2;
    return this.u32[index + 1] * twoTo32 + this.u32[index];
  }

  /** Frees the memory and detaches the views. */
  free(): void {
    if (!this.buffer.byteLength) return;
    detach(this.buffer);
    disown(this.#owned);
    free(this.address);
  }
}

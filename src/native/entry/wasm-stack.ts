import { execEnv, guardSize, slotCount, slotsOffset, slotsSize } from '../../layout/exec-env.js';
import type { Address } from '../ffi/ffi.js';
import { detach } from '../node-api/detach.js';
import { view } from '../node-api/views.js';
import { Protection, protect, release, reserve, roundToPages } from '../process/pages.js';
import { disown, own, ResourceKind } from '../process/thread-resources.js';
import { type Registration, registerStack } from '../traps/signals.js';

/** Bytes of stack below `limit`, for functions that do not look at it. */
const reserveBelowLimit = 2 ** 14;

/** Bytes of what lies above the stack, in whole pages. */
const headSize = roundToPages(execEnv.size);

/** The wasm stack of a thread, with the `execEnv` above it, in native memory: see `layout/exec-env.ts`. */
export class WasmStack {
  /** Address of the `execEnv`. */
  readonly address: Address;
  /** Address of the lowest byte of the stack; the guard is below. */
  readonly low: Address;
  /** Where functions that check the stack pointer trap: below this address. */
  readonly limit: Address;
  /** The fields of the `execEnv` as u32 elements, without the slots. */
  readonly header: Uint32Array;

  /** The argument slots: slot k is element k of the 8-byte views and element 2k of the others. */
  readonly slotsI32: Int32Array;
  readonly slotsU32: Uint32Array;
  readonly slotsF32: Float32Array;
  readonly slotsF64: Float64Array;
  readonly slotsI64: BigInt64Array;

  /** The stack, from `low` on. */
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;

  readonly #buffer: ArrayBuffer;
  readonly #reservation: Address;
  readonly #reservationSize: number;
  readonly #registration: Registration;
  readonly #owned: number;

  /** `byteLength` is rounded up to whole pages. Throws a NativeError where there is too little memory. */
  constructor(byteLength: number) {
    const usable = roundToPages(byteLength) + reserveBelowLimit;
    this.#reservationSize = guardSize + usable + headSize;
    this.#reservation = reserve(this.#reservationSize);
    this.low = this.#reservation + guardSize;
    this.limit = this.low + reserveBelowLimit;
    this.address = this.low + usable;
    protect(this.low, usable + headSize, Protection.readWrite);
    this.#owned = own(ResourceKind.mapping, this.#reservation, this.#reservationSize);
    this.#registration = registerStack(this.#reservation, this.#reservationSize, this.address);

    const buffer = view(this.low, usable + headSize);
    this.#buffer = buffer;
    this.i32 = new Int32Array(buffer, 0, usable / 4);
    this.u32 = new Uint32Array(buffer, 0, usable / 4);
    this.f32 = new Float32Array(buffer, 0, usable / 4);
    this.f64 = new Float64Array(buffer, 0, usable / 8);
    this.i64 = new BigInt64Array(buffer, 0, usable / 8);
    this.header = new Uint32Array(buffer, usable, slotsOffset / 4);
    const slots = usable + slotsOffset;
    this.slotsI32 = new Int32Array(buffer, slots, slotsSize / 4);
    this.slotsU32 = new Uint32Array(buffer, slots, slotsSize / 4);
    this.slotsF32 = new Float32Array(buffer, slots, slotsSize / 4);
    this.slotsF64 = new Float64Array(buffer, slots, slotCount);
    this.slotsI64 = new BigInt64Array(buffer, slots, slotCount);
    // The topmost 16 bytes stay zero: the outermost entry finds no frame to continue in.
    this.setAddress(execEnv.offsets.wasmSp, this.address - 16);
  }

  /** The address in a field of the `execEnv`, given by its offset. */
  getAddress(offset: number): Address {
    return this.header[offset / 4 + 1] * 2 ** 32 + this.header[offset / 4];
  }

  setAddress(offset: number, address: Address): void {
    this.header[offset / 4] = address;
    this.header[offset / 4 + 1] = address / 2 ** 32;
  }

  /** Whether an address is in the guard, which is where overflows end. */
  isInGuard(address: Address): boolean {
    return address >= this.#reservation && address < this.low;
  }

  /** Frees the memory and detaches the views. No code may run on the stack any more. */
  dispose(): void {
    this.#registration.release();
    detach(this.#buffer);
    disown(this.#owned);
    release(this.#reservation, this.#reservationSize);
  }
}

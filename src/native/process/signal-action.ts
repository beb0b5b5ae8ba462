import { type Address, func, view } from '../ffi/ffi.js';
import { sigaction } from '../linux/signals.js';
import { allocate, fail, pageSize, release } from './pages.js';

const call = func('sigaction', 'int', ['int', 'address', 'address']);

const { offsets } = sigaction;

/** What a signal does: a `struct sigaction` in native memory, all zeros at first. */
export class SignalAction {
  readonly #address: Address = allocate(pageSize);
  readonly #fields = new DataView(view(this.#address, sigaction.size));

  /** Address of the handler, or a `StandardAction`. */
  get handler(): Address {
    return Number(this.#fields.getBigUint64(offsets.handler, true));
  }

  set handler(handler: Address) {
    this.#fields.setBigUint64(offsets.handler, BigInt(handler), true);
  }

  /** `SignalFlag`s. */
  get flags(): number {
    return this.#fields.getInt32(offsets.flags, true);
  }

  set flags(flags: number) {
    this.#fields.setInt32(offsets.flags, flags, true);
  }

  /** Blocks all signals while the handler runs. */
  blocksAll(): void {
    this.#fields.setBigUint64(offsets.mask, 2n ** 64n - 1n, true);
  }

  /** Becomes what a signal does now. Returns whether there is such a signal. */
  read(signal: number): boolean {
    return call(signal, 0, this.#address) === 0;
  }

  /** As `read`. Throws where there is no such signal. */
  readExisting(signal: number): void {
    if (!this.read(signal)) fail('read a signal handler');
  }

  /** Makes a signal do this. `replaced` becomes what it did before. */
  install(signal: number, replaced?: SignalAction): void {
    if (call(signal, this.#address, replaced === undefined ? 0 : replaced.#address)) {
      fail('install a signal handler');
    }
  }

  free(): void {
    release(this.#address, pageSize);
  }
}

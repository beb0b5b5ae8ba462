import { type Address, errno, errnoName, func, view } from '../ffi/ffi.js';
import { Advice, MapFlag, mremapMayMove, Protection, pageSize } from '../linux/memory.js';

/** Reserving, committing and releasing address space. Addresses and lengths are multiples of `pageSize`. */

export { Protection, pageSize };

const mmap = func('mmap', 'long', ['address', 'size', 'int', 'int', 'int', 'long']);
const munmap = func('munmap', 'int', ['address', 'size']);
const mprotect = func('mprotect', 'int', ['address', 'size', 'int']);
const madvise = func('madvise', 'int', ['address', 'size', 'int']);
const mremap = func('mremap', 'long', ['address', 'size', 'size', 'int']);

/** A system call failed. */
export class NativeError extends Error {
  /** Such as `ENOMEM`. */
  readonly code: string;

  constructor(action: string, code: string) {
    super(`cannot ${action}: ${code}`);
    this.name = 'NativeError';
    this.code = code;
  }
}

/** Throws what `errno` says about `action`, which just failed. */
export function fail(action: string): never {
  throw new NativeError(action, errnoName(errno()));
}

export function roundToPages(byteLength: number): number {
  return Math.ceil(byteLength / pageSize) * pageSize;
}

/** Address space that optional reservations leave to V8 and to threads. */
export const roomForOthers = 2 ** 31;

const reservation = MapFlag.private | MapFlag.anonymous | MapFlag.noReserve;

/**
 * Reserves address space that cannot be accessed and costs no memory.
 *
 * @param left how much must be left beyond that
 */
export function reserve(byteLength: number, left = 0): Address {
  const address = mmap(0, byteLength + left, Protection.none, reservation, -1, 0);
  if (address === -1) fail(`reserve ${byteLength} bytes of address space`);
  if (left > 0) release(address + byteLength, left);
  return address;
}

/** Whether so much address space could be reserved now. */
export function canReserve(byteLength: number): boolean {
  const address = mmap(0, byteLength, Protection.none, reservation, -1, 0);
  if (address !== -1) release(address, byteLength);
  return address !== -1;
}

/** Maps zeroed memory that can be read and written. */
export function allocate(byteLength: number): Address {
  const address = mmap(0, byteLength, Protection.readWrite, MapFlag.private | MapFlag.anonymous, -1, 0);
  if (address === -1) fail(`map ${byteLength} bytes of memory`);
  return address;
}

/** Moves or resizes what `allocate` mapped; what is added is zeroed. */
export function reallocate(address: Address, oldLength: number, newLength: number): Address {
  const moved = mremap(address, oldLength, newLength, mremapMayMove);
  if (moved === -1) fail(`map ${newLength} bytes of memory`);
  return moved;
}

/** Maps `byteLength` bytes of a file over reserved address space. */
export function mapFile(
  address: Address,
  byteLength: number,
  protection: Protection,
  file: number,
  fileOffset: number,
): void {
  const mapped = mmap(address, byteLength, protection, MapFlag.shared | MapFlag.fixed, file, fileOffset);
  if (mapped === -1) fail(`map ${byteLength} bytes of a file`);
}

/**
 * Maps bytes of a file over reserved address space, to be read and written: a page that is written to becomes
 * a copy of its own, until `decommit` gives it back.
 *
 * @param fileOffset a multiple of the page size
 */
export function mapCopies(address: Address, byteLength: number, file: number, fileOffset: number): void {
  const flags = MapFlag.private | MapFlag.fixed | MapFlag.noReserve;
  const mapped = mmap(address, byteLength, Protection.readWrite, flags, file, fileOffset);
  if (mapped === -1) fail(`map ${byteLength} bytes of a file`);
}

/** Makes reserved pages usable (zeroed at first), or changes how they may be accessed. */
export function protect(address: Address, byteLength: number, protection: Protection): void {
  if (mprotect(address, byteLength, protection)) fail(`change the protection of ${byteLength} bytes`);
}

/**
 * Gives the memory of private pages back. They stay mapped, and read as zeros; those of `mapCopies` as the
 * file.
 */
export function decommit(address: Address, byteLength: number): void {
  if (madvise(address, byteLength, Advice.dontNeed)) fail(`decommit ${byteLength} bytes`);
}

/** Gives the memory of pages of a shared file back, in all its mappings; they read as zeros. */
export function punchHole(address: Address, byteLength: number): void {
  if (madvise(address, byteLength, Advice.remove)) fail(`give back ${byteLength} bytes of a file`);
}

/** Unmaps. */
export function release(address: Address, byteLength: number): void {
  if (munmap(address, byteLength)) fail(`unmap ${byteLength} bytes`);
}

/** Puts machine code into new executable pages, which are never writable again. */
export function placeCodePage(bytes: Uint8Array): { readonly address: Address; readonly byteLength: number } {
  const byteLength = roundToPages(bytes.length);
  const address = allocate(byteLength);
  new Uint8Array(view(address, bytes.length)).set(bytes);
  protect(address, byteLength, Protection.readExecute);
  return { address, byteLength };
}

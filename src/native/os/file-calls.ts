import { Buffer } from 'node:buffer';
import { array, bytes, struct } from '../../layout/struct.js';
import type { Address } from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import {
  AtFlag,
  FcntlCommand,
  fileTimes,
  IoctlRequest,
  iovec,
  OpenFlag,
  openHow,
  Resolve,
  statx,
  statxBasic,
  statxTime,
} from '../linux/files.js';
import { timespec } from '../linux/time.js';
import { makeBufferBlock } from '../memory/buffer-block.js';
import { Syscall } from '../x64/linux/syscalls.js';
import { type SystemCalls, systemCalls, type Word } from './system-call.js';

/** PATH_MAX: bytes of a path, with the NUL at its end. */
export const pathMax = 4096;

/** What is where in the scratch memory. */
const scratch = struct({
  path: bytes(pathMax),
  secondPath: bytes(pathMax),
  struct: array('u64', 64),
  link: bytes(pathMax),
});
const places = scratch.offsets;

/** IOV_MAX: buffers of one call. */
export const maxVectors = 1024;

const nanosecondsPerSecond = 1_000_000_000n;

/**
 * System calls on files, with their structures. Every method returns what the call does: a number, which is
 * negative where it fails, an error number (`LinuxErrno`).
 *
 * A path is a string of bytes: each character is one, below 256; it must be shorter than `pathMax` and
 * without a NUL.
 */
export class FileCalls {
  readonly calls: SystemCalls = systemCalls();
  readonly #address: Address;
  readonly #bytes: Buffer;
  readonly #view: DataView;

  constructor() {
    const { address, buffer } = makeBufferBlock(scratch.size);
    this.#address = address;
    this.#bytes = Buffer.from(buffer);
    this.#view = new DataView(buffer);
  }

  /** openat(2). What is opened is closed when the process starts another program. */
  open(directory: number, path: string, flags: number, mode = 0): number {
    const all = flags | OpenFlag.closeOnExec;
    return this.calls.call(Syscall.openat, directory, this.#path(path), all, mode);
  }

  /** openat2(2), which fails with EXDEV where the path leads out of the directory. */
  openBeneath(directory: number, path: string, flags: number, mode = 0): number {
    const at = places.struct;
    this.#view.setBigUint64(at + openHow.offsets.flags, BigInt(flags | OpenFlag.closeOnExec), true);
    this.#view.setBigUint64(at + openHow.offsets.mode, BigInt(mode), true);
    this.#view.setBigUint64(
      at + openHow.offsets.resolve,
      BigInt(Resolve.beneath | Resolve.noMagicLinks),
      true,
    );
    const how = this.#address + at;
    return this.calls.call(Syscall.openat2, directory, this.#path(path), how, openHow.size);
  }

  close(fd: number): number {
    // Linux has closed it also where a signal interrupts that; the number may be another thread's by now.
    return this.calls.callOnce(Syscall.close, fd, 0, 0);
  }

  /** statx(2) of a descriptor. What it gives is in `status`. */
  stat(fd: number): number {
    const at = this.#address + places.struct;
    return this.calls.call(Syscall.statx, fd, this.#path(''), AtFlag.emptyPath, statxBasic, at);
  }

  /** statx(2) of a name in a directory, links not followed. What it gives is in `status`. */
  statAt(directory: number, name: string): number {
    const at = this.#address + places.struct;
    return this.calls.call(
      Syscall.statx,
      directory,
      this.#path(name),
      AtFlag.symlinkNoFollow,
      statxBasic,
      at,
    );
  }

  /** `st_mode` of the last `stat`. */
  get mode(): number {
    return this.#view.getUint16(places.struct + statx.offsets.mode, true);
  }

  /** A field of the last `stat` that is a u64, or a u32. */
  statusU64(field: 'inode' | 'byteLength'): bigint {
    return this.#view.getBigUint64(places.struct + statx.offsets[field], true);
  }

  get linkCount(): number {
    return this.#view.getUint32(places.struct + statx.offsets.linkCount, true);
  }

  /** The device number of the last `stat`, in the form that stat(2) gives it. */
  get device(): bigint {
    const major = BigInt(this.#view.getUint32(places.struct + statx.offsets.deviceMajor, true));
    const minor = BigInt(this.#view.getUint32(places.struct + statx.offsets.deviceMinor, true));
    return (
      ((major & ~0xfffn) << 32n) | ((major & 0xfffn) << 8n) | ((minor & ~0xffn) << 12n) | (minor & 0xffn)
    );
  }

  /** A time of the last `stat`, in nanoseconds since 1970, which is negative before. */
  statusTime(field: 'accessTime' | 'modificationTime' | 'changeTime'): bigint {
    const at = places.struct + statx.offsets[field];
    const seconds = this.#view.getBigInt64(at + statxTime.offsets.seconds, true);
    const nanoseconds = this.#view.getUint32(at + statxTime.offsets.nanoseconds, true);
    return seconds * nanosecondsPerSecond + BigInt(nanoseconds);
  }

  /**
   * readlinkat(2) of a descriptor of a link (`OpenFlag.path`), or of a name in a directory. The text is in
   * `linkText`.
   */
  readLink(fd: number, name = ''): number {
    return this.calls.call(Syscall.readlinkat, fd, this.#path(name), this.#address + places.link, pathMax);
  }

  /** The first `length` bytes of what `readLink` has read. */
  linkText(length: number): string {
    return this.#bytes.toString('latin1', places.link, places.link + length);
  }

  /** As `readLink` of a descriptor, to any place. */
  readLinkTo(fd: number, address: Address, length: number): number {
    return this.calls.call(Syscall.readlinkat, fd, this.#path(''), address, length);
  }

  makeDirectory(directory: number, name: string, mode: number): number {
    return this.calls.call3(Syscall.mkdirat, directory, this.#path(name), mode);
  }

  unlink(directory: number, name: string): number {
    return this.calls.call3(Syscall.unlinkat, directory, this.#path(name), 0);
  }

  removeDirectory(directory: number, name: string): number {
    return this.calls.call3(Syscall.unlinkat, directory, this.#path(name), AtFlag.removeDirectory);
  }

  rename(fromDirectory: number, from: string, toDirectory: number, to: string): number {
    const [first, second] = this.#paths(from, to);
    return this.calls.call(Syscall.renameat, fromDirectory, first, toDirectory, second);
  }

  /** linkat(2), which does not follow `from` where it is a symbolic link. */
  link(fromDirectory: number, from: string, toDirectory: number, to: string): number {
    const [first, second] = this.#paths(from, to);
    return this.calls.call(Syscall.linkat, fromDirectory, first, toDirectory, second, 0);
  }

  symlink(target: string, directory: number, name: string): number {
    const [first, second] = this.#paths(target, name);
    return this.calls.call3(Syscall.symlinkat, first, directory, second);
  }

  /**
   * utimensat(2) of a descriptor, or of a path that the process itself sees. Nanoseconds since 1970, or one
   * of `utimeNow` and `utimeOmit` as a number.
   */
  setTimes(
    fd: number,
    path: string | undefined,
    accessTime: Word,
    modificationTime: Word,
    flags = 0,
  ): number {
    const at = places.struct;
    for (const [place, time] of [
      [fileTimes.offsets.accessTime, accessTime],
      [fileTimes.offsets.modificationTime, modificationTime],
    ] as const) {
      const isTime = typeof time === 'bigint';
      const base = at + place;
      this.#view.setBigInt64(
        base + timespec.offsets.seconds,
        isTime ? time / nanosecondsPerSecond : 0n,
        true,
      );
      this.#view.setBigInt64(
        base + timespec.offsets.nanoseconds,
        isTime ? time % nanosecondsPerSecond : BigInt(time),
        true,
      );
    }
    const pathAt = path === undefined ? 0 : this.#path(path);
    return this.calls.call(Syscall.utimensat, fd, pathAt, this.#address + at, flags);
  }

  /** The flags of an open file: `OpenFlag`. */
  getFlags(fd: number): number {
    return this.calls.call3(Syscall.fcntl, fd, FcntlCommand.getFlags, 0);
  }

  setFlags(fd: number, flags: number): number {
    return this.calls.call3(Syscall.fcntl, fd, FcntlCommand.setFlags, flags);
  }

  isTerminal(fd: number): boolean {
    return this.calls.call3(Syscall.ioctl, fd, IoctlRequest.windowSize, this.#address + places.struct) === 0;
  }

  /** How many bytes can be read without waiting; 0 where that cannot be told. */
  readableBytes(fd: number): number {
    const at = places.struct;
    const failed = this.calls.call3(Syscall.ioctl, fd, IoctlRequest.readable, this.#address + at) !== 0;
    return failed ? 0 : Math.max(0, this.#view.getInt32(at, true));
  }

  /** Time of a clock in nanoseconds, or its resolution; undefined where there is no such clock. */
  clock(call: 'clockGettime' | 'clockGetres', clock: number): bigint | undefined {
    const at = places.struct;
    if (this.calls.call3(Syscall[call], clock, this.#address + at, 0) !== 0) return undefined;
    const seconds = this.#view.getBigInt64(at + timespec.offsets.seconds, true);
    return seconds * nanosecondsPerSecond + this.#view.getBigInt64(at + timespec.offsets.nanoseconds, true);
  }

  #path(path: string): Address {
    return this.#put(path, places.path);
  }

  #paths(first: string, second: string): [first: Address, second: Address] {
    return [this.#put(first, places.path), this.#put(second, places.secondPath)];
  }

  #put(path: string, place: number): Address {
    if (path.length >= pathMax) throw new RangeError('a path is too long');
    const length = this.#bytes.write(path, place, 'latin1');
    this.#bytes[place + length] = 0;
    return this.#address + place;
  }
}

/** The thread's. Only where `nativeUnavailable` says nothing. */
export const fileCalls = lazy(() => new FileCalls());

/** Buffers for readv(2) and its like: `struct iovec`s. */
export class IoVectors {
  readonly address: Address;
  readonly #words: Uint32Array;

  constructor() {
    const { address, buffer } = makeBufferBlock(maxVectors * iovec.size);
    this.address = address;
    this.#words = new Uint32Array(buffer);
  }

  set(index: number, base: Address, length: number): void {
    const words = this.#words;
    const start = (index * iovec.size + iovec.offsets.base) / 4;
    words[start] = base;
    words[start + 1] = base / 2 ** 32;
    const end = (index * iovec.size + iovec.offsets.length) / 4;
    words[end] = length;
    words[end + 1] = 0;
  }
}

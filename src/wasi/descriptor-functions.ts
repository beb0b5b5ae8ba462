import { OpenFlag } from '../native/linux/files.js';
import { fileCalls } from '../native/os/file-calls.js';
import { allFdFlags, FdFlags, fdstat, Rights } from './abi.js';
import type { Descriptor } from './descriptors.js';
import { checked, Errno, fail, WasiError } from './errno.js';
import type { GuestMemory, Vectors } from './guest-memory.js';
import { ProcExit } from './proc-exit.js';
import { allRights } from './rights.js';
import type { WasiFunctions, WasiState } from './state.js';
import { systemFile } from './system-file.js';

/** How often a program is told that nobody reads what it writes (EPIPE). */
const maxBrokenPipes = 16;

/** The exit code with which it is ended then: what a shell shows after SIGPIPE. */
const endedBySigpipe = 128 + 13;

/** Flags that can be changed on an open file. */
const settableFlags = FdFlags.append | FdFlags.nonblock;

/** The values of `whence` in POSIX. */
const Whence = { set: 0, current: 1, end: 2 } as const;

/**
 * Writes, and ends a program that keeps writing to a pipe that nobody reads any more. SIGPIPE would have
 * ended a native program at once; many programs ignore errors and would never stop.
 */
function write(descriptor: Descriptor, memory: GuestMemory, vectors: Vectors): number {
  const { file, owned } = descriptor;
  try {
    // Flags that the program sets on a descriptor that it was lent are unknown to the kernel.
    if (!owned && descriptor.appends && !file.appends) return file.append(memory, vectors);
    return file.write(memory, vectors);
  } catch (error) {
    if (error instanceof WasiError && error.errno === Errno.pipe) {
      descriptor.brokenPipeCount++;
      if (descriptor.brokenPipeCount > maxBrokenPipes) throw new ProcExit(endedBySigpipe);
    }
    throw error;
  }
}

/**
 * Writes at a position, as POSIX demands even for files that are open to append. Linux' pwrite(2) appends to
 * those, so the flag is cleared meanwhile where nobody else can see that.
 */
function writeAt(descriptor: Descriptor, memory: GuestMemory, vectors: Vectors, position: bigint): number {
  const { owned, appends, flags } = descriptor;
  const file = systemFile(descriptor.file);
  if (!owned && file.appends) return file.overwriteAt(memory, vectors, position);
  if (!owned || !appends) return file.writeAt(memory, vectors, position);
  const calls = fileCalls();
  checked(calls.setFlags(file.fd, openFlagsOf(flags & ~FdFlags.append)));
  try {
    return file.writeAt(memory, vectors, position);
  } finally {
    calls.setFlags(file.fd, openFlagsOf(flags));
  }
}

/**
 * Fails with EAGAIN if the program does not want to wait and the descriptor's own flags are not the program's
 * to set.
 */
function checkReady({ file, owned, nonblocking }: Descriptor, toWrite: boolean): void {
  if (nonblocking && !owned && !file.isReady(toWrite)) fail(Errno.again);
}

/** A set of rights that the program passed. */
function rightsOf(value: bigint): number {
  const rights = BigInt.asUintN(64, value);
  if (rights > BigInt(allRights)) fail(Errno.notcapable);
  return Number(rights);
}

/** The Linux flags for `FdFlags`. */
export function openFlagsOf(flags: number): number {
  return (
    ((flags & FdFlags.append) !== 0 ? OpenFlag.append : 0) |
    ((flags & FdFlags.nonblock) !== 0 ? OpenFlag.nonblock : 0) |
    ((flags & FdFlags.dsync) !== 0 ? OpenFlag.dsync : 0) |
    // On Linux, too, O_RSYNC is O_SYNC.
    ((flags & (FdFlags.sync | FdFlags.rsync)) !== 0 ? OpenFlag.sync : 0)
  );
}

function setFlags(descriptor: Descriptor, flags: number): void {
  if ((flags & ~allFdFlags) !== 0) fail(Errno.inval);
  if (((flags ^ descriptor.flags) & ~settableFlags) !== 0) fail(Errno.notsup);
  // The flags of a descriptor that the process lent stay as they are: everybody who has it shares them.
  if (descriptor.owned) {
    checked(fileCalls().setFlags(systemFile(descriptor.file).fd, openFlagsOf(flags)));
  } else if (descriptor.file.appends && (flags & FdFlags.append) === 0) fail(Errno.notsup);
  descriptor.flags = flags;
}

/** The functions on descriptors of every kind. They check where results go before they do anything. */
export function descriptorFunctions({ memory, descriptors, layouts }: WasiState): WasiFunctions {
  const posixWhence = new Map<number, number>([
    [layouts.whence.set, Whence.set],
    [layouts.whence.current, Whence.current],
    [layouts.whence.end, Whence.end],
  ]);
  return {
    fd_read: (fd: number, vectorsAt: number, count: number, resultAt: number) => {
      const descriptor = descriptors.readable(fd, Rights.fdRead);
      memory.check(resultAt, 4);
      const vectors = memory.vectors(vectorsAt, count);
      checkReady(descriptor, false);
      memory.setU32(resultAt, descriptor.file.read(memory, vectors));
    },
    fd_write: (fd: number, vectorsAt: number, count: number, resultAt: number) => {
      const descriptor = descriptors.writable(fd, Rights.fdWrite);
      memory.check(resultAt, 4);
      const vectors = memory.vectors(vectorsAt, count);
      checkReady(descriptor, true);
      memory.setU32(resultAt, write(descriptor, memory, vectors));
    },
    fd_pread: (fd: number, vectorsAt: number, count: number, offset: bigint, resultAt: number) => {
      const { file } = descriptors.readable(fd, Rights.fdRead | Rights.fdSeek);
      memory.check(resultAt, 4);
      const vectors = memory.vectors(vectorsAt, count);
      memory.setU32(resultAt, systemFile(file).readAt(memory, vectors, offset));
    },
    fd_pwrite: (fd: number, vectorsAt: number, count: number, offset: bigint, resultAt: number) => {
      const descriptor = descriptors.writable(fd, Rights.fdWrite | Rights.fdSeek);
      memory.check(resultAt, 4);
      const vectors = memory.vectors(vectorsAt, count);
      memory.setU32(resultAt, writeAt(descriptor, memory, vectors, offset));
    },
    fd_seek: (fd: number, offset: bigint, whence: number, resultAt: number) => {
      const descriptor = descriptors.get(fd);
      memory.check(resultAt, 8);
      const how = posixWhence.get(whence) ?? fail(Errno.inval);
      if (descriptor.file.isTerminal) fail(Errno.spipe);
      const onlyTells = how === Whence.current && offset === 0n;
      if (!onlyTells || (descriptor.rights.base & Rights.fdTell) === 0) descriptor.require(Rights.fdSeek);
      memory.setU64(resultAt, descriptor.file.seek(offset, how));
    },
    fd_tell: (fd: number, resultAt: number) => {
      const descriptor = descriptors.get(fd);
      memory.check(resultAt, 8);
      if (descriptor.file.isTerminal) fail(Errno.spipe);
      // The right to seek includes it.
      if ((descriptor.rights.base & Rights.fdSeek) === 0) descriptor.require(Rights.fdTell);
      memory.setU64(resultAt, descriptor.file.seek(0n, Whence.current));
    },
    fd_close: (fd: number) => descriptors.close(fd),
    fd_renumber: (from: number, to: number) => descriptors.renumber(from, to),
    fd_fdstat_get: (fd: number, resultAt: number) => {
      const descriptor = descriptors.get(fd);
      const { base, inheriting } = descriptor.rights;
      memory.clear(resultAt, fdstat.size);
      memory.setU8(resultAt + fdstat.fileType, descriptor.file.fileType);
      memory.setU16(resultAt + fdstat.flags, descriptor.flags);
      memory.setU64(resultAt + fdstat.rightsBase, BigInt(base));
      memory.setU64(resultAt + fdstat.rightsInheriting, BigInt(inheriting));
    },
    fd_fdstat_set_flags: (fd: number, flags: number) =>
      setFlags(descriptors.withRights(fd, Rights.fdFdstatSetFlags), flags),
    fd_fdstat_set_rights: (fd: number, base: bigint, inheriting: bigint) =>
      descriptors.get(fd).narrow({ base: rightsOf(base), inheriting: rightsOf(inheriting) }),
  };
}

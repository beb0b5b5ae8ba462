import { fileCalls } from '../native/file-calls.js';
import { OpenFlag } from '../native/linux.js';
import { allFdFlags, FdFlags, fdstat, Rights } from './abi.js';
import type { Descriptor } from './descriptors.js';
import { checked, Errno, fail, WasiError } from './errno.js';
import type { GuestMemory, Vectors } from './guest-memory.js';
import { ProcExit } from './proc-exit.js';
import { allRights } from './rights.js';
import type { WasiFunctions, WasiState } from './state.js';
import { systemFile } from './system-file.js';

/** How often a program is told that nobody reads what it writes (EPIPE), … */
const maxBrokenPipes = 16;

/** … and the exit code with which it is ended then: what a shell shows after SIGPIPE. */
const endedBySigpipe = 128 + 13;

/** What can be changed of an open file. */
const settableFlags = FdFlags.append | FdFlags.nonblock;

/** POSIX' `whence`. */
const Whence = { set: 0, current: 1, end: 2 } as const;

/**
 * Writes, and ends a program that goes on writing to a pipe which nobody reads any more. A native one would have been
 * ended by SIGPIPE at once; many do not look at errors and would never stop.
 */
function write(descriptor: Descriptor, memory: GuestMemory, vectors: Vectors): number {
  try {
    return descriptor.file.write(memory, vectors);
  } catch (error) {
    if (error instanceof WasiError && error.errno === Errno.pipe) {
      descriptor.brokenPipeCount++;
      if (descriptor.brokenPipeCount > maxBrokenPipes) throw new ProcExit(endedBySigpipe);
    }
    throw error;
  }
}

/** EAGAIN where the program does not want to wait, on a descriptor whose flags are not the program's. */
function checkReady({ file, owned, nonblocking }: Descriptor, toWrite: boolean): void {
  if (nonblocking && !owned && !file.isReady(toWrite)) fail(Errno.again);
}

/** A set of rights from the program. */
function rightsOf(value: bigint): number {
  const rights = BigInt.asUintN(64, value);
  if (rights > BigInt(allRights)) fail(Errno.notcapable);
  return Number(rights);
}

/** Linux' flags for `FdFlags`. */
export function openFlagsOf(flags: number): number {
  return (
    ((flags & FdFlags.append) !== 0 ? OpenFlag.append : 0) |
    ((flags & FdFlags.nonblock) !== 0 ? OpenFlag.nonblock : 0) |
    ((flags & FdFlags.dsync) !== 0 ? OpenFlag.dsync : 0) |
    // Linux has no O_RSYNC of its own either.
    ((flags & (FdFlags.sync | FdFlags.rsync)) !== 0 ? OpenFlag.sync : 0)
  );
}

function setFlags(descriptor: Descriptor, flags: number): void {
  if ((flags & ~allFdFlags) !== 0) fail(Errno.inval);
  if (((flags ^ descriptor.flags) & ~settableFlags) !== 0) fail(Errno.notsup);
  // Those of a descriptor that was lent by the process stay: they belong to everybody who has it.
  if (descriptor.owned) {
    checked(fileCalls().setFlags(systemFile(descriptor.file).fd, openFlagsOf(flags)));
  }
  descriptor.flags = flags;
}

/** The functions on all kinds of descriptors. Where a result is to be written is checked before anything is done. */
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
      const { file } = descriptors.writable(fd, Rights.fdWrite | Rights.fdSeek);
      memory.check(resultAt, 4);
      const vectors = memory.vectors(vectorsAt, count);
      memory.setU32(resultAt, systemFile(file).writeAt(memory, vectors, offset));
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

import type { BigIntStats } from 'node:fs';
import { FdFlags, fdstat, filestat, iovec, Whence } from './abi.js';
import type { Descriptor } from './descriptors.js';
import { Errno, WasiError } from './errno.js';
import type { GuestMemory } from './guest-memory.js';
import { pollIn, pollOut } from './host-calls.js';
import { fileTypeOf } from './host-file.js';
import { ProcExit } from './proc-exit.js';
import type { WasiFunctions, WasiState } from './state.js';

/** POSIX' IOV_MAX on Linux: more buffers at once fail with EINVAL. */
const maxBuffers = 1024;

/** How often a program is told that nobody reads what it writes (EPIPE), … */
const maxBrokenPipes = 16;

/** … and the exit code with which it is ended then: what a shell shows after SIGPIPE. */
const endedBySigpipe = 128 + 13;

const settableFlags = FdFlags.append | FdFlags.nonblock;

/** The non-empty buffers that an array of `iovec`s names. EINVAL when together they are longer than a u32 can say. */
function buffersAt(memory: GuestMemory, vectors: number, count: number): Uint8Array[] {
  if (count > maxBuffers) throw new WasiError(Errno.inval);
  memory.check(vectors, count * iovec.size);
  const buffers: Uint8Array[] = [];
  let total = 0;
  for (let index = 0; index < count; index++) {
    const at = vectors + index * iovec.size;
    const length = memory.getU32(at + iovec.length);
    const bytes = memory.bytes(memory.getU32(at + iovec.buffer), length);
    if (length > 0) buffers.push(bytes);
    total += length;
  }
  if (total > 0xffff_ffff) throw new WasiError(Errno.inval);
  return buffers;
}

function writeFilestat(memory: GuestMemory, at: number, stat: BigIntStats): void {
  memory.clear(at, filestat.size);
  memory.setU64(at + filestat.device, stat.dev);
  memory.setU64(at + filestat.inode, stat.ino);
  memory.setU8(at + filestat.fileType, fileTypeOf(stat));
  memory.setU64(at + filestat.linkCount, stat.nlink);
  memory.setU64(at + filestat.byteLength, stat.size);
  memory.setU64(at + filestat.accessTime, stat.atimeNs);
  memory.setU64(at + filestat.modificationTime, stat.mtimeNs);
  memory.setU64(at + filestat.changeTime, stat.ctimeNs);
}

/**
 * Writes, and ends a program that goes on writing to a pipe which nobody reads any more. A native one would have been
 * ended by SIGPIPE at once; many do not look at errors and would never stop.
 */
function write(descriptor: Descriptor, buffers: readonly Uint8Array[]): number {
  try {
    return descriptor.file.write(buffers);
  } catch (error) {
    if (error instanceof WasiError && error.errno === Errno.pipe) {
      descriptor.brokenPipeCount++;
      if (descriptor.brokenPipeCount > maxBrokenPipes) throw new ProcExit(endedBySigpipe);
    }
    throw error;
  }
}

/** The functions on file descriptors. Where a result is to be written is checked before anything is done. */
export function descriptorFunctions({ memory, descriptors }: WasiState): WasiFunctions {
  return {
    fd_read: (fd: number, vectors: number, count: number, resultAt: number) => {
      const descriptor = descriptors.readable(fd);
      memory.check(resultAt, 4);
      const buffers = buffersAt(memory, vectors, count);
      if (descriptor.nonblocking && !descriptor.file.poll(pollIn, 0)) throw new WasiError(Errno.again);
      memory.setU32(resultAt, descriptor.file.read(buffers));
    },
    fd_write: (fd: number, vectors: number, count: number, resultAt: number) => {
      const descriptor = descriptors.writable(fd);
      memory.check(resultAt, 4);
      const buffers = buffersAt(memory, vectors, count);
      if (descriptor.nonblocking && !descriptor.file.poll(pollOut, 0)) throw new WasiError(Errno.again);
      memory.setU32(resultAt, write(descriptor, buffers));
    },
    fd_seek: (fd: number, offset: bigint, whence: number, resultAt: number) => {
      const descriptor = descriptors.get(fd);
      memory.check(resultAt, 8);
      if (whence > Whence.end) throw new WasiError(Errno.inval);
      memory.setU64(resultAt, descriptor.file.seek(offset, whence));
    },
    fd_tell: (fd: number, resultAt: number) => {
      const descriptor = descriptors.get(fd);
      memory.setU64(resultAt, descriptor.file.seek(0n, Whence.current));
    },
    fd_close: (fd: number) => descriptors.close(fd),
    fd_fdstat_get: (fd: number, resultAt: number) => {
      const descriptor = descriptors.get(fd);
      memory.clear(resultAt, fdstat.size);
      memory.setU8(resultAt + fdstat.fileType, descriptor.file.fileType);
      memory.setU16(resultAt + fdstat.flags, descriptor.flags);
      memory.setU64(resultAt + fdstat.rightsBase, descriptor.rights);
    },
    fd_fdstat_set_flags: (fd: number, flags: number) => {
      const descriptor = descriptors.get(fd);
      if ((flags & ~settableFlags) !== 0) throw new WasiError(Errno.notsup);
      descriptor.flags = flags;
    },
    fd_filestat_get: (fd: number, resultAt: number) => {
      const descriptor = descriptors.get(fd);
      memory.check(resultAt, filestat.size);
      writeFilestat(memory, resultAt, descriptor.file.stat());
    },
    // Nothing is preopened, so no descriptor is a preopened directory.
    fd_prestat_get: () => {
      throw new WasiError(Errno.badf);
    },
    fd_prestat_dir_name: () => {
      throw new WasiError(Errno.badf);
    },
  };
}

import { lazy } from '../native/ffi/lazy.js';
import { DirentType, dirent64 } from '../native/linux/files.js';
import { makeBufferBlock } from '../native/memory/buffer-block.js';
import { type FileCalls, fileCalls } from '../native/os/file-calls.js';
import { Syscall } from '../native/x64/linux/syscalls.js';
import { dirent, FileType, prestat, Rights } from './abi.js';
import { checked, Errno, fail } from './errno.js';
import type { GuestMemory } from './guest-memory.js';
import type { WasiFunctions, WasiState } from './state.js';
import { fileTypeOfMode } from './system-file.js';

/**
 * How many bytes of entries are read at once: at least the longest entry, and at most what the program has
 * room for.
 */
const leastChunk = 1024;
const mostChunk = 32768;

const fileTypes: Readonly<Record<number, FileType>> = {
  [DirentType.characterDevice]: FileType.characterDevice,
  [DirentType.directory]: FileType.directory,
  [DirentType.blockDevice]: FileType.blockDevice,
  [DirentType.regularFile]: FileType.regularFile,
  [DirentType.symbolicLink]: FileType.symbolicLink,
};

/** The buffer that entries are read into. */
const entries = lazy(() => {
  const { address, buffer } = makeBufferBlock(mostChunk);
  return { address, bytes: Buffer.from(buffer), view: new DataView(buffer) };
});

/** Writes directory entries one after the other; the last one is cut off where the room ends. */
class EntryWriter {
  readonly #memory: GuestMemory;
  readonly #end: number;
  readonly #header = new Uint8Array(dirent.size);
  readonly #view = new DataView(this.#header.buffer);
  #at: number;

  constructor(memory: GuestMemory, at: number, length: number) {
    this.#memory = memory;
    this.#at = at;
    this.#end = at + length;
  }

  get room(): number {
    return this.#end - this.#at;
  }

  add(next: bigint, inode: bigint, type: FileType, name: Uint8Array): void {
    this.#view.setBigUint64(dirent.next, next, true);
    this.#view.setBigUint64(dirent.inode, inode, true);
    this.#view.setUint32(dirent.nameLength, name.length, true);
    this.#view.setUint8(dirent.type, type);
    this.#write(this.#header);
    this.#write(name);
  }

  #write(bytes: Uint8Array): void {
    const length = Math.min(bytes.length, this.room);
    this.#memory.setBytes(this.#at, bytes.subarray(0, length));
    this.#at += length;
  }
}

/**
 * Reads entries starting at a cookie. It is a position from the kernel, and stays right while others create
 * and remove entries.
 */
function readEntries(calls: FileCalls, fd: number, cookie: bigint, writer: EntryWriter): void {
  checked(calls.calls.call3(Syscall.lseek, fd, cookie, 0));
  const { address, bytes, view } = entries();
  while (writer.room > 0) {
    const chunk = Math.min(Math.max(writer.room, leastChunk), mostChunk);
    const length = checked(calls.calls.call3(Syscall.getdents64, fd, address, chunk));
    if (length === 0) return;
    for (let at = 0; at < length && writer.room > 0; ) {
      const nameAt = at + dirent64.offsets.name;
      const name = bytes.subarray(nameAt, bytes.indexOf(0, nameAt));
      const isParent = name.length === 2 && name[0] === 0x2e && name[1] === 0x2e;
      // The program may not see the directory above, so it learns nothing of it.
      const inode = isParent ? 0n : view.getBigUint64(at + dirent64.offsets.inode, true);
      const type = view.getUint8(at + dirent64.offsets.type);
      const fileType =
        type === DirentType.unknown
          ? typeOfEntry(calls, fd, name)
          : (fileTypes[type] ?? FileType.socketStream);
      writer.add(view.getBigUint64(at + dirent64.offsets.next, true), inode, fileType, name);
      at += view.getUint16(at + dirent64.offsets.length, true);
    }
  }
}

/** For file systems that do not store types in directories. */
function typeOfEntry(calls: FileCalls, fd: number, name: Buffer): FileType {
  return calls.statAt(fd, name.toString('latin1')) === 0 ? fileTypeOfMode(calls.mode) : FileType.unknown;
}

/** The functions that list directories, and name the preopened ones. */
export function directoryFunctions({ memory, descriptors }: WasiState): WasiFunctions {
  const preopenName = (fd: number): Uint8Array => descriptors.get(fd).preopenName ?? fail(Errno.badf);
  return {
    fd_prestat_get: (fd: number, resultAt: number) => {
      const name = preopenName(fd);
      memory.clear(resultAt, prestat.size);
      memory.setU32(resultAt + prestat.nameLength, name.length);
    },
    fd_prestat_dir_name: (fd: number, bufferAt: number, bufferLength: number) => {
      const name = preopenName(fd);
      memory.check(bufferAt, bufferLength);
      if (bufferLength < name.length) fail(Errno.nametoolong);
      memory.setBytes(bufferAt, name);
    },
    fd_readdir: (fd: number, bufferAt: number, bufferLength: number, cookie: bigint, resultAt: number) => {
      const { file } = descriptors.directory(fd, Rights.fdReaddir);
      memory.check(bufferAt, bufferLength);
      memory.check(resultAt, 4);
      const writer = new EntryWriter(memory, bufferAt, bufferLength);
      readEntries(fileCalls(), file.fd, cookie, writer);
      memory.setU32(resultAt, bufferLength - writer.room);
    },
  };
}

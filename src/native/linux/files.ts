import { bytes, struct } from '../../layout/struct.js';
import { timespec } from './time.js';

/**
 * Files as system calls on Linux see them: flags and structures, from the kernel's headers in `include/uapi`.
 * All numbers are little-endian.
 */

export const OpenFlag = {
  readOnly: 0,
  writeOnly: 1,
  readWrite: 2,
  create: 0o100,
  exclusive: 0o200,
  /** A terminal does not become the process's. */
  noControllingTerminal: 0o400,
  truncate: 0o1000,
  append: 0o2000,
  nonblock: 0o4000,
  dsync: 0o10000,
  directory: 0o200000,
  noFollow: 0o400000,
  closeOnExec: 0o2000000,
  /** Contains the bit of `dsync`. */
  sync: 0o4010000,
  /** Only a place in the tree: nothing can be read or written through it. */
  path: 0o10000000,
} as const;

/**
 * Of pwritev2(2): to the end of the file (Linux 4.16); to the position given, also where O_APPEND is set
 * (6.9).
 */
export const WriteFlag = { append: 0x10, noAppend: 0x20 } as const;

/** `open_how.resolve` of openat2(2). */
export const Resolve = { noMagicLinks: 0x02, beneath: 0x08 } as const;

/** `dirfd` of the calls whose names end in `at`: the working directory. */
export const currentDirectory = -100;

export const AtFlag = { symlinkNoFollow: 0x100, removeDirectory: 0x200, emptyPath: 0x1000 } as const;

export const FcntlCommand = { getFlags: 3, setFlags: 4 } as const;

/** Requests of ioctl(2). */
export const IoctlRequest = {
  /** Gives the window's size: what a terminal has. */
  windowSize: 0x5413,
  /** Gives the number of bytes that can be read, an i32. */
  readable: 0x541b,
} as const;

/** In `statx.mode`. */
export const modeTypeMask = 0o170000;
export const ModeType = {
  fifo: 0o010000,
  characterDevice: 0o020000,
  directory: 0o040000,
  blockDevice: 0o060000,
  regularFile: 0o100000,
  symbolicLink: 0o120000,
  socket: 0o140000,
} as const;

/** STATX_BASIC_STATS. */
export const statxBasic = 0x7ff;

/** statx_timestamp: a time since 1970. */
export const statxTime = struct({ seconds: 'i64', nanoseconds: 'u32', reserved: 'i32' });

export const statx = struct({
  mask: 'u32',
  blockSize: 'u32',
  attributes: 'u64',
  linkCount: 'u32',
  user: 'u32',
  group: 'u32',
  mode: 'u16',
  inode: 'u64',
  byteLength: 'u64',
  blockCount: 'u64',
  attributesMask: 'u64',
  accessTime: statxTime,
  birthTime: statxTime,
  changeTime: statxTime,
  modificationTime: statxTime,
  specialDeviceMajor: 'u32',
  specialDeviceMinor: 'u32',
  deviceMajor: 'u32',
  deviceMinor: 'u32',
  rest: bytes(112),
});

export const openHow = struct({ flags: 'u64', mode: 'u64', resolve: 'u64' });

/** What utimensat(2) takes. */
export const fileTimes = struct({ accessTime: timespec, modificationTime: timespec });

/** Instead of nanoseconds, for utimensat(2): the time now, or no change. */
export const utimeNow = 0x3fff_ffff;
export const utimeOmit = 0x3fff_fffe;

export const iovec = struct({ base: 'u64', length: 'u64' });

export const pollfd = struct({ fd: 'i32', events: 'u16', returnedEvents: 'u16' });
export const PollEvent = { in: 1, out: 4, error: 8, hangUp: 16, invalid: 32 } as const;

/** `linux_dirent64`. The name, which ends with a NUL, begins at `name`. */
export const dirent64 = struct({ inode: 'u64', next: 'i64', length: 'u16', type: 'u8', name: bytes(0) });
export const DirentType = {
  unknown: 0,
  characterDevice: 2,
  directory: 4,
  blockDevice: 6,
  regularFile: 8,
  symbolicLink: 10,
} as const;

/**
 * Constants and structures of WASI preview 1 as they lie in linear memory, and those of its predecessor
 * `wasi_unstable` (preview 0) that differ. Offsets and sizes are in bytes; all numbers are little-endian.
 * Source: the witx files of the specification.
 */

export const ClockId = { realtime: 0, monotonic: 1, processCpuTime: 2, threadCpuTime: 3 } as const;

export const FileType = {
  unknown: 0,
  blockDevice: 1,
  characterDevice: 2,
  directory: 3,
  regularFile: 4,
  socketStream: 6,
  symbolicLink: 7,
} as const;
export type FileType = (typeof FileType)[keyof typeof FileType];

export const FdFlags = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const;
export const allFdFlags = 31;

/** For `path_open`. */
export const OpenFlags = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;
export const allOpenFlags = 15;

/** In `lookupflags`: if a path ends in a symbolic link, follow it. */
export const lookupSymlinkFollow = 1;

export const TimeFlags = { access: 1, accessNow: 2, modification: 4, modificationNow: 8 } as const;
export const allTimeFlags = 15;

/** Flags that `sock_recv` takes, and the one that it returns. */
export const ReceiveFlags = { peek: 1, waitAll: 2 } as const;
export const receivedTruncated = 1;

/** For `sock_shutdown`. */
export const ShutdownFlags = { receive: 1, send: 2 } as const;

/** The largest value of `advice`. */
export const maxAdvice = 5;

/** All rights fit into 30 bits, so a set of them is a number. */
export const Rights = {
  fdDatasync: 1 << 0,
  fdRead: 1 << 1,
  fdSeek: 1 << 2,
  fdFdstatSetFlags: 1 << 3,
  fdSync: 1 << 4,
  fdTell: 1 << 5,
  fdWrite: 1 << 6,
  fdAdvise: 1 << 7,
  fdAllocate: 1 << 8,
  pathCreateDirectory: 1 << 9,
  pathCreateFile: 1 << 10,
  pathLinkSource: 1 << 11,
  pathLinkTarget: 1 << 12,
  pathOpen: 1 << 13,
  fdReaddir: 1 << 14,
  pathReadlink: 1 << 15,
  pathRenameSource: 1 << 16,
  pathRenameTarget: 1 << 17,
  pathFilestatGet: 1 << 18,
  pathFilestatSetSize: 1 << 19,
  pathFilestatSetTimes: 1 << 20,
  fdFilestatGet: 1 << 21,
  fdFilestatSetSize: 1 << 22,
  fdFilestatSetTimes: 1 << 23,
  pathSymlink: 1 << 24,
  pathRemoveDirectory: 1 << 25,
  pathUnlinkFile: 1 << 26,
  pollFdReadwrite: 1 << 27,
  sockShutdown: 1 << 28,
  sockAccept: 1 << 29,
} as const;
/** A single right. */
export type Right = (typeof Rights)[keyof typeof Rights];

/** `iovec` and `ciovec`: address and length of a buffer, both u32. */
export const iovec = { size: 8, buffer: 0, length: 4 } as const;

export const fdstat = { size: 24, fileType: 0, flags: 2, rightsBase: 8, rightsInheriting: 16 } as const;

/** The type of a preopened directory is 0. */
export const prestat = { size: 8, type: 0, nameLength: 4 } as const;

/** The name follows immediately, without a NUL. */
export const dirent = { size: 24, next: 0, inode: 8, nameLength: 16, type: 20 } as const;

export const EventType = { clock: 0, fdRead: 1, fdWrite: 2 } as const;

/** In a subscription's clock flags: the timeout is a point in time, not a duration. */
export const subscriptionClockAbsolute = 1;

export const event = {
  size: 32,
  userData: 0,
  error: 8,
  type: 10,
  byteCount: 16,
  readWriteFlags: 24,
} as const;

/** In `event.readWriteFlags`: nobody is at the other end. */
export const eventHangUp = 1;

/** What preview 1 and its predecessor lay out differently. */
export interface Layouts {
  /** Values of `whence`. */
  readonly whence: { readonly set: number; readonly current: number; readonly end: number };
  readonly filestat: {
    readonly size: number;
    readonly device: number;
    readonly inode: number;
    readonly fileType: number;
    readonly linkCount: number;
    /** Whether the link count is a u64; otherwise it is a u32. */
    readonly wideLinkCount: boolean;
    readonly byteLength: number;
    readonly accessTime: number;
    readonly modificationTime: number;
    readonly changeTime: number;
  };
  readonly subscription: {
    readonly size: number;
    readonly userData: number;
    readonly type: number;
    /** For clocks. */
    readonly clockId: number;
    readonly timeout: number;
    readonly clockFlags: number;
    /** For descriptors. */
    readonly fd: number;
  };
}

const preview1: Layouts = {
  whence: { set: 0, current: 1, end: 2 },
  filestat: {
    size: 64,
    device: 0,
    inode: 8,
    fileType: 16,
    linkCount: 24,
    wideLinkCount: true,
    byteLength: 32,
    accessTime: 40,
    modificationTime: 48,
    changeTime: 56,
  },
  subscription: { size: 48, userData: 0, type: 8, clockId: 16, timeout: 24, clockFlags: 40, fd: 16 },
};

const unstable: Layouts = {
  whence: { current: 0, end: 1, set: 2 },
  filestat: {
    size: 56,
    device: 0,
    inode: 8,
    fileType: 16,
    linkCount: 20,
    wideLinkCount: false,
    byteLength: 24,
    accessTime: 32,
    modificationTime: 40,
    changeTime: 48,
  },
  subscription: { size: 56, userData: 0, type: 8, clockId: 24, timeout: 32, clockFlags: 48, fd: 16 },
};

export const layouts = { preview1, unstable } as const;

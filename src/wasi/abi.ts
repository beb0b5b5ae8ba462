/**
 * Constants and structures of WASI preview 1 as they lie in linear memory. Offsets and sizes in bytes; all numbers
 * are little-endian.
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

export const Whence = { set: 0, current: 1, end: 2 } as const;

export const Rights = {
  fdRead: 1n << 1n,
  fdSeek: 1n << 2n,
  fdFdstatSetFlags: 1n << 3n,
  fdTell: 1n << 5n,
  fdWrite: 1n << 6n,
  fdFilestatGet: 1n << 21n,
  pollFdReadwrite: 1n << 27n,
} as const;

/** `iovec` and `ciovec`: address and length of a buffer, both u32. */
export const iovec = { size: 8, buffer: 0, length: 4 } as const;

export const fdstat = { size: 24, fileType: 0, flags: 2, rightsBase: 8, rightsInheriting: 16 } as const;

export const filestat = {
  size: 64,
  device: 0,
  inode: 8,
  fileType: 16,
  linkCount: 24,
  byteLength: 32,
  accessTime: 40,
  modificationTime: 48,
  changeTime: 56,
} as const;

export const EventType = { clock: 0, fdRead: 1, fdWrite: 2 } as const;

export const subscription = {
  size: 48,
  userData: 0,
  type: 8,
  /** Clocks. */
  clockId: 16,
  timeout: 24,
  clockFlags: 40,
  /** Descriptors. */
  fd: 16,
} as const;

/** In `subscription.clockFlags`: the timeout is a point in time, not a span. */
export const subscriptionClockAbsolute = 1;

export const event = {
  size: 32,
  userData: 0,
  error: 8,
  type: 10,
  byteCount: 16,
  readWriteFlags: 24,
} as const;

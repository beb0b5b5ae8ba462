/**
 * Linux on x86-64 as system calls see it: numbers, flags, and structures. Offsets and sizes in bytes; all numbers are
 * little-endian. From the kernel's headers in `include/uapi`.
 */

/** Numbers of system calls: `arch/x86/entry/syscalls/syscall_64.tbl`. */
export const Syscall = {
  read: 0,
  write: 1,
  close: 3,
  lseek: 8,
  ioctl: 16,
  pread64: 17,
  pwrite64: 18,
  readv: 19,
  writev: 20,
  schedYield: 24,
  socket: 41,
  sendmsg: 46,
  recvmsg: 47,
  shutdown: 48,
  bind: 49,
  listen: 50,
  getsockname: 51,
  setsockopt: 54,
  fcntl: 72,
  fsync: 74,
  fdatasync: 75,
  ftruncate: 77,
  getdents64: 217,
  fadvise64: 221,
  clockGettime: 228,
  clockGetres: 229,
  openat: 257,
  mkdirat: 258,
  unlinkat: 263,
  renameat: 264,
  linkat: 265,
  symlinkat: 266,
  readlinkat: 267,
  ppoll: 271,
  utimensat: 280,
  fallocate: 285,
  accept4: 288,
  preadv: 295,
  pwritev: 296,
  getrandom: 318,
  statx: 332,
  openat2: 437,
} as const;

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

export const statx = {
  size: 256,
  linkCount: 16,
  mode: 28,
  inode: 32,
  byteLength: 40,
  /** Times are i64 seconds and u32 nanoseconds, 8 bytes behind. */
  accessTime: 64,
  changeTime: 96,
  modificationTime: 112,
  deviceMajor: 136,
  deviceMinor: 140,
} as const;

export const openHow = { size: 24, flags: 0, mode: 8, resolve: 16 } as const;

/** Both i64. */
export const timespec = { size: 16, seconds: 0, nanoseconds: 8 } as const;

/** Instead of nanoseconds, for utimensat(2): the time now, or no change. */
export const utimeNow = 0x3fff_ffff;
export const utimeOmit = 0x3fff_fffe;

/** Address and length are u64. */
export const iovec = { size: 16, base: 0, length: 8 } as const;

export const pollfd = { size: 8, fd: 0, events: 4, returnedEvents: 6 } as const;
export const PollEvent = { in: 1, out: 4, error: 8, hangUp: 16, invalid: 32 } as const;

/** The name, with a NUL behind it, begins at `name`. */
export const dirent64 = { inode: 0, next: 8, length: 16, type: 18, name: 19 } as const;
export const DirentType = {
  unknown: 0,
  characterDevice: 2,
  directory: 4,
  blockDevice: 6,
  regularFile: 8,
  symbolicLink: 10,
} as const;

export const msghdr = { size: 56, vectors: 16, vectorCount: 24, flags: 48 } as const;
export const MessageFlag = { peek: 2, truncated: 0x20, waitAll: 0x100, noSignal: 0x4000 } as const;

export const AddressFamily = { inet: 2, inet6: 10 } as const;
/** Port and addresses are big-endian. */
export const sockaddrIn = { size: 16, family: 0, port: 2, address: 4 } as const;
export const sockaddrIn6 = { size: 28, family: 0, port: 2, address: 8 } as const;
export const SocketType = { stream: 1, closeOnExec: 0o2000000, nonblock: 0o4000 } as const;
/** SOL_SOCKET and SO_REUSEADDR. */
export const socketLevel = 1;
export const reuseAddress = 2;

/** Error numbers that are looked at by number. */
export const LinuxErrno = {
  perm: 1,
  noent: 2,
  intr: 4,
  again: 11,
  acces: 13,
  xdev: 18,
  notdir: 20,
  inval: 22,
  nametoolong: 36,
  nosys: 38,
  loop: 40,
  notsock: 88,
} as const;

/** Names of error numbers, without the E, from 1 on: `asm-generic/errno-base.h` and `errno.h`. */
const names = (
  'PERM NOENT SRCH INTR IO NXIO 2BIG NOEXEC BADF CHILD AGAIN NOMEM ACCES FAULT NOTBLK BUSY EXIST XDEV NODEV NOTDIR ' +
  'ISDIR INVAL NFILE MFILE NOTTY TXTBSY FBIG NOSPC SPIPE ROFS MLINK PIPE DOM RANGE DEADLK NAMETOOLONG NOLCK NOSYS ' +
  'NOTEMPTY LOOP - NOMSG IDRM CHRNG L2NSYNC L3HLT L3RST LNRNG UNATCH NOCSI L2HLT BADE BADR XFULL NOANO BADRQC ' +
  'BADSLT - BFONT NOSTR NODATA TIME NOSR NONET NOPKG REMOTE NOLINK ADV SRMNT COMM PROTO MULTIHOP DOTDOT BADMSG ' +
  'OVERFLOW NOTUNIQ BADFD REMCHG LIBACC LIBBAD LIBSCN LIBMAX LIBEXEC ILSEQ RESTART STRPIPE USERS NOTSOCK ' +
  'DESTADDRREQ MSGSIZE PROTOTYPE NOPROTOOPT PROTONOSUPPORT SOCKTNOSUPPORT OPNOTSUPP PFNOSUPPORT AFNOSUPPORT ' +
  'ADDRINUSE ADDRNOTAVAIL NETDOWN NETUNREACH NETRESET CONNABORTED CONNRESET NOBUFS ISCONN NOTCONN SHUTDOWN ' +
  'TOOMANYREFS TIMEDOUT CONNREFUSED HOSTDOWN HOSTUNREACH ALREADY INPROGRESS STALE UCLEAN NOTNAM NAVAIL ISNAM ' +
  'REMOTEIO DQUOT NOMEDIUM MEDIUMTYPE CANCELED NOKEY KEYEXPIRED KEYREVOKED KEYREJECTED OWNERDEAD NOTRECOVERABLE'
).split(' ');

/** The symbolic name of an error number, such as `ENOENT`. */
export function linuxErrnoName(errno: number): string {
  const name = names[errno - 1];
  return name === undefined || name === '-' ? `errno ${errno}` : `E${name}`;
}

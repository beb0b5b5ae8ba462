import { linuxErrnoName } from '../native/linux/errno.js';

/**
 * Error numbers of WASI preview 1 in order: the index is the number. Host errors map to those of the same
 * name.
 */
const names = [
  'SUCCESS',
  '2BIG',
  'ACCES',
  'ADDRINUSE',
  'ADDRNOTAVAIL',
  'AFNOSUPPORT',
  'AGAIN',
  'ALREADY',
  'BADF',
  'BADMSG',
  'BUSY',
  'CANCELED',
  'CHILD',
  'CONNABORTED',
  'CONNREFUSED',
  'CONNRESET',
  'DEADLK',
  'DESTADDRREQ',
  'DOM',
  'DQUOT',
  'EXIST',
  'FAULT',
  'FBIG',
  'HOSTUNREACH',
  'IDRM',
  'ILSEQ',
  'INPROGRESS',
  'INTR',
  'INVAL',
  'IO',
  'ISCONN',
  'ISDIR',
  'LOOP',
  'MFILE',
  'MLINK',
  'MSGSIZE',
  'MULTIHOP',
  'NAMETOOLONG',
  'NETDOWN',
  'NETRESET',
  'NETUNREACH',
  'NFILE',
  'NOBUFS',
  'NODEV',
  'NOENT',
  'NOEXEC',
  'NOLCK',
  'NOLINK',
  'NOMEM',
  'NOMSG',
  'NOPROTOOPT',
  'NOSPC',
  'NOSYS',
  'NOTCONN',
  'NOTDIR',
  'NOTEMPTY',
  'NOTRECOVERABLE',
  'NOTSOCK',
  'NOTSUP',
  'NOTTY',
  'NXIO',
  'OVERFLOW',
  'OWNERDEAD',
  'PERM',
  'PIPE',
  'PROTO',
  'PROTONOSUPPORT',
  'PROTOTYPE',
  'RANGE',
  'ROFS',
  'SPIPE',
  'SRCH',
  'STALE',
  'TIMEDOUT',
  'TXTBSY',
  'XDEV',
  'NOTCAPABLE',
] as const;

/** The error numbers that the implementation itself returns. */
export const Errno = {
  success: 0,
  again: 6,
  badf: 8,
  fault: 21,
  inval: 28,
  io: 29,
  isdir: 31,
  loop: 32,
  mfile: 33,
  nametoolong: 37,
  noent: 44,
  nospc: 51,
  nosys: 52,
  notdir: 54,
  notsock: 57,
  notsup: 58,
  perm: 63,
  pipe: 64,
  spipe: 70,
  notcapable: 76,
} as const;
/** A WASI error number, 0 (success) to 76. */
export type Errno = number;

/** Ends a WASI function with an error number. */
export class WasiError extends Error {
  override readonly name = 'WasiError';
  readonly errno: Errno;

  constructor(errno: Errno) {
    super(`WASI error ${errno} (${names[errno]})`);
    this.errno = errno;
  }
}

/**
 * One error object for each number: programs run into errors all the time, and nobody looks at their stacks.
 */
const errors: (WasiError | undefined)[] = [];

/** Ends a WASI function with an error number. */
export function fail(errno: Errno): never {
  errors[errno] ??= new WasiError(errno);
  throw errors[errno];
}

/** The name of an error number, such as `EPIPE`. */
export function errnoName(errno: Errno): string {
  return `E${names[errno]}`;
}

/** The WASI number for a host error's code, such as `EPIPE`; EIO where WASI has no such error. */
export function errnoOfCode(code: string): Errno {
  if (code === 'EWOULDBLOCK') return Errno.again;
  if (code === 'EOPNOTSUPP') return Errno.notsup;
  const index = code.startsWith('E') ? (names as readonly string[]).indexOf(code.slice(1)) : -1;
  return index > 0 ? index : Errno.io;
}

/** The result of a system call; fails with the error that it stands for. */
export function checked(result: number): number {
  if (result < 0) fail(errnoOfCode(linuxErrnoName(-result)));
  return result;
}

/** The code of an error that Node's `fs` functions throw; undefined for other errors. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

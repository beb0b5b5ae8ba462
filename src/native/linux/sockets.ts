import { bytes, struct } from '../../layout/struct.js';

/** Sockets as system calls on Linux see them: flags and structures. */

export const msghdr = struct({
  name: 'u64',
  nameLength: 'u32',
  vectors: 'u64',
  vectorCount: 'u64',
  control: 'u64',
  controlLength: 'u64',
  flags: 'u32',
});
export const MessageFlag = { peek: 2, truncated: 0x20, waitAll: 0x100, noSignal: 0x4000 } as const;

export const AddressFamily = { inet: 2, inet6: 10 } as const;

/** `sockaddr_in` and `sockaddr_in6`. Port and addresses are big-endian. */
export const sockaddrIn = struct({ family: 'u16', port: 'u16', address: bytes(4), zero: bytes(8) });
export const sockaddrIn6 = struct({
  family: 'u16',
  port: 'u16',
  flowInformation: 'u32',
  address: bytes(16),
  scope: 'u32',
});

export const SocketType = { stream: 1, closeOnExec: 0o2000000, nonblock: 0o4000 } as const;
/** SOL_SOCKET and SO_REUSEADDR. */
export const socketLevel = 1;
export const reuseAddress = 2;

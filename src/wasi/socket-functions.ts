import { MessageFlag } from '../native/linux/sockets.js';
import { socketCalls } from '../native/os/socket-calls.js';
import { FdFlags, ReceiveFlags, Rights, receivedTruncated, ShutdownFlags } from './abi.js';
import { Descriptor } from './descriptors.js';
import { checked, Errno, fail } from './errno.js';
import { connectionRights } from './rights.js';
import type { WasiFunctions, WasiState } from './state.js';
import { SystemFile } from './system-file.js';

const allReceiveFlags = ReceiveFlags.peek | ReceiveFlags.waitAll;
const allShutdownFlags = ShutdownFlags.receive | ShutdownFlags.send;

/** The functions on sockets: on listening ones, and on connections accepted from them. */
export function socketFunctions({ memory, descriptors }: WasiState): WasiFunctions {
  /** ENOTSOCK comes before ENOTCAPABLE: what is not a socket cannot have the rights of one. */
  const socket = (
    fd: number,
    right: number,
  ): { readonly descriptor: Descriptor; readonly file: SystemFile } => {
    const descriptor = descriptors.get(fd);
    const { file } = descriptor;
    if (!(file instanceof SystemFile && file.isSocket)) fail(Errno.notsock);
    descriptor.require(right);
    return { descriptor, file };
  };
  return {
    sock_accept: (fd: number, flags: number, resultAt: number) => {
      const { file } = socket(fd, Rights.sockAccept);
      memory.check(resultAt, 4);
      if ((flags & ~FdFlags.nonblock) !== 0) fail(Errno.inval);
      const host = checked(socketCalls().accept(file.fd, flags !== 0));
      const connection = new Descriptor(new SystemFile(host, false), {
        rights: { base: connectionRights, inheriting: 0 },
        readable: true,
        writable: true,
        owned: true,
        flags,
      });
      memory.setU32(resultAt, descriptors.add(connection));
    },
    sock_recv: (
      fd: number,
      vectorsAt: number,
      count: number,
      flags: number,
      lengthAt: number,
      flagsAt: number,
    ) => {
      const { file } = socket(fd, Rights.fdRead);
      memory.check(lengthAt, 4);
      memory.check(flagsAt, 2);
      if ((flags & ~allReceiveFlags) !== 0) fail(Errno.inval);
      const vectors = memory.vectors(vectorsAt, count);
      const hostFlags =
        ((flags & ReceiveFlags.peek) !== 0 ? MessageFlag.peek : 0) |
        ((flags & ReceiveFlags.waitAll) !== 0 ? MessageFlag.waitAll : 0);
      const calls = socketCalls();
      const address = file.vectorsAddress(memory, vectors);
      // The kernel would wait for nothing.
      const isEmpty = vectors.count === 0;
      const length = isEmpty ? 0 : checked(calls.receive(file.fd, address, vectors.count, hostFlags));
      memory.setU32(lengthAt, length);
      const isCut = !isEmpty && (calls.messageFlags & MessageFlag.truncated) !== 0;
      memory.setU16(flagsAt, isCut ? receivedTruncated : 0);
    },
    sock_send: (fd: number, vectorsAt: number, count: number, flags: number, lengthAt: number) => {
      const { file } = socket(fd, Rights.fdWrite);
      memory.check(lengthAt, 4);
      if (flags !== 0) fail(Errno.inval);
      const vectors = memory.vectors(vectorsAt, count);
      const address = file.vectorsAddress(memory, vectors);
      memory.setU32(lengthAt, checked(socketCalls().send(file.fd, address, vectors.count)));
    },
    sock_shutdown: (fd: number, how: number) => {
      const { file } = socket(fd, Rights.sockShutdown);
      if (how === 0 || (how & ~allShutdownFlags) !== 0) fail(Errno.inval);
      // Linux counts from 0.
      checked(socketCalls().shutdown(file.fd, how - 1));
    },
  };
}

import { bytes, struct } from '../../layout/struct.js';
import type { Address } from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import {
  AddressFamily,
  MessageFlag,
  msghdr,
  reuseAddress,
  SocketType,
  sockaddrIn,
  sockaddrIn6,
  socketLevel,
} from '../linux/sockets.js';
import { makeBufferBlock } from '../memory/buffer-block.js';
import { Syscall } from '../x64/linux/syscalls.js';
import { type SystemCalls, systemCalls } from './system-call.js';

/** An address that a socket is bound to. */
export interface SocketAddress {
  /** 4 bytes of IPv4, or 16 of IPv6. */
  readonly host: Uint8Array;
  readonly port: number;
}

/** Connections that wait to be accepted. */
const backlog = 128;

/** What is where in the scratch memory. */
const scratch = struct({
  /** An address of a socket, or an option. */
  address: bytes(sockaddrIn6.size),
  addressLength: 'u32',
  message: msghdr,
});
const messageAt = scratch.offsets.message;

/** System calls on sockets. Results as those of `FileCalls`. */
export class SocketCalls {
  readonly #calls: SystemCalls = systemCalls();
  readonly #address: Address;
  readonly #view: DataView;

  constructor() {
    const { address, buffer } = makeBufferBlock(scratch.size);
    this.#address = address;
    this.#view = new DataView(buffer);
  }

  /** Opens a socket for TCP connections that are made to an address, of which a port 0 is any. */
  listen({ host, port }: SocketAddress): number {
    const calls = this.#calls;
    const isIpv4 = host.length === 4;
    const layout = isIpv4 ? sockaddrIn : sockaddrIn6;
    const family = isIpv4 ? AddressFamily.inet : AddressFamily.inet6;
    const fd = calls.call3(Syscall.socket, family, SocketType.stream | SocketType.closeOnExec, 0);
    if (fd < 0) return fd;
    this.#view.setUint32(0, 1, true);
    calls.call(Syscall.setsockopt, fd, socketLevel, reuseAddress, this.#address, 4);
    for (let at = 0; at < layout.size; at++) this.#view.setUint8(at, 0);
    this.#view.setUint16(layout.offsets.family, family, true);
    this.#view.setUint16(layout.offsets.port, port);
    for (const [index, byte] of host.entries()) this.#view.setUint8(layout.offsets.address + index, byte);
    let failure = calls.call3(Syscall.bind, fd, this.#address, layout.size);
    if (failure === 0) failure = calls.call3(Syscall.listen, fd, backlog, 0);
    if (failure === 0) return fd;
    calls.call3(Syscall.close, fd, 0, 0);
    return failure;
  }

  /** The port that a socket is bound to. */
  port(fd: number): number {
    const lengthAt = scratch.offsets.addressLength;
    this.#view.setUint32(lengthAt, sockaddrIn6.size, true);
    this.#calls.call3(Syscall.getsockname, fd, this.#address, this.#address + lengthAt);
    return this.#view.getUint16(sockaddrIn.offsets.port);
  }

  /** @param nonblock whether the new descriptor is not to wait */
  accept(fd: number, nonblock: boolean): number {
    const flags = SocketType.closeOnExec | (nonblock ? SocketType.nonblock : 0);
    return this.#calls.call(Syscall.accept4, fd, 0, 0, flags);
  }

  /** recvmsg(2) into `count` buffers. The flags it gives are in `messageFlags`. */
  receive(fd: number, vectors: Address, count: number, flags: number): number {
    return this.#calls.call3(Syscall.recvmsg, fd, this.#message(vectors, count), flags);
  }

  get messageFlags(): number {
    return this.#view.getUint32(messageAt + msghdr.offsets.flags, true);
  }

  /** sendmsg(2), without a signal where nobody receives any more. */
  send(fd: number, vectors: Address, count: number): number {
    return this.#calls.call3(Syscall.sendmsg, fd, this.#message(vectors, count), MessageFlag.noSignal);
  }

  /** @param how 0: nothing more is received, 1: sent, 2: neither */
  shutdown(fd: number, how: number): number {
    return this.#calls.call3(Syscall.shutdown, fd, how, 0);
  }

  #message(vectors: Address, count: number): Address {
    for (let at = 0; at < msghdr.size; at += 8) this.#view.setBigUint64(messageAt + at, 0n, true);
    this.#view.setBigUint64(messageAt + msghdr.offsets.vectors, BigInt(vectors), true);
    this.#view.setBigUint64(messageAt + msghdr.offsets.vectorCount, BigInt(count), true);
    return this.#address + messageAt;
  }
}

/** The thread's. Only where `nativeUnavailable` says nothing. */
export const socketCalls = lazy(() => new SocketCalls());

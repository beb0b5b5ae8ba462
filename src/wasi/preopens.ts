import { nativeUnavailable } from '../native/ffi/ffi.js';
import { linuxErrnoName } from '../native/linux/errno.js';
import { currentDirectory, OpenFlag } from '../native/linux/files.js';
import { fileCalls, pathMax } from '../native/os/file-calls.js';
import { type SocketAddress, socketCalls } from '../native/os/socket-calls.js';
import { type Bytes, bytesOf } from './bytes.js';
import { Descriptor } from './descriptors.js';
import { listenerRights, preopenRights } from './rights.js';
import { SystemFile } from './system-file.js';

/** A directory of the host that a program may use. */
export interface Preopen {
  /** Its path on the host. */
  readonly path: Bytes;
  /** Whether the program may not change anything in it. */
  readonly readOnly?: boolean | undefined;
}

/** A directory or address that a program was to have from the start is not available. */
export class PreopenError extends Error {
  override readonly name = 'PreopenError';
  readonly code = 'ERR_UPSHIFT_PREOPEN';
}

function checkAvailable(what: string): void {
  const reason = nativeUnavailable();
  if (reason !== undefined) throw new PreopenError(`${what}: ${reason}`);
}

/**
 * Opens a directory for a program.
 *
 * @param name the program's name for it
 * @throws PreopenError if it cannot be opened, or system calls cannot be made
 * @internal
 */
export function openPreopen(name: Bytes, { path, readOnly = false }: Preopen): Descriptor {
  const preopenName = bytesOf(name, 'preopens');
  const hostPath = Buffer.from(bytesOf(path, `preopens: the path of ${Buffer.from(preopenName)}`));
  const what = `cannot open the directory ${hostPath}`;
  checkAvailable(what);
  const bytes = hostPath.toString('latin1');
  if (bytes.length >= pathMax) throw new PreopenError(`${what}: ENAMETOOLONG`);
  const fd = fileCalls().open(currentDirectory, bytes, OpenFlag.readOnly | OpenFlag.directory);
  if (fd < 0) throw new PreopenError(`${what}: ${linuxErrnoName(-fd)}`);
  return new Descriptor(new SystemFile(fd, false), {
    rights: preopenRights(readOnly),
    readable: true,
    writable: false,
    owned: true,
    preopenName,
    readOnly,
  });
}

/** A listening socket, and the address that it got. @internal */
export interface Listener {
  readonly descriptor: Descriptor;
  readonly address: string;
}

/**
 * Opens a socket on which a program accepts connections.
 *
 * @param address such as `127.0.0.1:8080` or `[::1]:8080`; for port 0 the system chooses a free one
 * @throws PreopenError if the address is invalid or not available, or system calls cannot be made
 * @internal
 */
export function openListener(address: string): Listener {
  const what = `cannot listen on ${address}`;
  checkAvailable(what);
  const parsed = parseAddress(address);
  if (parsed === undefined) {
    throw new PreopenError(`${what}: expected an address and a port, such as 127.0.0.1:8080 or [::1]:8080`);
  }
  const fd = socketCalls().listen(parsed.socket);
  if (fd < 0) throw new PreopenError(`${what}: ${linuxErrnoName(-fd)}`);
  const descriptor = new Descriptor(new SystemFile(fd, false), {
    rights: { base: listenerRights, inheriting: 0 },
    readable: true,
    writable: false,
    owned: true,
  });
  return { descriptor, address: `${parsed.host}:${socketCalls().port(fd)}` };
}

/** Reads `host:port`. Names are not looked up, except `localhost`. @internal */
export function parseAddress(
  text: string,
): { readonly host: string; readonly socket: SocketAddress } | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+|localhost)):(\d{1,5})$/i.exec(text);
  if (match === null) return undefined;
  const [, ipv6, name, digits] = match;
  const port = Number(digits);
  const host = ipv6 === undefined ? parseIpv4(name === 'localhost' ? '127.0.0.1' : name) : parseIpv6(ipv6);
  if (host === undefined || port > 0xffff) return undefined;
  return { host: text.slice(0, text.lastIndexOf(':')), socket: { host, port } };
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const all = groups.flat();
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const missing = 8 - all.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const full = [...groups[0], ...Array<string>(missing).fill('0'), ...(groups[1] ?? [])];
  return Uint8Array.from(
    full.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16)]),
  );
}

import { openSync, readSync } from 'node:fs';

/** The kernel's generator; opened at the first use and kept. Loading `node:crypto` would cost more than it gives. */
let source: number | undefined;

/** Fills `bytes` with random bytes that are fit for cryptography. */
export function fillRandom(bytes: Uint8Array): void {
  source ??= openSync('/dev/urandom', 'r');
  for (let at = 0; at < bytes.length; ) {
    at += readSync(source, bytes, at, Math.min(bytes.length - at, 2 ** 30), null);
  }
}

import { openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The kernel's generator; opened at the first use and kept. Loading `node:crypto` would cost more than it gives. */
let source: number | undefined;

/** Fills `bytes` with random bytes that are fit for cryptography. */
export function fillRandom(bytes: Uint8Array): void {
  if (process.platform === 'win32') {
    const crypto = createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto');
    crypto.randomFillSync(bytes);
    return;
  }
  source ??= openSync('/dev/urandom', 'r');
  for (let at = 0; at < bytes.length; ) {
    at += readSync(source, bytes, at, Math.min(bytes.length - at, 2 ** 30), null);
  }
}

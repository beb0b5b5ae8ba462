import { Errno, WasiError } from '../wasi/errno.js';
import { NodeFile } from '../wasi/node-host.js';

const encoder = new TextEncoder();

/**
 * Writes text to a standard stream at once. Node's own `process.stdout` takes milliseconds to set up, and with pipes
 * it writes later.
 *
 * @returns false if nobody reads any more
 */
export function writeText(fd: 1 | 2, text: string): boolean {
  try {
    new NodeFile(fd).writeBuffers([encoder.encode(text)]);
    return true;
  } catch (error) {
    if (error instanceof WasiError && (error.errno === Errno.pipe || error.errno === Errno.badf))
      return false;
    throw error;
  }
}

/** Text from outside, such as names in a module, made harmless for a terminal: control characters are escaped. */
export function printable(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (character) => `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
  );
}

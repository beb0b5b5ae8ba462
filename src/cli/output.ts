import { Errno, errnoName, WasiError } from '../wasi/errno.js';
import { NodeFile } from '../wasi/node-host.js';
import { printableName } from '../wasm/printable-name.js';
import { coloursOf } from './colours.js';
import { InputError } from './errors.js';

const encoder = new TextEncoder();

/** How many characters of a message are shown. */
const longestMessage = 1600;

/**
 * Writes text to a standard stream at once. Node's own `process.stdout` takes milliseconds to set up, and
 * defers writes to pipes.
 *
 * @returns false if nobody reads any more
 * @throws InputError if standard output cannot be written for another reason, such as a full disk
 */
export function writeText(fd: 1 | 2, text: string): boolean {
  try {
    new NodeFile(fd).writeBuffers([encoder.encode(text)]);
    return true;
  } catch (error) {
    if (!(error instanceof WasiError)) throw error;
    // If the error stream fails, there is nowhere left to report it.
    if (fd === 2 || error.errno === Errno.pipe || error.errno === Errno.badf) return false;
    throw new InputError(`cannot write to the standard output: ${errnoName(error.errno)}`);
  }
}

/** Writes to standard output: see `writeText`. */
export function writeOutput(text: string): boolean {
  return writeText(1, text);
}

/** Tells the user something, in one line on standard error. */
export function say(message: string): void {
  writeText(2, `${coloursOf(2).error('upshift:')} ${printable(message)}\n`);
}

/**
 * Makes text with parts from outside, such as names of files or in modules, harmless for a terminal and one
 * line long.
 */
export function printable(text: string): string {
  return printableName(text, longestMessage);
}

import { readFileSync } from 'node:fs';
import { systemErrorCode } from '../wasi/errno.js';
import { InputError } from './errors.js';
import { translateWat } from './wat.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
};

/**
 * The bytes of a module in the binary format; a file whose name ends in `.wat` is translated first. Throws an
 * InputError where the file cannot be read or translated.
 */
export async function readModuleFile(file: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw new InputError(`cannot read ${file}: ${reasons[code] ?? code}`);
  }
  if (!file.endsWith('.wat')) return bytes;
  return translateWat(file, bytes);
}

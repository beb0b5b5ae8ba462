import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { systemErrorCode } from '../wasi/errno.js';
import { InputError } from './errors.js';
import { suggestion } from './suggest.js';
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
    const hint = code === 'ENOENT' ? nearestFile(file) : '';
    throw new InputError(`cannot read ${file}: ${reasons[code] ?? code}${hint}`);
  }
  if (file.endsWith('.wat')) return translateWat(file, bytes);
  checkHeader(file, bytes);
  return bytes;
}

function nearestFile(file: string): string {
  try {
    return suggestion(basename(file), readdirSync(dirname(file)));
  } catch {
    return '';
  }
}

/** "\\0asm", and the layer, 1, that tells components from modules. */
const magic = Buffer.from('\0asm');
const componentLayer = 1;

/** Says what a file is that is no module at all, as far as that can be seen. Other errors are up to the decoder. */
function checkHeader(file: string, bytes: Uint8Array): void {
  if (!magic.equals(bytes.subarray(0, magic.length))) throw new InputError(`${file}: ${whatElse(bytes)}`);
  const isComponent = bytes.length >= 8 && bytes[6] === componentLayer && bytes[7] === 0;
  if (isComponent)
    throw new InputError(`${file}: it is a WebAssembly component, and only core modules are supported`);
}

function whatElse(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'the file is empty';
  const start = Buffer.from(bytes.subarray(0, 4096))
    .toString('latin1')
    .replace(/^\s+|;;.*\n|\s+/g, ' ')
    .trimStart();
  if (start.startsWith('(module'))
    return 'it is WebAssembly in text format, for which its name must end in .wat';
  return 'it is not a WebAssembly module: magic header not detected';
}

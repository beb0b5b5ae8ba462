import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { errorText } from '../checks/error-text.js';
import { suggestion } from '../checks/suggest.js';
import { systemErrorCode } from '../wasi/errno.js';
import { printableName } from '../wasm/printable-name.js';
import { pathOfText } from './byte-text.js';
import { InputError } from './errors.js';
import { translateWat } from './wat.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  ENAMETOOLONG: 'the name is too long',
  EAGAIN: 'nothing is there yet',
};

/** Stands for standard input in place of a file. */
const standardInput = '-';

/** How many characters of a file's name messages show. */
const longestTitle = 500;

/** What messages call the file. */
export function fileTitle(file: string): string {
  return file === standardInput ? 'standard input' : printableName(file, longestTitle);
}

/** A program as it lies in a file: a module in the binary format, or machine code of one. */
export interface ProgramFile {
  readonly kind: 'module' | 'aot';
  readonly bytes: Uint8Array;
}

/**
 * The bytes of a module in the binary format, or of an AOT file. Modules in the text format are translated:
 * files whose names end in `.wat`, and standard input that looks like it. Gzip-compressed input is unpacked
 * first. `-` is standard input.
 *
 * @throws InputError if it cannot be read or translated, or is neither
 */
export async function readProgramFile(file: string): Promise<ProgramFile> {
  const title = fileTitle(file);
  const bytes = readUnpacked(file);
  if (isElf(bytes)) return { kind: 'aot', bytes };
  const isText = file === standardInput ? looksLikeText(bytes) : /\.wat(\.gz)?$/.test(file);
  if (isText) return { kind: 'module', bytes: await translateWat(title, bytes) };
  checkHeader(title, bytes);
  return { kind: 'module', bytes };
}

/** The same of a module; an AOT file is an error. */
export async function readModuleFile(file: string): Promise<Uint8Array> {
  const { kind, bytes } = await readProgramFile(file);
  if (kind === 'aot') throw new InputError(`${fileTitle(file)}: it is machine code, and a module is needed`);
  return bytes;
}

/** Like `readInput`, but unpacks what is compressed by gzip. */
export function readUnpacked(file: string): Uint8Array {
  const bytes = readInput(file);
  return isGzip(bytes) ? unpacked(fileTitle(file), bytes) : bytes;
}

/** The whole content of a file, in any format. Throws an InputError if it cannot be read. */
function readInput(file: string): Uint8Array {
  try {
    if (file === standardInput) return readStream(0);
    const fd = openSync(pathOfText(file), 'r');
    try {
      return fstatSync(fd).isFile() ? readFileSync(fd) : readStream(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const hint = systemErrorCode(error) === 'ENOENT' ? nearestFile(file) : '';
    throw new InputError(`cannot read ${fileTitle(file)}: ${readProblem(error)}${hint}`);
  }
}

function readProblem(error: unknown): string {
  const code = systemErrorCode(error);
  if (code !== undefined) return reasons[code] ?? code;
  if (error instanceof RangeError || (error as NodeJS.ErrnoException).code === 'ERR_FS_FILE_TOO_LARGE') {
    return 'it is too large';
  }
  throw error;
}

/** How many bytes of a stream are read at once, at most. */
const chunkSize = 2 ** 16;
const largestStream = 2 ** 30;

/** Reads a pipe or a device to its end, or only its first bytes if they show that it is not a module. */
function readStream(fd: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const chunk = new Uint8Array(chunkSize);
    const count = readSync(fd, chunk);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    length += count;
    // A device may never end.
    const isHopeless = length >= chunkSize && !couldBeModule(chunks[0]);
    if (isHopeless || length > largestStream) break;
  }
  return Buffer.concat(chunks);
}

/** Why a host directory cannot be opened, by the error's code. */
export function directoryProblem(path: string, code: string): string {
  if (code === 'ENOENT') return `no such directory${nearestFile(path)}`;
  return code === 'ENOTDIR' ? 'it is no directory' : (reasons[code] ?? code);
}

function nearestFile(file: string): string {
  try {
    return suggestion(basename(file), readdirSync(dirname(file)));
  } catch {
    return '';
  }
}

/** "\\0asm", and the layer, which is 1 in components. */
const magic = Buffer.from('\0asm');
const componentLayer = 1;
/** What AOT files begin with. */
const elfMagic = Buffer.from('\x7fELF');

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function unpacked(title: string, bytes: Uint8Array): Uint8Array {
  const { gunzipSync } = createRequire(import.meta.url)('node:zlib') as typeof import('node:zlib');
  try {
    return gunzipSync(bytes, { maxOutputLength: largestStream });
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const why = isTooLarge ? 'it is too large' : errorText(error);
    throw new InputError(`${title}: cannot be unpacked by gzip: ${why}`);
  }
}

/**
 * Reports what a file is that is not a module, as far as that can be told. Other errors are left to the
 * decoder.
 */
function checkHeader(title: string, bytes: Uint8Array): void {
  if (!startsWithMagic(bytes)) throw new InputError(`${title}: ${whatElse(bytes)}`);
  const isComponent = bytes.length >= 8 && bytes[6] === componentLayer && bytes[7] === 0;
  if (isComponent)
    throw new InputError(`${title}: it is a WebAssembly component, and only core modules are supported`);
}

function startsWithMagic(bytes: Uint8Array): boolean {
  return magic.equals(bytes.subarray(0, magic.length));
}

function isElf(bytes: Uint8Array): boolean {
  return elfMagic.equals(bytes.subarray(0, elfMagic.length));
}

function couldBeModule(bytes: Uint8Array): boolean {
  return startsWithMagic(bytes) || isElf(bytes) || isGzip(bytes) || !bytes.subarray(0, 4096).includes(0);
}

function whatElse(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'the file is empty';
  if (looksLikeText(bytes)) return 'it is WebAssembly in text format, for which its name must end in .wat';
  return 'it is not a WebAssembly module: magic header not detected';
}

/** Whether it starts with a module or a field of one, after blanks and comments. */
function looksLikeText(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 4096)).toString('latin1');
  const fields = 'module|type|import|func|table|memory|global|export|start|elem|data';
  return new RegExp(`^(?:\\s|;;.*\\n|\\(;[^]*?;\\))*\\(\\s*(?:${fields})\\b`).test(start);
}

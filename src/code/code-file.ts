import type { CodeObject } from './code-object.js';

/**
 * Code objects of one module as bytes, to be kept between runs:
 *
 *     magic | checksum | key length | module length | function count     u32 each
 *     key, module                                                       each padded to a multiple of 4
 *     per function: index, entry, codeEnd, frameSize, code length, site count (u32 each),
 *                   site offsets, site wasm offsets (u32 each), site traps, code (each padded to a multiple of 4)
 *
 * All numbers are little-endian. The checksum is that of all words behind it. The key says what else the code depends
 * on; the whole module is part of the file, so that code can never be taken for that of another module.
 */
const magic = 0x31435055;
const headerWords = 5;
const functionWords = 6;

function padded(length: number): number {
  return (length + 3) & ~3;
}

function checksum(words: Uint32Array): number {
  let sum = 0x811c9dc5;
  for (let i = 2; i < words.length; i++) sum = Math.imul(sum ^ words[i], 0x01000193);
  return sum >>> 0;
}

export function writeCodeFile(
  key: Uint8Array,
  module: Uint8Array,
  functions: ReadonlyMap<number, CodeObject>,
): Uint8Array {
  let length = 4 * headerWords + padded(key.length) + padded(module.length);
  for (const { bytes, sites } of functions.values()) {
    const count = sites.offsets.length;
    length += 4 * functionWords + 8 * count + padded(count) + padded(bytes.length);
  }
  const file = new Uint8Array(length);
  const words = new Uint32Array(file.buffer);
  let at = 0;
  const put = (data: Uint8Array): void => {
    file.set(data, at);
    at += padded(data.length);
  };
  const putWords = (...values: readonly number[]): void => {
    words.set(values, at >> 2);
    at += 4 * values.length;
  };
  putWords(magic, 0, key.length, module.length, functions.size);
  put(key);
  put(module);
  for (const [index, { bytes, entry, codeEnd, frameSize, sites }] of functions) {
    putWords(index, entry, codeEnd, frameSize, bytes.length, sites.offsets.length);
    words.set(sites.offsets, at >> 2);
    at += 4 * sites.offsets.length;
    words.set(sites.wasmOffsets, at >> 2);
    at += 4 * sites.wasmOffsets.length;
    put(sites.traps);
    put(bytes);
  }
  words[1] = checksum(words);
  return file;
}

/**
 * The functions in a file, by index; undefined where it is not whole, or was written with another key or for another
 * module. The code objects are views of the file.
 */
export function readCodeFile(
  file: Uint8Array,
  key: Uint8Array,
  module: Uint8Array,
): Map<number, CodeObject> | undefined {
  if (file.length < 4 * headerWords || (file.length & 3) !== 0 || (file.byteOffset & 3) !== 0)
    return undefined;
  const words = new Uint32Array(file.buffer, file.byteOffset, file.length >> 2);
  if (words[0] !== magic || words[2] !== key.length || words[3] !== module.length) return undefined;
  const keyAt = 4 * headerWords;
  const moduleAt = keyAt + padded(key.length);
  let at = moduleAt + padded(module.length);
  if (at > file.length || words[1] !== checksum(words)) return undefined;
  if (!isSame(file.subarray(keyAt, keyAt + key.length), key)) return undefined;
  if (!isSame(file.subarray(moduleAt, moduleAt + module.length), module)) return undefined;
  const functions = new Map<number, CodeObject>();
  for (let count = words[4]; count > 0; count--) {
    const [index, entry, codeEnd, frameSize, length, sites] = words.subarray(
      at >> 2,
      (at >> 2) + functionWords,
    );
    const offsetsAt = (at >> 2) + functionWords;
    const trapsAt = 4 * (offsetsAt + 2 * sites);
    const codeAt = trapsAt + padded(sites);
    at = codeAt + padded(length);
    if (!(at <= file.length)) return undefined;
    functions.set(index, {
      bytes: file.subarray(codeAt, codeAt + length),
      entry,
      codeEnd,
      frameSize,
      sites: {
        offsets: words.subarray(offsetsAt, offsetsAt + sites),
        wasmOffsets: words.subarray(offsetsAt + sites, offsetsAt + 2 * sites),
        traps: file.subarray(trapsAt, trapsAt + sites),
      },
    });
  }
  return functions;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

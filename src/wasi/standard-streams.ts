import { types } from 'node:util';
import { described } from '../checks/describe.js';
import { argumentRangeError, argumentTypeError } from '../checks/errors.js';
import { CollectedOutput } from './collected-output.js';
import { Errno, fail, WasiError } from './errno.js';
import type { Host, HostFile } from './host.js';
import { HostFailure } from './host-function.js';
import { InputFile, OutputFile } from './virtual-file.js';

/** The part of Node's Writable streams that is used. */
export interface WritableStreamLike {
  write(chunk: Uint8Array): unknown;
  end(): unknown;
  readonly destroyed?: boolean;
  readonly writableEnded?: boolean;
}

/**
 * Where a standard stream of a program goes:
 *
 * - a descriptor of the process, which must be open; `'inherit'` is the one with the stream's own number;
 * - `'ignore'`: nowhere;
 * - `'buffer'`: into memory, up to 256 MiB, available as `Wasi.stdout` and `Wasi.stderr`;
 * - a function, called with the bytes of each write, which it may keep. What it throws, the caller of the
 *   program gets;
 * - a Writable stream, which keeps everything in memory until the program returns to the event loop: the
 *   program blocks the thread, and does not wait for the stream.
 */
export type WasiOutput =
  | number
  | 'inherit'
  | 'ignore'
  | 'buffer'
  | ((chunk: Uint8Array) => void)
  | WritableStreamLike;

/** What an input function returns: bytes or text; null, undefined or an empty chunk mean the end. */
export type WasiInputChunk = Uint8Array | string | null | undefined;

/**
 * Where the standard input of a program comes from:
 *
 * - a descriptor of the process, which must be open; `'inherit'` is 0;
 * - `'ignore'`: it is empty;
 * - bytes, which are not copied, or text as `{ text: '…' }`;
 * - a function, called when the program reads and nothing is left. What it throws, the caller of the program
 *   gets.
 */
export type WasiInput =
  | number
  | 'inherit'
  | 'ignore'
  | Uint8Array
  | { readonly text: string }
  | (() => WasiInputChunk);

const maxDescriptor = 0x7fff_ffff;
const noBytes = new Uint8Array(0);
const encoder = new TextEncoder();

/**
 * The file for a program's standard input.
 *
 * @throws TypeError or RangeError if `input` is not valid
 * @internal
 */
export function openInput(host: Host, input: unknown = 'inherit'): HostFile {
  if (input === 'inherit') return host.stream(0);
  if (input === 'ignore') return new InputFile(noBytes);
  if (typeof input === 'number') return openDescriptor(host, 'stdin', input);
  if (types.isUint8Array(input)) return new InputFile(input);
  if (typeof input === 'function') return new InputFile(noBytes, () => callHost(() => bytesOfChunk(input())));
  if (typeof input === 'object' && input !== null && 'text' in input && typeof input.text === 'string') {
    return new InputFile(encoder.encode(input.text));
  }
  const given =
    typeof input === 'string'
      ? `${described(input)}; a text is given as { text: '…' }`
      : isReadable(input)
        ? `${described(input)}: a program does not wait for a stream, so read it first`
        : described(input);
  throw argumentTypeError(
    `stdin: expected a descriptor, 'inherit', 'ignore', a Uint8Array, { text: string } or a function, not ${given}`,
  );
}

/**
 * The file for a program's standard output or error stream, and what it collects, if it does.
 *
 * @throws TypeError or RangeError if `output` is not valid
 * @internal
 */
export function openOutput(
  host: Host,
  name: 'stdout' | 'stderr',
  output: unknown = 'inherit',
): { readonly file: HostFile; readonly collected?: CollectedOutput } {
  if (output === 'inherit') return { file: host.stream(name === 'stdout' ? 1 : 2) };
  if (output === 'ignore') return { file: new OutputFile(() => {}) };
  if (output === 'buffer') {
    const collected = new CollectedOutput();
    return { file: new OutputFile((chunk) => collected.add(chunk)), collected };
  }
  if (typeof output === 'number') return { file: openDescriptor(host, name, output) };
  if (typeof output === 'function') return { file: new OutputFile((chunk) => callHost(() => output(chunk))) };
  if (isWritable(output)) return { file: new OutputFile((chunk) => writeToStream(output, chunk)) };
  throw argumentTypeError(
    `${name}: expected a descriptor, 'inherit', 'ignore', 'buffer', a function or a Writable stream, not ${described(output)}`,
  );
}

function openDescriptor(host: Host, name: string, fd: number): HostFile {
  if (!Number.isInteger(fd) || fd < 0 || fd > maxDescriptor) {
    throw argumentRangeError(`${name}: expected a descriptor from 0 to ${maxDescriptor}, not ${fd}`);
  }
  const file = host.stream(fd);
  try {
    // Asks the host, which fails if the descriptor is not open.
    file.fileType;
  } catch (error) {
    if (!(error instanceof WasiError)) throw error;
    throw argumentRangeError(`${name}: the descriptor ${fd} is not open`);
  }
  return file;
}

function bytesOfChunk(chunk: unknown): Uint8Array | undefined {
  if (types.isUint8Array(chunk)) return chunk;
  if (typeof chunk === 'string') return encoder.encode(chunk);
  if (chunk === null || chunk === undefined) return undefined;
  throw argumentTypeError(
    `stdin: the function must return a Uint8Array, a string, null or undefined, not ${described(chunk)}`,
  );
}

/** Calls a function of the host whose errors are not the program's. */
function callHost<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw new HostFailure(error);
  }
}

/** Fails with EPIPE if the stream takes no more data. */
function writeToStream(stream: WritableStreamLike, chunk: Uint8Array): void {
  if (stream.destroyed === true || stream.writableEnded === true) fail(Errno.pipe);
  callHost(() => stream.write(chunk));
}

function isWritable(value: unknown): value is WritableStreamLike {
  return hasMethod(value, 'write') && hasMethod(value, 'end');
}

function isReadable(value: unknown): boolean {
  return hasMethod(value, 'read') || hasMethod(value, 'getReader');
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';
}

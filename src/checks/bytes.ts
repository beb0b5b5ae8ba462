import { described } from './describe.js';
import { argumentTypeError } from './errors.js';

/** An object that passes as bytes. */
export type BufferSource = ArrayBufferLike | ArrayBufferView;

const byteLengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')?.get;
const sharedByteLengthOf = Object.getOwnPropertyDescriptor(SharedArrayBuffer.prototype, 'byteLength')?.get;

/** Whether the value is an ArrayBuffer, of whatever realm. @internal */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return answers(byteLengthOf, value);
}

function answers(getter: (() => unknown) | undefined, value: unknown): boolean {
  try {
    getter?.call(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * The bytes of a buffer or of a view of one, not copied.
 *
 * @throws TypeError where it is anything else
 * @internal
 */
export function bytesOf(what: string, value: unknown): Uint8Array {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isArrayBuffer(value) || answers(sharedByteLengthOf, value)) return new Uint8Array(value as ArrayBuffer);
  const hint = typeof value === 'string' ? ': read the file first' : '';
  throw argumentTypeError(
    `${what} must be bytes (a Uint8Array or other view, or an ArrayBuffer), not ${described(value)}${hint}`,
  );
}

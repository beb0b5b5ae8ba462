import { nativeCall } from './node-api.js';

let nativeDetach: ((buffer: ArrayBuffer) => void) | undefined;

/**
 * Detaches a buffer made by `view`: its length becomes 0, and nobody reaches the memory through it any more.
 *
 * JavaScript's own way, to transfer the buffer with `structuredClone`, takes 8 µs and leaves a new buffer behind, so
 * that V8 believes the memory to be in use until the garbage collector runs.
 */
export function detach(buffer: ArrayBuffer): void {
  if (!buffer.byteLength) return;
  nativeDetach ??= nativeCall('napi_detach_arraybuffer');
  nativeDetach(buffer);
}

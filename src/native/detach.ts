import { nativeCall } from './node-api.js';

let nativeDetach: ((buffer: ArrayBuffer) => void) | undefined;

/**
 * Detaches a buffer made by `view`: its length becomes 0, and nobody reaches the memory through it any more. JavaScript
 * has no way to do that in every Node: buffers of foreign memory cannot be transferred.
 */
export function detach(buffer: ArrayBuffer): void {
  if (!buffer.byteLength) return;
  nativeDetach ??= nativeCall('napi_detach_arraybuffer');
  nativeDetach(buffer);
}

import { lazy } from '../ffi/lazy.js';
import { nodeApiFunction } from './node-api.js';

const nativeDetach = lazy(() => nodeApiFunction('napi_detach_arraybuffer'));

/**
 * Detaches a buffer made by `view`: its length becomes 0, and nobody reaches the memory through it any more.
 * JavaScript has no way to do that in every Node: buffers of foreign memory cannot be transferred.
 */
export function detach(buffer: ArrayBuffer): void {
  if (!buffer.byteLength) return;
  nativeDetach()(buffer);
}

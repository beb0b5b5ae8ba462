import { HostResource } from '../runtime/objects/host-resource.js';
import type { Resource } from '../runtime/objects/lifetimes.js';

/**
 * Tables, globals and tags that JavaScript makes belong to the engine whose code uses them first. Upshift and
 * V8's own engine cannot share them: neither could see what the other's code writes.
 */

interface Used {
  readonly owner: Resource;
}

const used = new WeakSet<Used>();

/** Our code is going to use an object of the runtime's. */
export function useObject(object: Used): void {
  used.add(object);
}

/** Whether our code may use an object, so that it cannot become one of V8's. */
export function isUsed(object: Used): boolean {
  return !(object.owner instanceof HostResource) || used.has(object);
}

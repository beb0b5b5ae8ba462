import type { FuncType } from '../../wasm/types.js';

/**
 * Canonical ids of function types: equal ids, and only those, mean structurally equal types. Machine code
 * compares them in call_indirect. They hold for all runtimes of a thread, and start at 1.
 */
const ids = new Map<string, number>();

/** The type as a string of one character a value type: a key for maps. */
export function typeKey(type: FuncType): string {
  return `${String.fromCharCode(...type.params)}>${String.fromCharCode(...type.results)}`;
}

export function typeId(type: FuncType): number {
  const key = typeKey(type);
  let id = ids.get(key);
  if (id === undefined) {
    id = ids.size + 1;
    ids.set(key, id);
  }
  return id;
}

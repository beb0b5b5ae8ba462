import { beforeEntries, MachineGate } from '../runtime/calls/gate.js';
import { InterpreterGate } from '../runtime/calls/interpreter-gate.js';
import type { Memory } from '../runtime/objects/memory.js';

/**
 * Memories that V8's own engine uses, too. The bytes are V8's, so both see the same; but code of V8's may
 * grow them without telling, and our code has to know their size. They are looked at whenever control comes
 * back to our code. Programs without such memories pay nothing for it.
 */

const shared = new Set<WeakRef<Memory>>();
const known = new WeakSet<Memory>();
let onFirst: (() => void) | undefined;
let isWatching = false;

/** Has a function called before the first memory is shared. */
export function whenShared(callback: () => void): void {
  onFirst = callback;
}

/** V8's engine is going to use a memory. */
export function shareMemory(memory: Memory): void {
  if (known.has(memory)) return;
  known.add(memory);
  shared.add(new WeakRef(memory));
  if (isWatching) return;
  isWatching = true;
  beforeEntries([MachineGate, InterpreterGate], followShared);
  onFirst?.();
}

/** Takes note of what V8's code has grown. */
export function followShared(): void {
  for (const weak of shared) {
    const memory = weak.deref();
    if (memory === undefined) shared.delete(weak);
    else memory.followV8();
  }
}

/** A function that our code calls, and that may run V8's code. */
export function followed<Callable extends (...args: never[]) => unknown>(fn: Callable): Callable {
  if (!isWatching) return fn;
  const following = (...args: never[]): unknown => {
    try {
      return fn(...args);
    } finally {
      followShared();
    }
  };
  return following as Callable;
}

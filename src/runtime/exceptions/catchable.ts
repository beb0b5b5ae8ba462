import { types } from 'node:util';
import { TrapSignal } from '../../code/trap-signal.js';
import { hostMembers } from '../../wasm/host-engine.js';

/**
 * What wasm code cannot catch, though it passes through JavaScript as an error: traps, the end of a program's
 * time or stack, `proc_exit`, the runtime's own errors.
 */
const uncatchable = new WeakSet<object>();

/** Says that no wasm code may catch an error; returns it. */
export function markUncatchable<Thrown extends object>(error: Thrown): Thrown {
  uncatchable.add(error);
  return error;
}

/** Prototype of what V8's own engine throws where code traps that it runs. */
const trapOfV8: unknown = Object(hostMembers['RuntimeError']).prototype;

/** V8's message where the stack of JavaScript is exhausted. */
const stackExhausted = 'Maximum call stack size exceeded';
/** What messages of errors begin with that mean that the runtime is wrong. */
const internal = 'internal error';

/** Whether wasm code may catch what a function has thrown that it called. None of the program's code runs. */
export function isCatchable(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null) return true;
  if (uncatchable.has(thrown) || thrown instanceof TrapSignal) return false;
  if (!types.isNativeError(thrown)) return true;
  if (Object.getPrototypeOf(thrown) === trapOfV8) return false;
  const message: unknown = Object.getOwnPropertyDescriptor(thrown, 'message')?.value;
  return typeof message !== 'string' || !(message === stackExhausted || message.startsWith(internal));
}

import type { Module as RuntimeModule } from '../runtime/modules/module.js';
import { agentRuntime } from './agent.js';
import { apiError, withApiErrors } from './errors.js';
import { toBytes } from './web-idl.js';

/** Compiles a module at once, from bytes that it copies. Throws CompileError. */
export function compileNow(bytes: Uint8Array): RuntimeModule {
  return withApiErrors(() => agentRuntime().compile(bytes));
}

/**
 * Compiles a module in later tasks, in slices between which others get their turn: see
 * `Runtime.compileAsync`.
 *
 * @param bytes nobody may change them any more
 * @returns rejects with a CompileError
 */
export async function compileInSlices(bytes: Uint8Array): Promise<RuntimeModule> {
  try {
    return await agentRuntime().compileAsync(bytes, { copy: false });
  } catch (error) {
    throw apiError(error);
  }
}

/** A copy of a buffer source's bytes. Throws a TypeError for anything else. */
export function copyBytes(what: string, value: unknown): Uint8Array {
  return new Uint8Array(toBytes(what, value));
}

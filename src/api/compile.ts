import type { Module as RuntimeModule } from '../runtime/modules/module.js';
import { agentRuntime } from './agent.js';
import { apiError } from './errors.js';
import { compileByV8, compileByV8Async, type ForeignModule } from './foreign-module.js';
import { toBytes } from './web-idl.js';

/** A module of ours, or one that V8's own engine runs because ours does not. */
export type CompiledModule = RuntimeModule | ForeignModule;

/**
 * Compiles a module at once, from bytes that it copies. Throws CompileError.
 *
 * @param options of the API's function, as they were given
 */
export function compileNow(bytes: Uint8Array, options: unknown): CompiledModule {
  try {
    return orByV8(bytes, options, () => agentRuntime().compile(bytes));
  } catch (error) {
    throw apiError(error);
  }
}

function orByV8(bytes: Uint8Array, options: unknown, compile: () => RuntimeModule): CompiledModule {
  try {
    return compile();
  } catch (error) {
    return compileByV8(bytes, error, options);
  }
}

/**
 * Compiles a module in later tasks, in slices between which others get their turn: see
 * `Runtime.compileAsync`.
 *
 * @param bytes nobody may change them any more
 * @param options of the API's function, as they were given
 * @returns rejects with a CompileError
 */
export async function compileInSlices(bytes: Uint8Array, options: unknown): Promise<CompiledModule> {
  try {
    return await compileOurs(bytes).catch((error) => compileByV8Async(bytes, error, options));
  } catch (error) {
    throw apiError(error);
  }
}

async function compileOurs(bytes: Uint8Array): Promise<CompiledModule> {
  return await agentRuntime().compileAsync(bytes, { copy: false });
}

/** A copy of a buffer source's bytes. Throws a TypeError for anything else. */
export function copyBytes(what: string, value: unknown): Uint8Array {
  return new Uint8Array(toBytes(what, value));
}

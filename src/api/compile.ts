import type { Module as RuntimeModule } from '../runtime/modules/module.js';
import { decodeModule } from '../wasm/decode.js';
import { CompileError as RuntimeCompileError } from '../wasm/errors.js';
import { validateQuickly } from '../wasm/validate.js';
import { agentRuntime } from './agent.js';
import { type BoundImport, bindImports, type CompileOptions } from './compile-options.js';
import { apiError, CompileError, withApiErrors } from './errors.js';
import { compileByV8, compileByV8Async, type ForeignModule, isValidForV8 } from './foreign-module.js';
import { toBytes } from './web-idl.js';

/** A module of ours, or one that V8's own engine runs because ours does not. */
export type CompiledModule = OwnModule | ForeignModule;

/** A module of ours. */
export interface OwnModule {
  readonly module: RuntimeModule;
  /** What it imports without being given it: see `bindImports`. */
  readonly bound: readonly (BoundImport | undefined)[] | undefined;
}

/** Compiles a module at once, from bytes that it copies. Throws CompileError. */
export function compileNow(bytes: Uint8Array, options: CompileOptions): CompiledModule {
  return withApiErrors(() => {
    let module: RuntimeModule;
    try {
      module = agentRuntime().compile(bytes);
    } catch (error) {
      return compileByV8(bytes, error, options);
    }
    return bind(module, options);
  });
}

/**
 * Compiles a module in later tasks, in slices between which others get their turn: see
 * `Runtime.compileAsync`.
 *
 * @param bytes nobody may change them any more
 * @returns rejects with a CompileError
 */
export async function compileInSlices(bytes: Uint8Array, options: CompileOptions): Promise<CompiledModule> {
  try {
    let module: RuntimeModule;
    try {
      module = await agentRuntime().compileAsync(bytes, { copy: false });
    } catch (error) {
      return await compileByV8Async(bytes, error, options);
    }
    return bind(module, options);
  } catch (error) {
    throw apiError(error);
  }
}

function bind(module: RuntimeModule, options: CompileOptions): OwnModule {
  try {
    return { module, bound: bindImports(module.wasm, options) };
  } catch (error) {
    module.dispose();
    throw error;
  }
}

/** Whether a module would be compiled. */
export function isValid(bytes: Uint8Array, options: CompileOptions): boolean {
  try {
    const wasm = decodeModule(bytes);
    validateQuickly(wasm);
    bindImports(wasm, options);
    return true;
  } catch (error) {
    if (error instanceof CompileError) return false;
    if (error instanceof RuntimeCompileError) return isValidForV8(bytes, error, options);
    throw error;
  }
}

/** A copy of a buffer source's bytes. Throws a TypeError for anything else. */
export function copyBytes(what: string, value: unknown): Uint8Array {
  return new Uint8Array(toBytes(what, value));
}

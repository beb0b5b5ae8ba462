import { Module as RuntimeModule } from '../runtime/module.js';
import { decodeModule } from '../wasm/decode.js';
import { validateInSteps } from '../wasm/validate.js';
import { agentRuntime, agentStore } from './agent.js';
import { apiError, withApiErrors } from './errors.js';
import { toBytes } from './web-idl.js';

/** Milliseconds that a compilation in the background keeps others waiting at a time. */
const sliceLength = 5;

/** Resolves in a later task: others get their turn. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Compiles a module at once, from bytes that it copies. Throws CompileError. */
export function compileNow(bytes: Uint8Array): RuntimeModule {
  return withApiErrors(() => agentRuntime().compile(bytes));
}

/**
 * Compiles a module in later tasks, in slices between which others get their turn. Validation is all that takes long:
 * functions become machine code when they are first called.
 *
 * @param bytes nobody may change them any more
 * @returns rejects with a CompileError
 */
export async function compileInSlices(bytes: Uint8Array): Promise<RuntimeModule> {
  await nextTask();
  try {
    const wasm = decodeModule(bytes);
    let sliceEnd = performance.now() + sliceLength;
    const steps = validateInSteps(wasm);
    while (steps.next().done !== true) {
      if (performance.now() < sliceEnd) continue;
      await nextTask();
      sliceEnd = performance.now() + sliceLength;
    }
    const store = agentStore();
    const module = new RuntimeModule(store, wasm);
    store.modules.add(module);
    return module;
  } catch (error) {
    throw apiError(error);
  }
}

/** A copy of a buffer source's bytes. Throws a TypeError where it is none. */
export function copyBytes(what: string, value: unknown): Uint8Array {
  return new Uint8Array(toBytes(what, value));
}

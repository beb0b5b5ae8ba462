import { bytesOf } from '../../checks/bytes.js';
import { aBoolean, anAbortSignal, optionsOf } from '../../checks/checks.js';
import { described } from '../../checks/describe.js';
import { argumentTypeError } from '../../checks/errors.js';
import { decodeModule } from '../../wasm/decode.js';
import { validateInSteps } from '../../wasm/validate.js';
import { isThenable } from '../limits/slices.js';
import type { Store } from '../store.js';
import { compileAhead } from '../tiers/compile-ahead.js';
import { Module } from './module.js';

/** How a module is compiled. */
export interface ModuleOptions {
  /**
   * Whether the bytes are copied. They are read later on, when functions are compiled at their first calls:
   * who promises never to change them can do without a copy. Default: true.
   */
  readonly copy?: boolean | undefined;
  /**
   * Makes everything at once that would be made at the first calls of functions, so that these take no longer
   * than others: code of the Fast JIT in the tiers `fast` and `multi`; in the interpreter's form in tier
   * `interp`. It is made for the runtime's own tier. In tier `llvm` it says nothing: there instantiating
   * compiles everything, or, with `lazy`, `Instance.prepare`. Default: false.
   */
  readonly eager?: boolean | undefined;
}

/** How a module is compiled in the background. */
export interface AsyncModuleOptions extends ModuleOptions {
  /** Gives the work up when it is aborted: the promise is rejected with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What has bytes after a while: a `Response` of `fetch`, a `Blob`. */
export interface ByteSource {
  /** False in a response that is not successful: it is refused. */
  readonly ok?: boolean;
  /** Of the response, for the message. */
  readonly status?: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

const moduleTable = { copy: aBoolean, eager: aBoolean };
/** @internal */
export const moduleOptions = optionsOf<ModuleOptions>(moduleTable);
/** @internal */
export const asyncModuleOptions = optionsOf<AsyncModuleOptions>({
  ...moduleTable,
  signal: anAbortSignal,
});

/**
 * Makes a module, in steps of a few milliseconds, but for what cannot be divided: decoding the sections, and
 * each function.
 *
 * @param bytes nobody may change them any more
 * @throws CompileError
 * @internal
 */
export function* compileInSteps(store: Store, bytes: Uint8Array, eager: boolean): Generator<void, Module> {
  const wasm = decodeModule(bytes);
  yield;
  const { codeCache } = store;
  // Nothing is kept of a module without functions.
  const cached = wasm.bodyStarts.length === 0 ? undefined : codeCache?.open(bytes);
  // Its code could only be made after it had been validated.
  if (cached?.has(store.memoryMode ?? 'guarded', store.tier !== 'fast') !== true)
    yield* validateInSteps(wasm);
  const module = new Module(store, wasm);
  if (cached !== undefined) codeCache?.attach(cached, module);
  store.modules.add(module);
  let isDone = false;
  try {
    store.checkProcessor(module, store.tier);
    if (eager) yield* compileAhead(store, module);
    isDone = true;
    return module;
  } finally {
    if (!isDone) module.dispose();
  }
}

/**
 * The bytes of a source, or of what it is a promise of.
 *
 * @param copy whether bytes that others have are copied: at once, where the source is no promise
 * @returns rejects with a TypeError where it is none, or a response without success; with what reading it
 *   rejects with
 * @internal
 */
export async function readSource(what: string, given: unknown, copy: boolean): Promise<Uint8Array> {
  const source: unknown = isThenable(given) ? await given : given;
  const { ok, status, arrayBuffer } = Object(source) as Partial<ByteSource>;
  if (typeof arrayBuffer !== 'function') {
    const bytes = bytesOf(what, source);
    return copy ? bytes.slice() : bytes;
  }
  if (ok === false) throw argumentTypeError(`${what} is ${described(source)} with status ${status}`);
  return bytesOf(what, await (source as ByteSource).arrayBuffer());
}

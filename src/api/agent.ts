import { aFunction, checkArgument, oneOf, optionsOf } from '../checks/checks.js';
import type { Exn } from '../runtime/exceptions/exn.js';
import { Runtime } from '../runtime/runtime.js';
import { type RuntimeOptions, runtimeOptionTable } from '../runtime/runtime-options.js';
import type { Store } from '../runtime/store.js';
import type { Tier } from '../runtime/tiers/tier.js';
import type { Externrefs } from '../runtime/values/references.js';
import { errorOfTrap } from './errors.js';
import { holdOf, joinHolds } from './holds.js';

/** What is told of a module that runs on V8's own engine. */
export interface FallbackEvent {
  /** From the name section. */
  readonly name: string | null;
  /** Null where it was compiled elsewhere: in another thread. */
  readonly wasmBytes: number | null;
  readonly reason: string;
}

/** What becomes of modules that need a feature which Upshift lacks: see `ApiOptions.fallback`. */
export const fallbacks = ['v8', 'none'] as const;
export type Fallback = (typeof fallbacks)[number];

/** Options of the runtime below the API (see `RuntimeOptions`), and of the API itself. */
export interface ApiOptions extends Omit<RuntimeOptions, 'embedding'> {
  /**
   * Modules that Upshift refuses, most often for a feature that it lacks, run on V8's own engine, if that
   * takes them; or nowhere. Default: what the environment variable UPSHIFT_FALLBACK says, or `v8`.
   */
  readonly fallback?: Fallback | undefined;
  /** Is called for each module that V8's engine runs. */
  readonly onFallback?: ((event: FallbackEvent) => void) | undefined;
}

const apiOptionTable = optionsOf<ApiOptions & RuntimeOptions>({
  ...runtimeOptionTable,
  fallback: oneOf(fallbacks),
  onFallback: aFunction,
});

let options: ApiOptions = {};
let runtime: Runtime | undefined;
/** Tells of V8's garbage collections. */
let collections: FinalizationRegistry<undefined> | undefined;

/**
 * Says how the `WebAssembly` of this thread runs code. To be called before its first use.
 *
 * @throws Error where it has been used already; TypeError or RangeError where an option is wrong
 */
export function configureWebAssembly(apiOptions: ApiOptions): void {
  checkArgument('configureWebAssembly: options', apiOptionTable, apiOptions);
  if (runtime !== undefined) throw new Error('WebAssembly has been used already');
  options = { ...apiOptions };
}

/** Whether modules that ours refuses go to V8's own engine. */
export function takesFallback(): boolean {
  return (options.fallback ?? process.env['UPSHIFT_FALLBACK']) !== 'none';
}

/** Tells who asked to be told of it. */
export function tellFallback(event: FallbackEvent): void {
  if (options.onFallback === undefined) return;
  // What reports is about a runtime: it is there even if ours has nothing to run.
  agentRuntime();
  options.onFallback(event);
}

/** The runtime of this thread's API, made when it is first needed. @internal */
export function agentRuntime(): Runtime {
  runtime ??= makeRuntime();
  return runtime;
}

/** The same, where it has been needed. */
export function usedRuntime(): Runtime | undefined {
  return runtime;
}

/** How the functions of this thread's `WebAssembly` are run. */
export function agentTier(): Tier {
  return agentRuntime().tier;
}

/** The store of this thread's API. @internal */
export function agentStore(): Store {
  return agentRuntime().store;
}

let makeExceptionObject: (exn: Exn) => object = () => {
  throw new Error('internal error: nobody makes exceptions');
};

/** Says how what JavaScript sees of exceptions is made. To be called before the first use. */
export function makesExceptions(make: (exn: Exn) => object): void {
  makeExceptionObject = make;
}

function makeRuntime(): Runtime {
  const { fallback: _, onFallback: __, ...rest } = options;
  const made: Runtime = new Runtime({
    ...rest,
    embedding: {
      trapError: errorOfTrap,
      exception: (exn) => makeExceptionObject(exn),
      onLink: (a, b) => joinHolds(a, b, made.store.lifetimes),
      // Given up like any other instance: at once if no object has been made of anything in it.
      onFailedStart: (instance) => void holdOf(instance, made.store.lifetimes),
    },
  });
  collectWithV8(made.store.externrefs);
  return made;
}

/**
 * Looks for externrefs that no wasm table or global holds any more whenever V8 has collected garbage; the
 * next collection may then take the values.
 */
function collectWithV8(externrefs: Externrefs): void {
  collections = new FinalizationRegistry<undefined>(() => {
    if (externrefs.count > 0) externrefs.collect();
    collections?.register({}, undefined);
  });
  collections.register({}, undefined);
}

import { checkArgument } from '../checks/checks.js';
import { Runtime } from '../runtime/runtime.js';
import { type RuntimeOptions, runtimeOptions } from '../runtime/runtime-options.js';
import type { Store } from '../runtime/store.js';
import type { Tier } from '../runtime/tiers/tier.js';
import type { Externrefs } from '../runtime/values/references.js';
import { errorOfTrap } from './errors.js';
import { holdOf, joinHolds } from './holds.js';

/** Options of the runtime below the API: see `RuntimeOptions`. */
export type ApiOptions = Omit<RuntimeOptions, 'embedding'>;

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
  checkArgument('configureWebAssembly: options', runtimeOptions, apiOptions);
  if (runtime !== undefined) throw new Error('WebAssembly has been used already');
  options = { ...apiOptions };
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

function makeRuntime(): Runtime {
  const made: Runtime = new Runtime({
    ...options,
    embedding: {
      trapError: errorOfTrap,
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

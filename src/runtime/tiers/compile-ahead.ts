import type { MemoryMode } from '../../code/code-object.js';
import { type WarmingStore, warmUp } from '../calls/warm-up.js';
import type { Instance } from '../instances/instance.js';
import type { Module } from '../modules/module.js';
import { type CompilingStore, compileFast, compileLazily } from './lazy-compile.js';
import type { Tier } from './tier.js';

/** What functions are compiled for ahead of instances. */
interface AheadStore extends CompilingStore {
  readonly tier: Tier;
  readonly memoryMode: MemoryMode | undefined;
  isInterpreted(functionIndex: number): boolean;
}

/**
 * Compiles a module's functions before there is an instance, as those of the runtime's tier will want it.
 * What it cannot know is how an imported memory is guarded; where it is wrong functions are compiled at their
 * first calls all the same.
 */
export function* compileAhead(store: AheadStore, module: Module): Generator<void, void> {
  const { tier } = store;
  if (tier === 'interp') yield* decodeAll(module, () => true);
  else if (tier !== 'llvm') yield* compileAll(store, module, store.memoryMode ?? 'guarded', tier);
}

function* compileAll(
  store: AheadStore,
  module: Module,
  memoryMode: MemoryMode,
  tier: Tier,
): Generator<void, void> {
  const { importedFunctionCount, bodyStarts } = module.wasm;
  for (let k = 0; k < bodyStarts.length; k++) {
    const index = importedFunctionCount + k;
    if (store.isInterpreted(index)) continue;
    compileFast(store, { module, memoryMode, tier }, index);
    yield;
  }
}

function* decodeAll(
  module: Module,
  isInterpreted: (functionIndex: number) => boolean,
): Generator<void, void> {
  const { importedFunctionCount, bodyStarts } = module.wasm;
  for (let k = 0; k < bodyStarts.length; k++) {
    const index = importedFunctionCount + k;
    if (!isInterpreted(index)) continue;
    module.interpreterCode.body(index);
    yield;
  }
}

/** Does now what the first calls of an instance's functions would do: see `Instance.prepare`. */
export function* prepareInSteps(
  store: CompilingStore & WarmingStore,
  instance: Instance,
): Generator<void, void> {
  const { module, tier } = instance;
  yield* decodeAll(module, (index) => instance.isInterpreted(index));
  if (tier !== 'interp') {
    const { importedFunctionCount, bodyStarts } = module.wasm;
    for (let k = 0; k < bodyStarts.length; k++) {
      if (instance.isLazy(importedFunctionCount + k))
        compileLazily(store, instance, importedFunctionCount + k);
      yield;
    }
  }
  warmUp(store, instance);
}

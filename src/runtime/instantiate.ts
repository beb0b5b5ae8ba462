import { TrapSignal } from '../code/trap-signal.js';
import { Trap } from '../code/traps.js';
import { evaluateConst } from './const-eval.js';
import { DisposedError } from './errors.js';
import { Func } from './func.js';
import { Instance } from './instance.js';
import { writeHeader, writeRecords } from './instance-code.js';
import { type FindImport, resolveImports } from './linking.js';
import type { Module } from './module.js';
import { prepareForNative } from './natives/bind.js';
import { Native } from './natives/native.js';
import { applyActiveSegments } from './segments.js';
import { checkMaxMemory, type Store } from './store.js';
import type { Tier } from './tier-options.js';
import { TrapError } from './trap-error.js';
import { writeBits } from './values.js';

export interface InstanceOptions {
  /** How functions are run, where it is to be another way than the runtime's own. */
  readonly tier?: Tier | undefined;
  /**
   * Bytes that the memory that the instance defines may grow to, in the place of the runtime's `maxMemory`. An imported memory
   * has the limit of where it was made.
   */
  readonly maxMemory?: number | undefined;
}

/**
 * Instantiates a module (spec 2.0, section 4.5.4).
 *
 * @throws LinkError where the imports do not fit; TrapError where an active segment does not fit, or the start
 *   function traps; whatever a function throws that the start function imports. What was written to imported tables
 *   and memories until then stays. TierUnavailableError where the tier cannot be had; MemoryLimitError where the module's
 *   memory is larger than `maxMemory` from the start.
 */
export function instantiate(
  store: Store,
  module: Module,
  findImport: FindImport,
  { tier = store.tier, maxMemory = store.maxMemory }: InstanceOptions = {},
): Instance {
  checkMaxMemory(maxMemory);
  if (!module.held) throw new DisposedError('the module');
  if (module.store !== store) throw new TypeError('the module belongs to another Runtime');
  store.prepareFor(tier);
  const resolved = resolveImports(store, module, findImport);
  let instance: Instance;
  try {
    const natives = resolved.functions.filter((func) => func instanceof Native);
    const callsNative = natives.map((native) => prepareForNative(store, native)).includes(true);
    if (tier !== 'interp' || callsNative) for (const memory of resolved.memories) memory.keepForCode();
    instance = new Instance(module, resolved, tier, maxMemory);
  } catch (error) {
    for (const func of resolved.functions) if (func instanceof Func) store.lifetimes.settle(func.owner);
    throw error;
  }
  store.lifetimes.adopt(instance);
  instance.e = store.instances.add(instance);
  instance.linkImports();
  try {
    writeHeader(store, instance);
    if (tier === 'multi') startHeat(store, instance);
    store.tiers.admit(instance, () => writeRecords(store, instance));
    writePointers(instance);
    initGlobals(instance);
    const trap = applyActiveSegments(instance);
    if (trap !== Trap.none) throw new TrapError(trap);
    const { start } = module.wasm;
    if (start !== undefined) instance.func(start).call();
  } catch (error) {
    if (store.embedding === undefined) instance.dispose();
    else store.embedding.onFailedStart(instance);
    // The time was over while it waited for the compiler.
    throw error instanceof TrapSignal ? new TrapError(error.trap) : error;
  }
  return instance;
}

/** Pointers to what is imported, and the canonical type ids. */
function writePointers(instance: Instance): void {
  const { wasm, layout, typeIds } = instance.module;
  for (let index = 0; index < wasm.importedFunctionCount; index++) {
    instance.setAddress(layout.function(index), instance.func(index).record);
  }
  for (let index = 0; index < wasm.importedTableCount; index++) {
    instance.setAddress(layout.table(index), instance.table(index).address);
  }
  for (let index = 0; index < wasm.importedMemoryCount; index++) {
    instance.setAddress(layout.memory(index), instance.memory(index).address);
  }
  for (let index = 0; index < wasm.importedGlobalCount; index++) {
    instance.setAddress(layout.global(index), instance.global(index).address);
  }
  const { u32 } = instance.cells;
  for (let index = 0; index < typeIds.length; index++) {
    u32[(instance.byteOffset + layout.typeId(index)) >> 2] = typeIds[index];
  }
}

function startHeat(store: Store, instance: Instance): void {
  const { wasm, layout } = instance.module;
  if (store.tiers.isChaotic) {
    for (let index = wasm.importedFunctionCount; index < wasm.functionTypes.length; index++) {
      instance.setHeatCounter(index, store.nextHeatCount());
    }
    return;
  }
  const first = (instance.byteOffset + layout.heat(wasm.importedFunctionCount)) >> 2;
  instance.cells.u32.fill(store.nextHeatCount(), first, first + wasm.bodyStarts.length);
}

function initGlobals(instance: Instance): void {
  const { wasm, layout } = instance.module;
  for (const [k, init] of wasm.globalInits.entries()) {
    const index = wasm.importedGlobalCount + k;
    const bits = evaluateConst(init, instance);
    writeBits(
      instance.cells,
      (instance.byteOffset + layout.global(index)) >> 3,
      wasm.globals[index].type,
      bits,
    );
  }
}

import { numberFrom, oneOf, optionsOf } from '../../checks/checks.js';
import { argumentTypeError } from '../../checks/errors.js';
import { TrapSignal } from '../../code/trap-signal.js';
import { Trap } from '../../code/traps.js';
import { DisposedError } from '../errors.js';
import { noteUse } from '../launcher.js';
import type { Module } from '../modules/module.js';
import { prepareForNative } from '../natives/bind.js';
import { Native } from '../natives/native.js';
import { Func } from '../objects/func.js';
import type { Store } from '../store.js';
import { type Tier, tiers } from '../tiers/tier.js';
import { TrapError } from '../traps/trap-error.js';
import { cellAt, writeBits } from '../values/cells.js';
import { evaluateConst, evaluateReference } from './const-eval.js';
import { Importer } from './importer.js';
import { Instance } from './instance.js';
import { writeHeader, writeRecords } from './instance-code.js';
import { type FindImport, resolveImports } from './linking.js';
import { applyActiveSegments } from './segments.js';

export interface InstanceOptions {
  /** How functions are run, where it is to be another way than the runtime's own. */
  readonly tier?: Tier | undefined;
  /**
   * Bytes that the memories that the instance defines may grow to together, in the place of the runtime's
   * `maxMemory`. An imported memory has the limit of where it was made.
   */
  readonly maxMemory?: number | undefined;
}

/** The same, as it is checked. @internal */
export const instanceOptions = optionsOf<InstanceOptions>({
  tier: oneOf(tiers),
  maxMemory: numberFrom(0, Number.POSITIVE_INFINITY, 'bytes'),
});

/**
 * Instantiates a module (spec 2.0, section 4.5.4).
 *
 * @throws LinkError where the imports do not fit; TrapError where an active segment does not fit, or the
 *   start function traps; whatever a function throws that the start function imports. What was written to
 *   imported tables and memories until then stays. TierUnavailableError where the tier cannot be had;
 *   MemoryLimitError where the module's memory is larger than `maxMemory` from the start.
 * @internal
 */
export function instantiate(
  store: Store,
  module: Module,
  findImport: FindImport,
  { tier = store.tier, maxMemory = store.maxMemory }: InstanceOptions = {},
): Instance {
  store.lifetimes.drain();
  if (!module.held) throw new DisposedError('the module');
  if (module.store !== store) throw argumentTypeError('the module belongs to another Runtime');
  store.prepareFor(tier);
  store.checkProcessor(module, tier);
  noteUse();
  const importer = new Importer();
  let begun: Instance | undefined;
  try {
    // Getters of imports, imported functions and callbacks of the runtime's run in the middle of it.
    return store.whileBusy(() => {
      begun = allocateInstance(store, module, findImport, importer, tier, maxMemory);
      startInstance(store, begun, importer);
      return begun;
    });
  } catch (error) {
    if (begun !== undefined) {
      if (store.embedding === undefined) begun.dispose();
      else store.embedding.onFailedStart(begun);
    }
    // The time was over while it waited for the compiler.
    throw error instanceof TrapSignal ? new TrapError(error.trap) : error;
  } finally {
    store.lifetimes.drain();
  }
}

/** Resolves the imports, and makes an instance that is linked with them, but neither filled nor started. */
function allocateInstance(
  store: Store,
  module: Module,
  findImport: FindImport,
  importer: Importer,
  tier: Tier,
  maxMemory: number,
): Instance {
  const resolved = resolveImports(store, module, findImport, importer);
  let instance: Instance;
  try {
    const natives = resolved.functions.filter((func) => func instanceof Native);
    const callsNative = natives.map((native) => prepareForNative(store, native)).includes(true);
    if (tier !== 'interp' || callsNative) for (const memory of resolved.memories) memory.keepForCode();
    instance = new Instance(store, module, resolved, tier, maxMemory);
  } catch (error) {
    for (const func of resolved.functions) if (func instanceof Func) store.lifetimes.settle(func.owner);
    throw error;
  }
  store.lifetimes.adopt(instance);
  instance.instanceNumber = store.instances.add(instance);
  instance.linkImports();
  return instance;
}

function startInstance(store: Store, instance: Instance, importer: Importer): void {
  writeHeader(store, instance);
  if (instance.tier === 'multi') startHeat(store, instance);
  store.tiers.admit(instance, () => writeRecords(store, instance));
  writePointers(instance);
  initGlobals(instance);
  initTables(instance);
  const trap = applyActiveSegments(instance);
  if (trap !== Trap.none) throw new TrapError(trap);
  importer.made(instance);
  const { start } = instance.module.wasm;
  if (start !== undefined) instance.func(start)();
}

/** Pointers to what is imported, and the canonical type ids. */
function writePointers(instance: Instance): void {
  const { wasm, layout } = instance.module;
  const { typeIds } = wasm;
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
  for (let index = 0; index < wasm.importedTagCount; index++) {
    instance.setAddress(layout.tag(index), instance.tag(index).address);
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
  const { heatCounters } = instance.module;
  if (heatCounters !== undefined) instance.cells.u32.set(heatCounters, first);
  else instance.cells.u32.fill(store.nextHeatCount(), first, first + wasm.bodyStarts.length);
}

/** Fills the tables that have an initial element. */
function initTables(instance: Instance): void {
  const { tableInits, importedTableCount } = instance.module.wasm;
  for (let k = 0; k < tableInits.length; k++) {
    const init = tableInits[k];
    if (init === undefined) continue;
    const table = instance.table(importedTableCount + k);
    table.fillNative(0, evaluateReference(init, instance), table.length);
  }
}

function initGlobals(instance: Instance): void {
  const { wasm, layout } = instance.module;
  for (const [k, init] of wasm.globalInits.entries()) {
    const index = wasm.importedGlobalCount + k;
    const bits = evaluateConst(init, instance);
    writeBits(
      instance.cells,
      cellAt(instance.byteOffset + layout.global(index)),
      wasm.globals[index].type,
      bits,
    );
  }
}

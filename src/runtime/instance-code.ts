import { functionRecord, moduleInstance } from '../layout/structs.js';
import type { Instance } from './instance.js';
import type { Machine } from './machine.js';
import type { Store } from './store.js';
import { writeAddress } from './values.js';

/** What machine code finds in the header of an instance, as far as it is known without any: see `giveCode`. */
export function writeHeader(store: Store, instance: Instance): void {
  instance.cells.u32[(instance.byteOffset + moduleInstance.offsets.e) >> 2] = instance.e;
  if (store.native) writeMachine(store.machine, instance);
}

function writeMachine({ env, builtins }: Machine, instance: Instance): void {
  const { offsets } = moduleInstance;
  instance.setAddress(offsets.execEnv, env.address);
  instance.setAddress(offsets.builtins, builtins.address);
  instance.setAddress(offsets.stackLimit, env.stackLimit);
}

/**
 * Records of the defined functions: compiled code where there is some, else the stub that compiles at first call; no code at
 * all where the runtime has no machine code.
 */
export function writeRecords(store: Store, instance: Instance): void {
  const { wasm, layout, typeIds } = instance.module;
  const { u32 } = instance.cells;
  const { offsets, size } = functionRecord;
  let at = instance.byteOffset + layout.function(wasm.importedFunctionCount);
  for (let k = 0; k < wasm.bodyStarts.length; k++, at += size) {
    const index = wasm.importedFunctionCount + k;
    writeAddress(u32, (at + offsets.instance) >> 3, instance.address);
    u32[(at + offsets.typeId) >> 2] = typeIds[wasm.functionTypes[index]];
    u32[(at + offsets.functionIndex) >> 2] = index;
  }
  if (store.native) writeCode(store, store.machine, instance);
}

function writeCode(store: Store, { env }: Machine, instance: Instance): void {
  const { wasm, layout } = instance.module;
  const { u32 } = instance.cells;
  const { offsets, size } = functionRecord;
  const { tier, memoryMode } = instance;
  const own = instance.module.entries(memoryMode, tier === 'multi' ? 'counting' : 'fast');
  const llvm = instance.module.entries(memoryMode, 'llvm');
  const takesLlvm = (tier === 'llvm' || tier === 'multi') && !store.tiers.isChaotic;
  const takesOwn = tier === 'fast' || tier === 'multi';
  let at = instance.byteOffset + layout.function(wasm.importedFunctionCount);
  for (let k = 0; k < own.length; k++, at += size) {
    const index = wasm.importedFunctionCount + k;
    const compiled = (takesLlvm ? llvm[k] : 0) || (takesOwn ? own[k] : 0);
    const code = compiled === 0 || instance.isInterpreted(index) ? env.lazyThunk(index) : compiled;
    writeAddress(u32, (at + offsets.code) >> 3, code);
  }
}

/** Machine code has come to a runtime that had none: makes an instance of tier `interp` one that it can call. */
export function giveCode(store: Store, machine: Machine, instance: Instance): void {
  writeMachine(machine, instance);
  writeCode(store, machine, instance);
}

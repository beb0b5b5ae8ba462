import { functionRecord, moduleInstance } from '../../layout/structs.js';
import type { Machine } from '../machine.js';
import { cellAt, writeAddress } from '../values/cells.js';
import type { Instance } from './instance.js';

/** What the code of instances comes from. */
interface CodeStore {
  readonly native: boolean;
  readonly machine: Machine;
  readonly tiers: { readonly isChaotic: boolean };
}

/**
 * What machine code finds in the header of an instance, as far as it is known without machine code: see
 * `giveCode`.
 */
export function writeHeader(store: CodeStore, instance: Instance): void {
  instance.cells.u32[(instance.byteOffset + moduleInstance.offsets.instanceNumber) >> 2] =
    instance.instanceNumber;
  if (store.native) writeMachine(store.machine, instance);
}

function writeMachine({ env, builtins }: Machine, instance: Instance): void {
  const { offsets } = moduleInstance;
  instance.setAddress(offsets.execEnv, env.address);
  instance.setAddress(offsets.builtins, builtins.address);
  instance.setAddress(offsets.stackLimit, env.stackLimit);
}

/**
 * Records of the defined functions: with compiled code, or else the stub that compiles at the first call;
 * without code if the runtime has no machine code.
 */
export function writeRecords(store: CodeStore, instance: Instance): void {
  const { wasm, layout } = instance.module;
  const { u32 } = instance.cells;
  const { offsets, size } = functionRecord;
  let at = instance.byteOffset + layout.function(wasm.importedFunctionCount);
  for (let k = 0; k < wasm.bodyStarts.length; k++, at += size) {
    const index = wasm.importedFunctionCount + k;
    writeAddress(u32, cellAt(at + offsets.instance), instance.address);
    u32[(at + offsets.typeId) >> 2] = wasm.typeIds[wasm.functionTypes[index]];
    u32[(at + offsets.functionIndex) >> 2] = index;
  }
  if (store.native) writeCode(store, store.machine, instance);
}

function writeCode(store: CodeStore, { env }: Machine, instance: Instance): void {
  const { wasm, layout } = instance.module;
  const { u32 } = instance.cells;
  const { offsets, size } = functionRecord;
  const { tier, memoryMode } = instance;
  const own = instance.module.code.entries(memoryMode, tier === 'multi' ? 'counting' : 'fast');
  const takesLlvm = (tier === 'llvm' || tier === 'multi') && !store.tiers.isChaotic;
  const llvm = takesLlvm ? instance.module.code.entries(memoryMode, 'llvm') : undefined;
  const takesOwn = tier === 'fast' || tier === 'multi';
  let at = instance.byteOffset + layout.function(wasm.importedFunctionCount);
  for (let k = 0; k < own.length; k++, at += size) {
    const index = wasm.importedFunctionCount + k;
    const compiled = llvm?.[k] || (takesOwn ? own[k] : 0);
    const code = compiled === 0 || instance.isInterpreted(index) ? env.lazyThunk(index) : compiled;
    writeAddress(u32, cellAt(at + offsets.code), code);
  }
}

/**
 * Machine code has come to a runtime that had none: makes an instance of tier `interp` callable for it.
 */
export function giveCode(store: CodeStore, machine: Machine, instance: Instance): void {
  writeMachine(machine, instance);
  writeCode(store, machine, instance);
}

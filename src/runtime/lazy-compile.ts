import type { CodeObject } from '../code/code-object.js';
import { compileFunction } from '../fast-jit/compile.js';
import { functionRecord } from '../layout/structs.js';
import type { Address } from '../native/ffi.js';
import { now } from '../tiering/clock.js';
import { functionName } from '../wasm/names.js';
import type { Instance } from './instance.js';
import type { Store } from './store.js';

/**
 * Gives a function of an instance its machine code: what another instance of the module had compiled already, or
 * newly compiled; or a stub that has it interpreted. From then on all calls of the function go to it.
 *
 * @returns the code's entry
 */
export function compileLazily(store: Store, instance: Instance, functionIndex: number): Address {
  const { tier } = instance;
  const code = instance.isInterpreted(functionIndex)
    ? instance.makeStub(functionIndex)
    : codeOf(store, instance, functionIndex);
  if (tier === 'interp' || tier === 'fast') {
    const codeOffset = instance.module.layout.function(functionIndex) + functionRecord.offsets.code;
    instance.setAddress(codeOffset, code);
    return code;
  }
  // A backend thread may have been quicker, and may have made better code.
  return instance.replaceCode(functionIndex, store.env.lazyThunk(functionIndex), code);
}

/** The best code that there is for a function, or newly made one. */
function codeOf(store: Store, instance: Instance, functionIndex: number): Address {
  const { module, memoryMode, tier } = instance;
  const k = functionIndex - module.wasm.importedFunctionCount;
  if (tier !== 'fast' && !store.tiers.staysBelow()) {
    store.tiers.drain();
    const entries = module.entries(memoryMode, 'llvm');
    if (entries[k] === 0 && tier === 'llvm') store.tiers.compileNow(instance, functionIndex);
    if (entries[k] !== 0) return entries[k];
  }
  const entries = module.entries(memoryMode, tier === 'multi' ? 'counting' : 'fast');
  if (entries[k] === 0) entries[k] = compile(store, instance, functionIndex);
  return entries[k];
}

function compile(store: Store, instance: Instance, functionIndex: number): Address {
  const { module, memoryMode, tier } = instance;
  const countHeat = tier === 'multi';
  const kept = store.findCode?.(module, functionIndex, memoryMode, countHeat);
  if (kept !== undefined) return module.placeCode(functionIndex, kept) + kept.entry;
  const startedAt = now();
  const code = compileNow(store, instance, functionIndex);
  const compiledAt = now();
  const address = module.placeCode(functionIndex, code);
  store.onCompile?.({ module, functionIndex, memoryMode, countHeat, code, address, startedAt, compiledAt });
  return address + code.entry;
}

function compileNow(store: Store, { module, memoryMode, tier }: Instance, functionIndex: number): CodeObject {
  try {
    return compileFunction(module.wasm, module.layout, functionIndex, {
      ...store.compileOptions(memoryMode),
      countHeat: tier === 'multi',
    });
  } catch (cause) {
    // Validated code always compiles: this is our own error. It reaches the caller like one that an import threw.
    const name = functionName(module.wasm, functionIndex);
    const what = `function ${functionIndex}${name === undefined ? '' : ` "${name}"`}`;
    throw new Error(`internal error: cannot compile ${what}: ${String(cause)}`, { cause });
  }
}

import type { CodeObject } from '../code/code-object.js';
import { compileFunction } from '../fast-jit/compile.js';
import { functionRecord } from '../layout/structs.js';
import type { Address } from '../native/ffi.js';
import { functionName } from '../wasm/names.js';
import type { Instance } from './instance.js';
import type { Store } from './store.js';

/**
 * Gives a function of an instance its machine code: what another instance of the module had compiled already, or
 * newly compiled. From then on all calls of the function go to it.
 *
 * @returns the code's entry
 */
export function compileLazily(store: Store, instance: Instance, functionIndex: number): Address {
  const { module } = instance;
  const { wasm, layout } = module;
  const entries = module.entries(instance.memoryMode);
  const defined = functionIndex - wasm.importedFunctionCount;
  if (entries[defined] === 0) entries[defined] = compile(store, instance, functionIndex);
  const codeOffset = layout.function(functionIndex) + functionRecord.offsets.code;
  instance.setAddress(codeOffset, entries[defined]);
  return entries[defined];
}

function compile(store: Store, instance: Instance, functionIndex: number): Address {
  const { module, memoryMode } = instance;
  const countHeat = store.heat !== undefined;
  const kept = store.findCode?.(module, functionIndex, memoryMode, countHeat);
  const code = kept ?? compileNow(store, instance, functionIndex);
  const address = module.placeCode(functionIndex, code);
  if (kept === undefined) store.onCompile?.({ module, functionIndex, memoryMode, countHeat, code, address });
  return address + code.entry;
}

function compileNow(store: Store, { module, memoryMode }: Instance, functionIndex: number): CodeObject {
  const { cpu, verifyIr: verify, livenessLimit, heat } = store;
  try {
    return compileFunction(module.wasm, module.layout, functionIndex, {
      memoryMode,
      cpu,
      verify,
      livenessLimit,
      countHeat: heat !== undefined,
    });
  } catch (cause) {
    // Validated code always compiles: this is our own error. It reaches the caller like one that an import threw.
    const name = functionName(module.wasm, functionIndex);
    const what = `function ${functionIndex}${name === undefined ? '' : ` "${name}"`}`;
    throw new Error(`internal error: cannot compile ${what}: ${String(cause)}`, { cause });
  }
}

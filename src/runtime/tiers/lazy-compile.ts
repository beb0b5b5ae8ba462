import type { CodeObject, MemoryMode } from '../../code/code-object.js';
import { type CompileOptions, compileFunction } from '../../fast-jit/compile.js';
import { functionRecord } from '../../layout/structs.js';
import type { ExecEnv } from '../../native/entry/exec-env.js';
import type { Address } from '../../native/ffi/ffi.js';
import { now } from '../../tiering/clock.js';
import { CompileError } from '../../wasm/errors.js';
import { definedIndex } from '../../wasm/module.js';
import { functionName } from '../../wasm/names.js';
import { printableName } from '../../wasm/printable-name.js';
import type { Instance } from '../instances/instance.js';
import type { CodeFinder, CompileEvent } from '../runtime-options.js';
import type { Tiers } from './tiers.js';

/** What compiling needs of the store. */
export interface CompilingStore {
  readonly env: ExecEnv;
  readonly tiers: Tiers;
  readonly findCode: CodeFinder | undefined;
  readonly onCompile: ((event: CompileEvent) => void) | undefined;
  compileOptions(memoryMode: MemoryMode): CompileOptions;
}

/**
 * Gives a function of an instance its machine code: what another instance of the module had compiled already,
 * or newly compiled; or a stub that has it interpreted. From then on all calls of the function go to it.
 *
 * @returns the code's entry
 */
export function compileLazily(store: CompilingStore, instance: Instance, functionIndex: number): Address {
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
function codeOf(store: CompilingStore, instance: Instance, functionIndex: number): Address {
  const { module, memoryMode, tier } = instance;
  const k = definedIndex(module.wasm, functionIndex);
  if (tier !== 'fast' && !store.tiers.staysBelow()) {
    store.tiers.drain();
    const entries = module.code.entries(memoryMode, 'llvm');
    if (entries[k] === 0 && tier === 'llvm') store.tiers.compileNow(instance, functionIndex);
    if (entries[k] !== 0) return entries[k];
  }
  return compileFast(store, instance, functionIndex);
}

/** What the Fast JIT's code of a module depends on. */
type Purpose = Pick<Instance, 'module' | 'memoryMode' | 'tier'>;

/** The Fast JIT's code of a function: its entry. It is made where the module has none. */
export function compileFast(store: CompilingStore, purpose: Purpose, functionIndex: number): Address {
  const { module, memoryMode, tier } = purpose;
  const entries = module.code.entries(memoryMode, tier === 'multi' ? 'counting' : 'fast');
  const k = definedIndex(module.wasm, functionIndex);
  if (entries[k] === 0) entries[k] = compile(store, purpose, functionIndex);
  return entries[k];
}

function compile(store: CompilingStore, purpose: Purpose, functionIndex: number): Address {
  const { module, memoryMode, tier } = purpose;
  const countHeat = tier === 'multi';
  const kept = store.findCode?.(module, functionIndex, memoryMode, countHeat);
  if (kept !== undefined) return module.code.place(functionIndex, kept) + kept.entry;
  const startedAt = now();
  const code = compileNow(store, purpose, functionIndex);
  const compiledAt = now();
  const address = module.code.placeFast(functionIndex, code, memoryMode, countHeat);
  store.onCompile?.({ module, functionIndex, memoryMode, countHeat, code, address, startedAt, compiledAt });
  return address + code.entry;
}

function compileNow(
  store: CompilingStore,
  { module, memoryMode, tier }: Purpose,
  functionIndex: number,
): CodeObject {
  const options = module.code.fastOptions(store.compileOptions(memoryMode), tier === 'multi');
  try {
    return compileFunction(module.wasm, module.layout, functionIndex, options);
  } catch (cause) {
    if (cause instanceof CompileError) throw cause;
    // Valid code always compiles: this is our own error. It reaches the caller like one that an import
    // threw.
    const name = functionName(module.wasm, functionIndex);
    const what = `function ${functionIndex}${name === undefined ? '' : ` "${printableName(name)}"`}`;
    throw new Error(`internal error: cannot compile ${what}: ${String(cause)}`, { cause });
  }
}

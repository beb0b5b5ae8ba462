import type { CodeContainer, CodeSettings, RelaxedProfile } from '../../aot/code-container.js';
import { CodeFileError } from '../../aot/code-file-error.js';
import { readContainer, writeContainer } from '../../aot/container-file.js';
import { checkHost, checkSameModule } from '../../aot/fits.js';
import type { MemoryMode } from '../../code/code-object.js';
import { hostCpuNames } from '../../native/code/cpu.js';
import type { Address } from '../../native/ffi/ffi.js';
import { decodeModule } from '../../wasm/decode.js';
import type { Feature } from '../../wasm/feature-names.js';
import { usedFeatures, usesFusable } from '../../wasm/features.js';
import type { WasmModule } from '../../wasm/module.js';
import { functionName } from '../../wasm/names.js';
import { validateModule } from '../../wasm/validate.js';
import { llvmNames } from '../../x64/cpu-extensions.js';
import { Module } from '../modules/module.js';
import { type CompilingStore, compileFast } from '../tiers/lazy-compile.js';
import type { Tier } from '../tiers/tier.js';
import type { SerializeOptions } from './aot-options.js';
import { checkContainer } from './check-container.js';
import { sha256 } from './digest.js';
import { type FoundListener, tellFound } from './found-code.js';

/** What AOT files need of a store. */
interface AotStore extends CompilingStore, FoundListener {
  readonly tier: Tier;
  readonly memoryMode: MemoryMode | undefined;
  /** `CodeSettings.compiler` of code that can be used. */
  readonly compiler: string;
  /** What relaxed vector instructions do. */
  readonly relaxedProfile: RelaxedProfile;
  prepareFor(tier: Tier): void;
  checkProcessor(module: Module, tier: Tier): void;
  codeSettings(mode: MemoryMode, countsHeat: boolean): CodeSettings;
  readCode(address: Address, byteLength: number): Uint8Array;
}

/**
 * The AOT file of a module, for the runtime's own tier: with code that counts heat unless that is `fast`.
 *
 * @throws LlvmUnavailableError where LLVM is to compile and there is none
 * @internal
 */
export function serialize(
  store: AotStore,
  module: Module,
  { wasm = true, code = 'fast' }: SerializeOptions,
): Uint8Array {
  const compiler = store.tier === 'interp' ? 'fast' : store.tier;
  store.prepareFor(compiler);
  store.checkProcessor(module, compiler);
  const { tier } = store;
  const memoryMode = memoryModeOf(store, module);
  const countsHeat = tier !== 'fast';
  const bytes = module.wasm.bytes;
  if (code === 'fast') {
    const { importedFunctionCount, bodyStarts } = module.wasm;
    const purpose = { module, memoryMode, tier: countsHeat ? 'multi' : 'fast' } as const;
    for (let k = 0; k < bodyStarts.length; k++) compileFast(store, purpose, importedFunctionCount + k);
  }
  if (code === 'llvm') store.tiers.compileAll(module, memoryMode);
  const container = module.code
    .parts(memoryMode, countsHeat)
    .toContainer(
      store.codeSettings(memoryMode, countsHeat),
      { byteLength: bytes.length, sha256: sha256(bytes) },
      wasm ? bytes : undefined,
      (address, byteLength) => store.readCode(address, byteLength),
    );
  return writeContainer({ ...container, settings: neededSettings(container, module) }, sha256, (index) =>
    functionName(module.wasm, index),
  );
}

/**
 * What code of a module depends on: on no more extensions than its compilers could use. The Fast JIT uses
 * few, and those of vectors only where there are any, so its code alone runs on more processors. Code that a
 * file has brought has its own needs.
 */
function neededSettings({ settings, images }: CodeContainer, { code, wasm }: Module): CodeSettings {
  const found = code.found(settings.memoryMode, settings.countsHeat)?.container.settings;
  const { fastCpu, relaxed } = found ?? neededByModule(settings, wasm);
  const cpu = new Set([...(images.length > 0 ? settings.cpu : []), ...fastCpu, ...(found?.cpu ?? [])]);
  return { ...settings, relaxed, cpu: [...cpu].sort(), fastCpu };
}

/** The extensions that the Fast JIT uses for vectors only, whatever these do. */
const vectorExtensions: readonly string[] = [llvmNames.avx, llvmNames.avx2];

/** What the Fast JIT's code of a module depends on. */
function neededByModule(
  { fastCpu, relaxed }: CodeSettings,
  wasm: WasmModule,
): Pick<CodeSettings, 'fastCpu' | 'relaxed'> {
  const features = usedFeatures(wasm);
  const mayFuse = features.includes('relaxed-simd') && usesFusable(wasm);
  const isUsed = (name: string): boolean =>
    name === llvmNames.fma ? mayFuse : features.includes('simd') || !vectorExtensions.includes(name);
  return { fastCpu: fastCpu.filter(isUsed), relaxed: neededProfile(relaxed, features, mayFuse) };
}

function neededProfile(
  profile: RelaxedProfile,
  features: readonly Feature[],
  mayFuse: boolean,
): RelaxedProfile {
  if (!features.includes('relaxed-simd')) return 'none';
  return profile === 'deterministic' || mayFuse ? profile : 'fastest';
}

/** How the code of the module's instances guards their memories. */
function memoryModeOf({ memoryMode }: AotStore, { wasm, code }: Module): MemoryMode {
  return wasm.memories.length === 0 ? 'guarded' : (memoryMode ?? code.memoryMode ?? 'guarded');
}

/**
 * A module from an AOT file. Its functions run the file's code at once, and are compiled as usual where the
 * file has none of them. A runtime that interprets takes the module, and leaves the code alone.
 *
 * @param file nobody may change it any more
 * @throws CodeFileError where it is damaged, of another version, for another processor or another module
 * @internal
 */
export function load(
  store: AotStore & ConstructorParameters<typeof Module>[0],
  file: Uint8Array,
  given: Uint8Array | undefined,
): Module {
  const container = readContainer(file, sha256);
  const isInterpreted = store.tier === 'interp';
  if (!isInterpreted) {
    const { compiler, relaxedProfile: relaxed } = store;
    checkHost(container.settings, { compiler, cpu: hostCpuNames(), relaxed });
  }
  const wasm = decodeModule(moduleBytes(container, given));
  // Who does without machine code does not want to rely on who has made the file.
  if (isInterpreted) validateModule(wasm);
  else checkContainer(container, wasm);
  const module = new Module(store, wasm);
  store.checkProcessor(module, store.tier);
  store.modules.add(module);
  if (isInterpreted) return module;
  const { memoryMode } = container.settings;
  if (memoryMode === 'checked') module.code.memoryMode = memoryMode;
  module.code.source = {
    find: (mode) => (mode === memoryMode ? container : undefined),
    onFound: tellFound(store, module, 'file'),
  };
  return module;
}

function moduleBytes(container: CodeContainer, given: Uint8Array | undefined): Uint8Array {
  const { wasm } = container;
  if (given !== undefined) {
    checkSameModule(container, given.length, sha256(given));
    return given;
  }
  if (wasm === undefined)
    throw new CodeFileError('module', 'it does not have the module that it was made of');
  return wasm;
}

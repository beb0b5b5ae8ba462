import { extensionNames, featuresOf } from '../../x64/cpu-extensions.js';
import type { CpuFeatures } from '../../x64/cpu-features.js';
import { callable, view } from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import { allocate, pageSize, placeCodePage, release } from '../process/pages.js';
import { assemble } from '../x64/stubs/assemble.js';
import { cpuidResult, decodeCpuid, emitCpuid } from '../x64/stubs/cpuid.js';

/** LLVM's names of the extensions that this processor has, as it says itself, sorted. */
export const hostCpuNames: () => readonly string[] = lazy(() => {
  const block = allocate(pageSize);
  const code = placeCodePage(assemble((a) => emitCpuid(a, block)));
  callable(code.address)();
  const words = new Uint32Array(view(block, cpuidResult.size)).slice();
  release(block, pageSize);
  release(code.address, code.byteLength);
  return extensionNames(decodeCpuid(words));
});

/** What our compilers distinguish of them. */
export const hostCpu: () => CpuFeatures = lazy(() => featuresOf(hostCpuNames()));

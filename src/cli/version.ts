import { LlvmUnavailableError } from '../llvm-jit/capi/llvm-unavailable.js';
import { nativeUnavailable } from '../native/ffi/ffi.js';
import { version } from '../runtime/version.js';
import { backendFor } from './llvm-dump.js';

/**
 * What `upshift --version` prints. LLVM's version comes from a backend thread: only loading the library shows
 * whether it works.
 */
export function versionText(): string {
  const reason = nativeUnavailable();
  return `upshift ${version}\n${reason === undefined ? allTiers() : interpreterOnly(reason)}\n`;
}

function allTiers(): string {
  return `tiers: interp (interpreter), fast (Fast JIT), llvm (LLVM), multi (Fast JIT, then LLVM; default)
${llvmText()}`;
}

function interpreterOnly(reason: string): string {
  return `tiers: interp (interpreter; default)
no fast, llvm, multi: ${reason}`;
}

function llvmText(): string {
  try {
    const loaded = backendFor({}).load();
    return `LLVM ${loaded.version}, ${loaded.path}`;
  } catch (error) {
    if (error instanceof LlvmUnavailableError) return `no LLVM: ${error.message}`;
    throw error;
  }
}

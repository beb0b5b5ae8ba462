import { LlvmUnavailableError } from '../llvm-jit/capi/load-library.js';
import { nativeUnavailable } from '../native/ffi.js';
import { backendFor } from './llvm-dump.js';

/** Set by the build from package.json. */
declare const UPSHIFT_VERSION: string;

export const version = UPSHIFT_VERSION;

/** What `upshift --version` prints. A backend thread is asked for LLVM: only loading it tells whether it works. */
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

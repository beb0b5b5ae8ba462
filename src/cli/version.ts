import { LlvmUnavailableError } from '../llvm-jit/capi/load-library.js';
import { backendFor } from './llvm-dump.js';

/** Set by the build from package.json. */
declare const UPSHIFT_VERSION: string;

export const version = UPSHIFT_VERSION;

/** What `upshift --version` prints. A backend thread is asked for LLVM: only loading it tells whether it works. */
export function versionText(): string {
  return `upshift ${version}
tiers: fast (Fast JIT), llvm (LLVM), multi (first one, then the other; default)
${llvmText()}
`;
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

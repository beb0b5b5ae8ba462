/** The libLLVMs to fuzz with. A process can load only one, so each gets its own processes. */
import { realpathSync } from 'node:fs';
import { findLibrary } from '../src/llvm-jit/capi/find-library.js';
import { hostSystem } from '../src/native/ffi/host-system.js';

/** Files of all installed libLLVMs, newest first, or only the one that UPSHIFT_LLVM names. */
export function installedLlvms(): string[] {
  const search = findLibrary(hostSystem);
  if (search.kind === 'none') return [];
  if (search.kind === 'named') return [search.path];
  const files = new Map<string, string>();
  for (const path of search.candidates) {
    if (!path.startsWith('/')) continue;
    const file = realpathSync(path);
    if (!files.has(file)) files.set(file, path);
  }
  return [...files.values()];
}

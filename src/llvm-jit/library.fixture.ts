/** For tests: whether there is an LLVM to test with. */
import { hostSystem } from '../native/ffi/host-system.js';
import { findLibrary } from './capi/find-library.js';

/** Why tests that need LLVM are skipped; false where they are not. */
export function withoutLlvm(): string | false {
  const search = findLibrary(hostSystem);
  if (search.kind === 'none') return 'UPSHIFT_LLVM=none';
  return search.kind === 'named' || hasOne(search.candidates) ? false : 'no libLLVM is installed';
}

function hasOne(candidates: Iterable<string>): boolean {
  for (const path of candidates) if (path.startsWith('/')) return true;
  return false;
}

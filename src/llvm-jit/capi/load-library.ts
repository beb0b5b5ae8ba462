import { errorLine } from '../../checks/error-text.js';
import { type Library, openLibrary } from '../../native/ffi/ffi.js';
import { hostSystem } from '../../native/ffi/host-system.js';
import { truncation } from '../../native/libraries/whole-library.js';
import { NativeBlock } from '../../native/memory/block.js';
import { findLibrary, newestLlvm, oldestLlvm } from './find-library.js';
import { LlvmUnavailableError } from './llvm-unavailable.js';

export interface LlvmVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** A libLLVM of a supported version. @internal */
export interface LlvmLibrary {
  readonly library: Library;
  /** The file, or the name by which the system's loader found it. */
  readonly path: string;
  readonly version: LlvmVersion;
}

const supported = `LLVM ${oldestLlvm} to ${newestLlvm}`;

/**
 * Loads libLLVM into the process: the one at `explicit` (a path, or a name for the system's loader), else the
 * one that UPSHIFT_LLVM names, else the newest that is installed. Throws an LlvmUnavailableError. What it
 * loads stays loaded.
 * @internal
 */
export function loadLlvm(explicit?: string): LlvmLibrary {
  const search = findLibrary(hostSystem, explicit);
  if (search.kind === 'none') {
    throw new LlvmUnavailableError('disabled', 'LLVM is switched off by UPSHIFT_LLVM=none');
  }
  if (search.kind === 'named') {
    const found = open(search.path);
    if (typeof found !== 'string') return found;
    const origin = search.by === 'option' ? '' : ` (${search.by})`;
    throw new LlvmUnavailableError('named', `cannot use ${search.path}${origin}: ${found}`);
  }
  return loadFirst(search.candidates);
}

/**
 * Loads the first candidate of `findLibrary` that works. Throws an LlvmUnavailableError if none does.
 * @internal
 */
export function loadFirst(candidates: Iterable<string>): LlvmLibrary {
  const failures: string[] = [];
  for (const path of candidates) {
    const found = open(path);
    if (typeof found !== 'string') return found;
    // The loader's names are guesses. But the user should know of a file that was found and does not work.
    if (path.includes('/')) failures.push(`; cannot use ${path}: ${found}`);
  }
  throw new LlvmUnavailableError(
    'missing',
    `found no ${supported} in LD_LIBRARY_PATH, in the usual folders, or by the system's loader: install it ` +
      `(Debian, Ubuntu: apt-get install libllvm${newestLlvm}) or name the file of libLLVM in UPSHIFT_LLVM` +
      failures.join(''),
  );
}

/** The library at a path, or a line that says what is wrong with it. */
function open(path: string): LlvmLibrary | string {
  // Names are for the system's loader to find.
  const defect = path.includes('/') ? truncation(path) : undefined;
  if (defect !== undefined) return defect;
  let library: Library;
  try {
    library = openLibrary(path);
  } catch (error) {
    return errorLine(error);
  }
  if (!exports(library, 'LLVMContextCreate')) return 'it is not libLLVM';
  // Which exists since LLVM 16.
  if (!exports(library, 'LLVMGetVersion')) return `it is older than ${supported}`;
  const version = readVersion(library);
  const { major, minor, patch } = version;
  if (major >= oldestLlvm && major <= newestLlvm) return { library, path, version };
  return `it is LLVM ${major}.${minor}.${patch}, and only ${supported} are supported`;
}

function exports(library: Library, name: string): boolean {
  try {
    library.func(name, 'void', []);
    return true;
  } catch {
    return false;
  }
}

/** void LLVMGetVersion(unsigned *Major, unsigned *Minor, unsigned *Patch), llvm-c/Core.h. */
function readVersion(library: Library): LlvmVersion {
  const block = new NativeBlock(12);
  try {
    const getVersion = library.func('LLVMGetVersion', 'void', ['address', 'address', 'address']);
    getVersion(block.address, block.address + 4, block.address + 8);
    const [major, minor, patch] = block.u32;
    return { major, minor, patch };
  } finally {
    block.free();
  }
}

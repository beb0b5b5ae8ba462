import { NativeBlock } from '../../native/block.js';
import { type Library, openLibrary } from '../../native/ffi.js';
import { hostSystem } from '../../native/host-system.js';
import { findLibrary, newestLlvm, oldestLlvm } from './find-library.js';

export interface LlvmVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** A libLLVM of a supported version. */
export interface LlvmLibrary {
  readonly library: Library;
  /** The file, or the name that the system's loader has found it by. */
  readonly path: string;
  readonly version: LlvmVersion;
}

/** There is no LLVM to be had. The message is one line for the user. */
export class LlvmUnavailableError extends Error {
  /** `disabled`: by UPSHIFT_LLVM=none. `named`: what the user named does not work. `missing`: none was found. */
  readonly reason: 'disabled' | 'named' | 'missing';

  constructor(reason: LlvmUnavailableError['reason'], message: string) {
    super(message);
    this.name = 'LlvmUnavailableError';
    this.reason = reason;
  }
}

const supported = `LLVM ${oldestLlvm} to ${newestLlvm}`;

/**
 * Loads libLLVM into the process: the one at `explicit` (a path, or a name for the system's loader), else the one that
 * UPSHIFT_LLVM names, else the newest that is installed. Throws an LlvmUnavailableError. What it loads stays loaded.
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

/** Loads the first candidate of `findLibrary` that works. Throws an LlvmUnavailableError where none does. */
export function loadFirst(candidates: Iterable<string>): LlvmLibrary {
  const failures: string[] = [];
  for (const path of candidates) {
    const found = open(path);
    if (typeof found !== 'string') return found;
    // The loader's names are guesses; but a file that was found and does not work is worth a word.
    if (path.includes('/')) failures.push(`; cannot use ${path}: ${found}`);
  }
  throw new LlvmUnavailableError(
    'missing',
    `found no ${supported} in LD_LIBRARY_PATH, in the usual folders, or by the system's loader: install it ` +
      `(Debian, Ubuntu: apt-get install libllvm${newestLlvm}) or name the file of libLLVM in UPSHIFT_LLVM` +
      failures.join(''),
  );
}

/** The library at a path; or what is wrong with it, in a line. */
function open(path: string): LlvmLibrary | string {
  let library: Library;
  try {
    library = openLibrary(path);
  } catch (error) {
    return String(error instanceof Error ? error.message : error).split('\n')[0];
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

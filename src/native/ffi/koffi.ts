import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { requireOf } from './late-modules.js';
import { ownFile } from './own-file.js';

export type Koffi = typeof import('koffi').default;

/** The major version whose native module this code knows. */
const knownVersion = '3.';

/**
 * Bytes of the stack on which foreign functions run; memory is taken as it is used. LLVM recurses deeply in
 * large functions: this is as much as koffi allows.
 */
const stackSize = 2 ** 24;

/** The native module's name, which somebody may have copied beside a bundle. */
const nativeModule = 'koffi.node';
/** Where npm puts koffi's native modules, for glibc and for musl. */
const nativeModules = ['linux_x64', 'musl_x64'].map((libc) =>
  join('node_modules', '@koromix', 'koffi-linux-x64', libc, nativeModule),
);

/**
 * Loads koffi. What its own loader does takes 15 ms, most of a start; so where the native module lies at the
 * usual place, it is opened straight away.
 */
export function loadKoffi(): Koffi {
  checkRoom();
  const koffi = openNativeModule() ?? requireKoffi();
  koffi.config({ sync_stack_size: stackSize });
  return koffi;
}

/** Bundlers do not see this call: koffi's native module cannot be in a bundle. */
function requireKoffi(): Koffi {
  const file = ownFile() ?? process.execPath;
  try {
    return requireOf(file)('koffi') as Koffi;
  } catch (error) {
    if (!isMissing(error)) throw error;
    const advice = `install it, or copy the ${nativeModule} of @koromix/koffi-linux-x64 ${knownVersion}x to ${dirname(file)}`;
    throw new Error(`Cannot find module 'koffi': ${advice}`);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';
}

/** What koffi maps at its first call: the stack, its heap, and guard pages. */
const room = stackSize + 2 ** 22;

/** Throws where koffi would find too little address space. It ends the process then. */
function checkRoom(): void {
  const limit = /^Max address space +(\d+)/m.exec(readProcess('limits'))?.[1];
  if (limit === undefined) return;
  // In pages.
  const used = 4096 * Number.parseInt(readProcess('statm'), 10);
  if (Number(limit) - used < room) throw new Error('too little address space is left');
}

/** What the system says of this process; nothing where it does not. */
function readProcess(name: string): string {
  try {
    return readFileSync(`/proc/self/${name}`, 'latin1');
  } catch {
    return '';
  }
}

function openNativeModule(): Koffi | undefined {
  const beside = besideOwnFile();
  if (beside !== undefined) {
    const koffi = open(beside);
    if (koffi === undefined) throw new Error(`${beside} is not of version ${knownVersion}x`);
    return koffi;
  }
  for (const file of findNativeModules()) {
    try {
      const koffi = open(file);
      if (koffi !== undefined) return koffi;
    } catch {
      // The other libc's.
    }
  }
  return undefined;
}

/** Throws where a file cannot be loaded; returns undefined where it has another version. */
function open(file: string): Koffi | undefined {
  const module: { exports: Partial<Koffi> } = { exports: {} };
  process.dlopen(module, file);
  return module.exports.version?.startsWith(knownVersion) ? (module.exports as Koffi) : undefined;
}

/** The native module that somebody has put beside this code's file. */
function besideOwnFile(): string | undefined {
  const file = ownFile();
  const beside = file && join(dirname(file), nativeModule);
  return beside !== undefined && existsSync(beside) ? beside : undefined;
}

/** The native modules in the nearest folder above this code's file that has some. */
function findNativeModules(): string[] {
  const file = ownFile();
  if (file === undefined) return [];
  let folder = dirname(file);
  for (;;) {
    const found = nativeModules.map((name) => join(folder, name)).filter((file) => existsSync(file));
    const parent = dirname(folder);
    if (found.length || parent === folder) return found;
    folder = parent;
  }
}

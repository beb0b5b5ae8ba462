import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Koffi = typeof import('koffi').default;

/** The major version whose native module this code knows. */
const knownVersion = '3.';

/**
 * Bytes of the stack on which foreign functions run; memory is taken as it is used. LLVM recurses deeply in large functions:
 * this is as much as koffi allows.
 */
const stackSize = 2 ** 24;

/** Where npm puts koffi's native modules, for glibc and for musl. */
const nativeModules = ['linux_x64', 'musl_x64'].map((libc) =>
  join('node_modules', '@koromix', 'koffi-linux-x64', libc, 'koffi.node'),
);

/**
 * Loads koffi. What its own loader does takes 15 ms, most of a start; so where the native module lies at the usual
 * place, it is opened straight away.
 */
export function loadKoffi(): Koffi {
  const koffi = openNativeModule() ?? (createRequire(import.meta.url)('koffi') as Koffi);
  koffi.config({ sync_stack_size: stackSize });
  return koffi;
}

function openNativeModule(): Koffi | undefined {
  for (const file of findNativeModules()) {
    const module: { exports: Partial<Koffi> } = { exports: {} };
    try {
      process.dlopen(module, file);
    } catch {
      // The other libc's.
      continue;
    }
    if (module.exports.version?.startsWith(knownVersion)) return module.exports as Koffi;
  }
  return undefined;
}

/** The native modules in the nearest folder above this file that has some. */
function findNativeModules(): string[] {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const found = nativeModules.map((name) => join(folder, name)).filter((file) => existsSync(file));
    const parent = dirname(folder);
    if (found.length || parent === folder) return found;
    folder = parent;
  }
}

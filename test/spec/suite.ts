import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the checkout, relative to `build/test/spec`. */
const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** The suites: those of versions of WebAssembly, and of proposals. Each is a folder of this name. */
export const suites = ['2.0', '3.0', 'threads', 'legacy-exceptions'] as const;
export type Suite = (typeof suites)[number];

/**
 * Folder of a suite: below `spec` in the shared folder, which is next to the checkout or where UPSHIFT_SHARED
 * says.
 */
export function suiteFolder(suite: Suite): string {
  const { UPSHIFT_SHARED: shared = resolve(repository, '../shared') } = process.env;
  return join(shared, 'spec', suite);
}

/** The name of a script in its suite, by which lists of scripts know it, folders included. */
export function scriptName(suite: Suite, path: string): string {
  return relative(suiteFolder(suite), path);
}

/** Whether a script uses vectors, by its path. */
export function usesVectors(path: string): boolean {
  return /(^|\/)(simd_|vector|relaxed)[^/]*$|\/relaxed-simd\/[^/]*$/.test(path);
}

/** The scripts in a folder and those below it. */
function scriptsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.wast'))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Paths of the scripts to run: the whole suite, or those named by path or by their names in the suite. The
 * name of a folder stands for all scripts in it.
 */
export function scriptFiles(suite: Suite, names: readonly string[]): string[] {
  const folder = suiteFolder(suite);
  if (names.length === 0 && !existsSync(folder)) {
    throw new Error(
      `no spec suite at ${folder}; UPSHIFT_SHARED can name the folder that holds spec/${suite}`,
    );
  }
  if (names.length === 0) return scriptsIn(folder);
  return names.flatMap((name) => {
    const candidates = [join(folder, name), join(folder, `${name}.wast`), name];
    const found = candidates.find((path) => existsSync(path));
    if (found === undefined) throw new Error(`no such script: ${name}`);
    return statSync(found).isDirectory() ? scriptsIn(found) : [resolve(found)];
  });
}

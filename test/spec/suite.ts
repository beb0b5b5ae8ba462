import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the checkout, relative to `build/test/spec`. */
const repository = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Folder of the spec suite: `spec/2.0` in the shared folder, which is next to the checkout or where
 * UPSHIFT_SHARED says.
 */
export function suiteFolder(): string {
  const { UPSHIFT_SHARED: shared = resolve(repository, '../shared') } = process.env;
  return join(shared, 'spec/2.0');
}

/** Paths of the scripts to run: the whole suite, or those named by path or by their names in the suite. */
export function scriptFiles(names: readonly string[]): string[] {
  const folder = suiteFolder();
  if (names.length > 0) {
    return names.map((name) => {
      const candidates = [name, join(folder, name), join(folder, `${name}.wast`)];
      const found = candidates.find((path) => existsSync(path));
      if (found === undefined) throw new Error(`no such script: ${name}`);
      return resolve(found);
    });
  }
  if (!existsSync(folder)) {
    throw new Error(`no spec suite at ${folder}; UPSHIFT_SHARED can name the folder that holds spec/2.0`);
  }
  return readdirSync(folder)
    .filter((name) => name.endsWith('.wast'))
    .sort()
    .map((name) => join(folder, name));
}

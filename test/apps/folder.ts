import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const { UPSHIFT_SHARED: shared = resolve(repository, '../shared') } = process.env;

/**
 * Where real programs from npm lie: the folder `apps` of the shared folder, or what UPSHIFT_APPS says. Their packages are to
 * be installed there (or in a copy: they are large).
 */
export const { UPSHIFT_APPS: appsFolder = join(shared, 'apps') } = process.env;

/** Why they cannot be run; undefined where they can. */
export function withoutApps(): string | undefined {
  if (!existsSync(appsFolder)) return `there is no folder ${appsFolder} (UPSHIFT_APPS can name one)`;
  if (!existsSync(join(appsFolder, 'node_modules'))) {
    return `no packages are installed in ${appsFolder} (npm install --ignore-scripts --force there, or in a copy that UPSHIFT_APPS names)`;
  }
  return undefined;
}

import { statSync } from 'node:fs';
import { pathOfText } from './byte-text.js';
import { UsageError } from './errors.js';

/** A host directory that the program may use. */
export interface Directory {
  /** Its path on the host. */
  readonly path: string;
  readonly readOnly: boolean;
}

const forms = 'expected a directory, or host::guest or host::guest::ro';

/**
 * Reads `host`, `host::guest` and `host::guest::ro`; keys are the paths that the program sees. Without `::` a
 * single colon does the same, unless a directory of the whole name exists.
 *
 * @throws UsageError
 */
export function parseDirectories(texts: readonly string[]): Record<string, Directory> {
  const directories = new Map<string, Directory>();
  for (const text of texts) {
    const { path, name, readOnly } = parseDirectory(text);
    if (directories.has(name)) throw new UsageError(`--dir ${text}: there is a ${name} already`);
    directories.set(name, { path, readOnly });
  }
  return Object.fromEntries(directories);
}

function parseDirectory(text: string): Directory & { readonly name: string } {
  const isSingle = !text.includes('::') && text.includes(':') && !isDirectory(text);
  const [path, name = path, access, ...rest] = text.split(isSingle ? ':' : '::');
  if (path === '' || name === '' || (access ?? 'ro') !== 'ro' || rest.length > 0) {
    throw new UsageError(`--dir ${text}: ${forms}`);
  }
  if (isSingle && name === 'ro' && access === undefined) {
    throw new UsageError(
      `--dir ${text}: it could mean two things: ${path}::${path}::ro is only to be read, ${path}::ro is called ro`,
    );
  }
  return { path, name, readOnly: access === 'ro' };
}

function isDirectory(path: string): boolean {
  try {
    return statSync(pathOfText(path)).isDirectory();
  } catch {
    return false;
  }
}

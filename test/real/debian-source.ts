import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** No source package is available: no apt, no network, or no such package. */
export class SourceUnavailableError extends Error {
  override readonly name = 'SourceUnavailableError';
}

/**
 * Fetches the source package `name` of this machine's Debian release from the archive that apt uses, and
 * unpacks it with Debian's changes. Nothing in the system changes: lists and downloads go to `folder`, an
 * empty one.
 *
 * @returns the folder of the sources
 * @throws SourceUnavailableError
 */
export function fetchDebianSource(name: string, folder: string): string {
  const apt = privateApt(folder);
  aptGet([...apt, 'update', '-qq', '--error-on=any'], folder);
  aptGet([...apt, 'source', '-qq', '--download-only', '--only-source', name], folder);
  const description = readdirSync(folder).find((file) => file.endsWith('.dsc'));
  if (description === undefined) throw new SourceUnavailableError(`apt-get fetched no ${name}`);
  const sources = join(folder, 'sources');
  // apt has verified the signatures.
  execFileSync('dpkg-source', ['--no-check', '-x', description, sources], { cwd: folder, stdio: 'pipe' });
  return sources;
}

/**
 * Options that make apt use Debian's source packages, which it is seldom configured for, in a separate
 * folder.
 */
function privateApt(folder: string): string[] {
  const listed = aptGet(
    ['indextargets', '--format', '$(SOURCESENTRY)', 'Created-By: Packages', 'Origin: Debian'],
    folder,
  );
  // Each entry is a file and a line or paragraph number.
  const files = new Set(listed.split('\n').map((entry) => entry.replace(/:\d+$/, '')));
  files.delete('');
  if (files.size === 0) throw new SourceUnavailableError('apt knows no packages of Debian');
  const lists = join(folder, 'sources.list.d');
  for (const path of [lists, join(folder, 'state/lists/partial'), join(folder, 'cache/archives/partial')]) {
    mkdirSync(path, { recursive: true });
  }
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
      .replace(/^Types:.*$/gm, 'Types: deb-src')
      .replace(/^deb(?:-src)?(?=\s)/gm, 'deb-src');
    writeFileSync(join(lists, basename(file)), text);
  }
  const settings = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': lists,
    'Dir::State': join(folder, 'state'),
    'Dir::Cache': join(folder, 'cache'),
    // Downloads as the owner of the folder.
    'APT::Sandbox::User': '',
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': '20',
    'Acquire::https::Timeout': '20',
  };
  return Object.entries(settings).flatMap(([setting, value]) => ['-o', `${setting}=${value}`]);
}

function aptGet(args: readonly string[], folder: string): string {
  const { status, stdout, stderr, error } = spawnSync('apt-get', args, { cwd: folder, encoding: 'utf8' });
  if (error === undefined && status === 0) return stdout;
  // Only the first message; the others are similar.
  const [message] = stderr?.trim().split('\n') ?? [];
  throw new SourceUnavailableError(`apt-get failed: ${error?.message ?? message}`);
}

import { cacheFolder, noCache, parseCacheSize } from '../cache/cache-folder.js';
import { CacheStore, type Cleaning } from '../cache/cache-store.js';
import type { CacheArguments } from './arguments.js';
import { listCache } from './cache-listing.js';
import { cacheText } from './cache-text.js';
import { warm } from './cache-warm.js';
import { coloursOf } from './colours.js';
import { InputError } from './errors.js';
import { ExitStatus } from './exit-status.js';
import { writeOutput } from './output.js';
import { roundedSize } from './quantities.js';

/** `upshift cache`: returns the exit status. */
export async function cache(command: CacheArguments): Promise<number> {
  const { action, folder, json, maxSize } = command;
  const store = openStore(folder);
  switch (action) {
    case 'show': {
      const listing = listCache(store);
      writeOutput(`${json ? JSON.stringify(listing, undefined, 2) : cacheText(listing, coloursOf(1))}\n`);
      break;
    }
    case 'clean':
      tellCleaning(store, store.clean(maxSize));
      break;
    case 'clear':
      tellCleaning(store, store.clear());
      break;
    case 'warm':
      store.prepare();
      return warm(command);
  }
  return ExitStatus.success;
}

/**
 * The cache that a command is about. Here a user is told what otherwise goes without a word.
 *
 * @throws InputError if there is to be none; CacheProblem if it cannot be used
 */
function openStore(choice: string | undefined): CacheStore {
  const size = process.env['UPSHIFT_CACHE_SIZE'] ?? '';
  if (size !== '' && parseCacheSize(size) === undefined)
    throw new InputError(`UPSHIFT_CACHE_SIZE=${size}: expected a number of MiB`);
  const store = CacheStore.open(choice);
  if (store === undefined) throw new InputError(`there is no cache: ${whyNone(choice)}`);
  store.check();
  return store;
}

function whyNone(choice: string | undefined): string {
  if (choice === noCache) return `--cache=${noCache}`;
  if (process.env['UPSHIFT_CACHE'] === noCache) return `UPSHIFT_CACHE=${noCache}`;
  if (cacheFolder(choice) === undefined) {
    const isRelative = (choice ?? process.env['UPSHIFT_CACHE'] ?? '') !== '';
    return isRelative
      ? 'the working directory is gone'
      : 'neither XDG_CACHE_HOME nor HOME is an absolute path';
  }
  return `on ${process.platform} nobody can tell who has written a file`;
}

function tellCleaning(store: CacheStore, { entries, byteLength }: Cleaning): void {
  const left = store.entries();
  const leftLength = left.reduce((sum, entry) => sum + entry.byteLength, 0);
  const removed = `removed ${countedEntries(entries)}, ${roundedSize(byteLength)}`;
  writeOutput(`${removed}; ${countedEntries(left.length)}, ${roundedSize(leftLength)} left\n`);
}

function countedEntries(count: number): string {
  return `${count} ${count === 1 ? 'entry' : 'entries'}`;
}

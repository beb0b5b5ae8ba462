import { resolve } from 'node:path';

/** Of a choice of folder, or of `UPSHIFT_CACHE`: there is to be no cache. */
export const noCache = 'none';
/** Of a choice of folder: what the environment says. */
export const defaultCache = 'default';

const mebi = 2 ** 20;
/** Bytes. The code of a module of 30 MB takes about 100 MB; ten of these fit. */
const defaultSize = 1024 * mebi;

/**
 * The absolute path of the folder that the cache is in, or undefined if there is to be none: the choice, or
 * the variable `UPSHIFT_CACHE`, or `upshift` in the user's cache folder as the XDG base directory
 * specification says. Nothing is looked up on disk.
 *
 * @param choice `none`, `default`, or a folder, which is relative to the working directory
 */
export function cacheFolder(choice: string = defaultCache): string | undefined {
  const { UPSHIFT_CACHE: variable, XDG_CACHE_HOME: cache, HOME: home } = process.env;
  const chosen = choice === defaultCache ? variable || defaultCache : choice;
  if (chosen === noCache) return undefined;
  if (chosen !== defaultCache) return absolute(chosen);
  if (cache?.startsWith('/')) return `${cache}/upshift`;
  return home?.startsWith('/') ? `${home}/.cache/upshift` : undefined;
}

/** Undefined if the path is relative to a working directory that is gone. */
function absolute(path: string): string | undefined {
  try {
    return resolve(path);
  } catch {
    return undefined;
  }
}

/** Bytes that the cache may take: what `UPSHIFT_CACHE_SIZE` says, or 1 GiB. */
export function cacheSize(): number {
  return parseCacheSize(process.env['UPSHIFT_CACHE_SIZE'] ?? '') ?? defaultSize;
}

/** Bytes, of a text that is a number of MiB; undefined if it is none. */
export function parseCacheSize(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) * mebi : undefined;
}

import type { CacheStore } from '../cache/cache-store.js';

/** What `upshift cache --json` prints. */
export interface CacheListing {
  readonly folder: string;
  /** What the files of all entries have, and what they may take. Bytes. */
  readonly byteLength: number;
  readonly maxBytes: number;
  /** The last used first. */
  readonly entries: readonly ListedEntry[];
}

export interface ListedEntry {
  readonly kind: string;
  readonly name: string;
  readonly title: string;
  /** Of its file. */
  readonly byteLength: number;
  /** As ISO 8601; at most an hour before it was last used. */
  readonly lastUsed: string;
}

export function listCache(store: CacheStore): CacheListing {
  const entries = store.entries().map(({ lastUsed, ...entry }) => {
    return { ...entry, lastUsed: new Date(lastUsed).toISOString() };
  });
  const byteLength = entries.reduce((sum, entry) => sum + entry.byteLength, 0);
  return { folder: store.folder, byteLength, maxBytes: store.maxBytes, entries };
}

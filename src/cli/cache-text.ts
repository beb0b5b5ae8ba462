import { cacheKinds } from '../cache/entries.js';
import { printableName } from '../wasm/printable-name.js';
import type { CacheListing, ListedEntry } from './cache-listing.js';
import type { Colours } from './colours.js';
import { roundedSize } from './quantities.js';

/** What `upshift cache` calls the kinds of entries. */
const headings: Readonly<Record<(typeof cacheKinds)[number], string>> = {
  code: 'Machine code of modules',
  bytecode: "V8's bytecode of Upshift",
};
/** How many characters of a title are shown. */
const longestTitle = 200;

/** The cache as text for people. */
export function cacheText(
  { folder, byteLength, maxBytes, entries }: CacheListing,
  { heading }: Colours,
): string {
  const parts = [`${printableName(folder)}: ${roundedSize(byteLength)} of ${roundedSize(maxBytes)}`];
  for (const kind of cacheKinds) {
    const rows = entries.filter((entry) => entry.kind === kind).map(rowOf);
    if (rows.length === 0) continue;
    const columns = row('size', 'last used (UTC)', 'what');
    parts.push([heading(`${headings[kind]} (${rows.length}):`), columns, ...rows].join('\n'));
  }
  return parts.join('\n\n');
}

function rowOf({ name, title, byteLength, lastUsed }: ListedEntry): string {
  const time = lastUsed.slice(0, 16).replace('T', ' ');
  return row(roundedSize(byteLength), time, printableName(title || name, longestTitle));
}

function row(size: string, time: string, what: string): string {
  return `  ${size.padStart(11)}  ${time.padEnd(16)}  ${what}`;
}

import { readFileSync } from 'node:fs';

/**
 * What this process was started with, the program first, byte by byte as its parent gave it; undefined where
 * the system does not tell. Whoever sets `process.title` overwrites it.
 */
export function processArguments(): Buffer[] | undefined {
  return entriesOf('/proc/self/cmdline');
}

/**
 * The environment that this process was started with, byte by byte: `name=value`. Undefined where the system
 * does not tell. What has been changed since is not in it.
 */
export function processEnvironment(): Buffer[] | undefined {
  return entriesOf('/proc/self/environ');
}

function entriesOf(file: string): Buffer[] | undefined {
  let all: Buffer;
  try {
    all = readFileSync(file);
  } catch {
    return undefined;
  }
  const found: Buffer[] = [];
  // Each ends in a NUL, also one that is empty.
  for (let start = 0, end = all.indexOf(0); end >= 0; start = end + 1, end = all.indexOf(0, start)) {
    found.push(all.subarray(start, end));
  }
  return found;
}

/** What the kernel says about this process's memory. */
import { readFileSync } from 'node:fs';

export { peakResidentBytes } from '../src/native/os/process-memory.js';

/** Resident bytes of executable memory that no file backs: code made at run time. */
export function generatedCodeBytes(): number {
  let total = 0;
  let generated = false;
  for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\n')) {
    const mapping = /^[0-9a-f]+-[0-9a-f]+ ..(.). \S+ \S+ (\d+)/.exec(line);
    if (mapping !== null) generated = mapping[1] === 'x' && mapping[2] === '0';
    else if (generated && line.startsWith('Rss:')) total += Number.parseInt(line.slice(4), 10) * 1024;
  }
  return total;
}

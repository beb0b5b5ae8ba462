/**
 * Swaps a directory and a link as fast as it can until it is killed. In its directory, `swapped` is at one
 * moment a directory, at the next a link to `../outside`, and now and then nothing.
 */
import { renameSync, writeSync } from 'node:fs';

process.chdir(process.argv[2]);
writeSync(1, 'ready');
for (;;) {
  for (let round = 0; round < 100; round++) {
    renameSync('swapped', 'directory');
    renameSync('link', 'swapped');
    renameSync('swapped', 'link');
    renameSync('directory', 'swapped');
  }
  // The test may be gone.
  if (process.ppid === 1) break;
}

import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { goldenFiles, goldenText } from './golden.js';

/* npm run bless: writes the Fast JIT's current output into the golden files. */
for (const path of goldenFiles()) {
  const { actual, expected } = await goldenText(path);
  if (actual === expected) continue;
  writeFileSync(path, expected);
  console.log(`${basename(path)}: written`);
}

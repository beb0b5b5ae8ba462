/**
 * Switching under load: `npm run soak -- [--seconds N] [--threads N] [--seed N]`.
 *
 * Several threads make runtimes whose functions move up, and sometimes down, at random moments. They call
 * random functions, compare the results with the Fast JIT's, interrupt some calls, and dispose of instances,
 * modules and runtimes while backend threads compile for them. Status 1 if results differ, something crashes,
 * or memory grows.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { SoakReport, SoakRequest } from './rounds.js';

/** How many bytes the process may grow by after a quarter of the time. */
const allowedGrowth = 96 * 2 ** 20;

function residentBytes(): number {
  const pages = Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[1]);
  return pages * 4096;
}

function runThread(request: SoakRequest): Promise<SoakReport> {
  const worker = new Worker(fileURLToPath(new URL('./thread.js', import.meta.url)), { workerData: request });
  return new Promise((resolve, reject) => {
    let report: SoakReport | undefined;
    worker.on('message', (message: SoakReport) => {
      report = message;
    });
    worker.on('error', reject);
    worker.on('exit', (status) => {
      if (report === undefined) reject(new Error(`a thread ended with status ${status}`));
      else resolve(report);
    });
  });
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    threads: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
  },
});
const seconds = Number(values.seconds);
const threads = Number(values.threads);
let base = 0;
setTimeout(() => {
  base = residentBytes();
}, 250 * seconds);
const reports = await Promise.all(
  Array.from({ length: threads }, (_, k) => runThread({ seconds, seed: Number(values.seed) + 1000 * k })),
);
const growth = residentBytes() - base;
const sum = (of: (report: SoakReport) => number): number => reports.reduce((all, one) => all + of(one), 0);
console.log(
  `${sum(({ rounds }) => rounds)} rounds, ${sum(({ calls }) => calls)} calls, ` +
    `${sum(({ switched }) => switched)} functions moved up, ${sum(({ entered }) => entered)} loops entered, ` +
    `${sum(({ interrupted }) => interrupted)} interrupted, ` +
    `memory grew by ${(growth / 2 ** 20).toFixed(1)} MiB`,
);
const differences = reports.flatMap((report) => report.differences);
for (const difference of differences.slice(0, 10)) console.error(difference);
const isIdle = sum(({ switched }) => switched) === 0;
if (isIdle) console.error('no function has moved up');
if (growth > allowedGrowth) console.error(`memory grew by more than ${allowedGrowth / 2 ** 20} MiB`);
process.exitCode = differences.length > 0 || isIdle || growth > allowedGrowth ? 1 : 0;

/**
 * For `node --import`: makes a Node process write its peak resident memory to a file at its exit. Processes
 * that it starts do so as well, since they inherit the variables.
 */
import { appendFileSync, readFileSync, readlinkSync } from 'node:fs';
import { peakResidentBytes } from './process-memory.js';

/** The environment variable that names the file. */
export const peaksVariable = 'UPSHIFT_BENCH_PEAKS';

const { [peaksVariable]: file } = process.env;
// Threads of the process import this too.
if (file !== undefined && readlinkSync('/proc/thread-self').endsWith(`/${process.pid}`)) {
  appendFileSync(file, 'start\n');
  process.on('exit', () => appendFileSync(file, `${peakResidentBytes()}\n`));
}

/**
 * The largest peak in such a file, in bytes; undefined if some process has not written its peak, for example
 * because it was killed.
 */
export function largestPeak(file: string): number | undefined {
  const lines = readFileSync(file, 'latin1').split('\n').filter(Boolean);
  const peaks = lines.filter((line) => line !== 'start').map(Number);
  return peaks.length === 0 || 2 * peaks.length < lines.length ? undefined : Math.max(...peaks);
}

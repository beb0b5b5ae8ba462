/** Milliseconds for which this thread has had a processor: what else runs on the machine hardly matters. */
import { readFileSync } from 'node:fs';

/** NaN where the kernel does not say. */
export function threadCpuMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

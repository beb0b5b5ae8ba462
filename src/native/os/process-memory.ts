import { readFileSync } from 'node:fs';

/**
 * The largest resident set that the process ever had, in bytes: VmHWM, see proc_pid_status(5). 0 where it is
 * not known.
 */
export function peakResidentBytes(): number {
  let status: string;
  try {
    status = readFileSync('/proc/self/status', 'latin1');
  } catch {
    return 0;
  }
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  return found === null ? 0 : Number(found[1]) * 1024;
}

/** Where benchmarks keep what they fetch and build, outside of the project. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export function cacheFolder(): string {
  const { UPSHIFT_BENCH_CACHE, XDG_CACHE_HOME } = process.env;
  return UPSHIFT_BENCH_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'upshift-bench');
}

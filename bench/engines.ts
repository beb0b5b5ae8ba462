/** The engines that bench/run.ts compares, as arguments to `node`. */
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Engine {
  readonly name: string;
  /** Runs a WASI command as users of the engine do. */
  command(file: string): readonly string[];
  /**
   * Runs a WASI command and reports the time between the call of _start and its end; undefined where `command`
   * does so itself.
   */
  timedCommand?(file: string): readonly string[];
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const v8Host = path('v8-host.js');
const largestEagerModule = 1 << 20;

/** One of V8's tiers alone; compiled before it starts, if that takes no minutes, so as not to time the compiler. */
function v8Tier(name: string, flag: string): Engine {
  const flags = (file: string): string[] =>
    statSync(file).size <= largestEagerModule ? [flag, '--no-wasm-lazy-compilation'] : [flag];
  return { name, command: (file) => [...flags(file), v8Host, file] };
}

export const engines: readonly Engine[] = [
  {
    name: 'fast',
    command: (file) => [path('../../dist/cli.js'), 'run', file],
    timedCommand: (file) => [path('fast-host.js'), file],
  },
  { name: 'v8', command: (file) => [v8Host, file] },
  v8Tier('v8-liftoff', '--liftoff-only'),
  v8Tier('v8-turbofan', '--no-liftoff'),
];

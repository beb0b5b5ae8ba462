/** The engines that bench/run.ts compares. */
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Tier } from '../src/runtime/tiers/tier.js';
import { type Command, node } from './measure.js';
import { nativeCommand, nativeProblem } from './native.js';

export interface Engine {
  readonly name: string;
  /** Runs a WASI command as users of the engine do; undefined where the engine cannot run this one. */
  command(file: string): Command | undefined;
  /**
   * Runs a WASI command and reports the time between the call of _start and its end; undefined where
   * `command` does so itself.
   */
  timedCommand?(file: string): Command;
  /** Why the engine cannot be used here, if so. */
  problem?(): string | undefined;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const v8Host = path('v8-host.js');
const largestEagerModule = 1 << 20;

/** Runs a WASI command through the library, in one of our tiers. */
export function hostCommand(tier: Tier, file: string): Command {
  return node(path('upshift-host.js'), `--tier=${tier}`, file);
}

/** Runs a WASI command as the users of one of our tiers do. */
export function tierCommand(tier: Tier, file: string): Command {
  return node(path('../../dist/cli.js'), 'run', `--tier=${tier}`, file);
}

function upshift(tier: Tier): Engine {
  return {
    name: tier,
    command: (file) => tierCommand(tier, file),
    timedCommand: (file) => hostCommand(tier, file),
  };
}

/**
 * One of V8's tiers alone. It compiles before it starts, unless that takes minutes, so the compiler is not
 * timed.
 */
function v8Tier(name: string, flag: string): Engine {
  const flags = (file: string): string[] =>
    statSync(file).size <= largestEagerModule ? [flag, '--no-wasm-lazy-compilation'] : [flag];
  return { name, command: (file) => node(...flags(file), v8Host, file) };
}

/** The compiler makes no vectors of integers wider than wasm's: what the preference alone does not forbid. */
const narrowVectors = ['-mprefer-vector-width=128', '-mno-avx2'];

export const v8: Engine = { name: 'v8', command: (file) => node(v8Host, file) };

export const engines: readonly Engine[] = [
  upshift('interp'),
  upshift('fast'),
  upshift('llvm'),
  upshift('multi'),
  v8,
  v8Tier('v8-liftoff', '--liftoff-only'),
  v8Tier('v8-turbofan', '--no-liftoff'),
  { name: 'native', command: (file) => nativeCommand(file), problem: nativeProblem },
  { name: 'native-128', command: (file) => nativeCommand(file, narrowVectors), problem: nativeProblem },
];

import { baselineCpu, type RuntimeOptions, type Tier } from '../src/index.js';

/** One way to run a module. */
export interface Configuration {
  readonly name: string;
  /** The name that `--tiers` selects it by. */
  readonly tier: string;
  /** Needs libLLVM. */
  readonly needsLlvm: boolean;
  /** Undefined for V8. `seed` is the module's. */
  readonly options: ((seed: number) => RuntimeOptions) | undefined;
  /** The module goes through an AOT file, with code of this compiler. */
  readonly aot?: 'fast' | 'llvm' | undefined;
}

/** The configuration that all others are compared with. */
export const reference: Configuration = { name: 'v8', tier: 'v8', needsLlvm: false, options: undefined };

/**
 * All configurations but the reference, one line each. A new tier or option is tested once it is listed here.
 */
export const configurations: readonly Configuration[] = [
  upshift('interp', 'interp', () => ({})),
  // Interpreted and compiled functions call each other.
  upshift('mixed', 'fast', () => ({ tuning: { interpreted: (index) => index % 2 === 0 } })),
  upshift('mixed-checked', 'fast', (seed) => ({
    memoryMode: 'checked',
    tuning: { interpreted: (index) => (index ^ seed) % 3 === 0 },
  })),
  upshift('fast', 'fast', () => ({ memoryMode: 'guarded' })),
  upshift('fast-checked', 'fast', () => ({ memoryMode: 'checked' })),
  upshift('fast-baseline', 'fast', () => ({ memoryMode: 'guarded', cpu: baselineCpu, livenessLimit: 0 })),
  upshift('llvm', 'llvm', () => ({ memoryMode: 'guarded' })),
  upshift('llvm-checked', 'llvm', () => ({ memoryMode: 'checked', llvm: { level: 1 } })),
  // Functions are switched up and down at random.
  upshift('multi-chaos', 'multi', (seed) => ({ llvm: { level: 1 }, tuning: { chaos: seed, warmUp: 0 } })),
  // Running loops continue in LLVM code at their first turn, or at random ones; the first of these
  // configurations vectorizes them.
  upshift('multi-loops', 'multi', () => ({
    tuning: { heatThreshold: 1, warmUp: 0, waitForLoops: true },
  })),
  upshift('multi-loops-chaos', 'multi', (chaos) => ({
    memoryMode: 'checked',
    llvm: { level: 1 },
    tuning: { heatThreshold: 4, warmUp: 0, waitForLoops: true, chaos },
  })),
  // Code from files; loops move up from the Fast JIT's.
  {
    ...upshift('aot-fast', 'multi', () => ({
      llvm: { level: 1 },
      tuning: { heatThreshold: 2, warmUp: 0, waitForLoops: true },
    })),
    aot: 'fast',
  },
  { ...upshift('aot-llvm', 'llvm', () => ({ memoryMode: 'checked', llvm: { level: 2 } })), aot: 'llvm' },
];

function upshift(name: string, tier: Tier, options: (seed: number) => RuntimeOptions): Configuration {
  return {
    name,
    tier,
    needsLlvm: tier === 'llvm' || tier === 'multi',
    options: (seed) => ({ ...options(seed), tier }),
  };
}

/** The names that `--tiers` takes. */
export const tierNames: readonly string[] = [...new Set(configurations.map(({ tier }) => tier))];

/** The configuration with this name. Throws if there is none. */
export function configurationNamed(name: string): Configuration {
  const found = [reference, ...configurations].find((configuration) => configuration.name === name);
  if (found === undefined) throw new Error(`there is no configuration ${name}`);
  return found;
}

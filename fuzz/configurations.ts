import { baselineCpu, type RuntimeOptions, type Tier } from '../src/index.js';
import type { Traits } from './traits.js';

type Options = (seed: number, traits: Traits) => RuntimeOptions;

/** One way to run a module. */
export interface Configuration {
  readonly name: string;
  /** The name that `--tiers` selects it by. */
  readonly tier: string;
  /** Needs libLLVM. */
  readonly needsLlvm: boolean;
  /** Undefined for V8. The seed and the traits are the module's. */
  readonly options: Options | undefined;
  /** The module goes through an AOT file, with code of this compiler. */
  readonly aot?: 'fast' | 'llvm' | undefined;
}

/** The configuration that all others are compared with. */
export const reference: Configuration = { name: 'v8', tier: 'v8', needsLlvm: false, options: undefined };

/** The plainest processor that can do what a module needs. */
function plainestCpu({ hasVectors }: Traits): RuntimeOptions {
  return { cpu: { ...baselineCpu, sse41: hasVectors } };
}

/** Now and then another meaning of relaxed instructions, or a processor that has no others than it needs. */
function variant(seed: number, traits: Traits): RuntimeOptions {
  if (seed % 3 === 0) return plainestCpu(traits);
  return seed % 3 === 1 ? { deterministic: true } : {};
}

/**
 * What the meaning of relaxed instructions depends on. Configurations that differ in it need not do the same
 * with a module that has some.
 */
export function relaxedMeaning(
  configuration: Configuration,
  seed: number,
  traits: Traits,
): Pick<RuntimeOptions, 'cpu' | 'deterministic'> {
  const { cpu, deterministic } = configuration.options?.(seed, traits) ?? {};
  return { ...(cpu && { cpu }), ...(deterministic && { deterministic }) };
}

/** The reference where V8 cannot be: for relaxed instructions of a meaning, and what it does not know. */
export function ownReference(meaning: Pick<RuntimeOptions, 'cpu' | 'deterministic'>): Configuration {
  return upshift('interp', 'interp', () => meaning);
}

/**
 * All configurations but the reference, one line each. A new tier or option is tested once it is listed here.
 */
export const configurations: readonly Configuration[] = [
  upshift('interp', 'interp', () => ({})),
  // Interpreted and compiled functions call each other.
  upshift('mixed', 'fast', () => ({ tuning: { interpreted: (index) => index % 2 === 0 } })),
  upshift('mixed-checked', 'fast', (seed, traits) => ({
    ...variant(seed + 1, traits),
    memoryMode: 'checked',
    tuning: { interpreted: (index) => (index ^ seed) % 3 === 0 },
  })),
  upshift('fast', 'fast', () => ({ memoryMode: 'guarded' })),
  upshift('fast-checked', 'fast', (seed, traits) => ({ memoryMode: 'checked', ...variant(seed, traits) })),
  upshift('fast-baseline', 'fast', (_, traits) => ({
    memoryMode: 'guarded',
    livenessLimit: 0,
    ...plainestCpu(traits),
  })),
  upshift('llvm', 'llvm', () => ({ memoryMode: 'guarded' })),
  upshift('llvm-checked', 'llvm', (seed, traits) => ({
    memoryMode: 'checked',
    llvm: { level: 1 },
    ...variant(seed, traits),
  })),
  // Functions are switched up and down at random.
  upshift('multi-chaos', 'multi', (seed) => ({ llvm: { level: 1 }, tuning: { chaos: seed, warmUp: 0 } })),
  // Running loops continue in LLVM code at their first turn, or at random ones; the first of these
  // configurations vectorizes them.
  upshift('multi-loops', 'multi', () => ({
    tuning: { heatThreshold: 1, warmUp: 0, waitForLoops: true },
  })),
  upshift('multi-loops-chaos', 'multi', (chaos, traits) => ({
    memoryMode: 'checked',
    llvm: { level: 1 },
    ...variant(chaos, traits),
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
  {
    ...upshift('aot-llvm', 'llvm', (seed, traits) => ({
      memoryMode: 'checked',
      llvm: { level: 2 },
      ...variant(seed + 1, traits),
    })),
    aot: 'llvm',
  },
];

function upshift(name: string, tier: Tier, options: Options): Configuration {
  return {
    name,
    tier,
    needsLlvm: tier === 'llvm' || tier === 'multi',
    options: (seed, traits) => ({ ...options(seed, traits), tier }),
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

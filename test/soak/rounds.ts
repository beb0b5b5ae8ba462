import { randomModule, randomModuleArguments } from '../../src/fast-jit/random-module.fixture.js';
import {
  Func,
  type Instance,
  type Module,
  Runtime,
  type TierTuning,
  Trap,
  TrapError,
  withTimeout,
} from '../../src/index.js';

export interface SoakRequest {
  readonly seconds: number;
  readonly seed: number;
}

export interface SoakReport {
  readonly rounds: number;
  readonly calls: number;
  /** Functions replaced by LLVM's code, and loops that continued in it. */
  readonly switched: number;
  readonly entered: number;
  /** Calls ended by a time limit. */
  readonly interrupted: number;
  readonly differences: readonly string[];
}

const functionsInModule = 4;
const instancesAtOnce = 3;
const callsInRound = 60;

/** How functions are switched: as users have it but sooner, at random, or in the middle of loops. */
const tunings: readonly ((seed: number) => TierTuning)[] = [
  () => ({ warmUp: 0, heatThreshold: 3 }),
  () => ({ warmUp: 0, heatThreshold: 50 }),
  (chaos) => ({ warmUp: 0, heatThreshold: 3, chaos }),
  () => ({ warmUp: 0, heatThreshold: 5, waitForLoops: true }),
];

/** Numbers below a limit (xorshift32). */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  below(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % limit;
  }
}

/** Runs rounds until the time is up, each with its own runtime, module and instances. */
export function soak({ seconds, seed }: SoakRequest): SoakReport {
  const end = performance.now() + 1000 * seconds;
  const random = new Random(seed);
  const differences: string[] = [];
  let [rounds, calls, switched, entered, interrupted] = [0, 0, 0, 0, 0];
  while (performance.now() < end && differences.length === 0) {
    const moduleSeed = seed + rounds;
    const tuning = tunings[random.below(tunings.length)](moduleSeed);
    const runtime = new Runtime({
      tuning,
      tier: 'multi',
      memoryMode: random.below(3) === 0 ? 'checked' : undefined,
      llvm: { level: 1 },
      onTierUp: ({ kind }) => {
        if (kind === 'compiled') switched++;
        if (kind === 'entered') entered++;
      },
    });
    const module = runtime.compile(randomModule(moduleSeed, functionsInModule));
    const pairs = Array.from({ length: instancesAtOnce }, () => makePair(runtime, module));
    for (let call = 0; call < callsInRound; call++) {
      const at = random.below(pairs.length);
      const difference = compare(pairs[at], random);
      calls++;
      if (difference !== undefined)
        differences.push(`seed ${moduleSeed}, ${JSON.stringify(tuning)}: ${difference}`);
      const isInterrupted = random.below(10) === 0 && interrupt(pairs[at], random);
      if (isInterrupted) interrupted++;
      // The state after an interrupted call does not matter. Threads may be compiling for it right now.
      if (isInterrupted || random.below(20) === 0) {
        for (const instance of Object.values(pairs[at])) instance.dispose();
        pairs[at] = makePair(runtime, module);
      }
    }
    if (random.below(2) === 0) module.dispose();
    runtime.dispose();
    rounds++;
  }
  return { rounds, calls, switched, entered, interrupted, differences };
}

/** Two instances that must behave the same. */
interface Pair {
  readonly moving: Instance;
  readonly fast: Instance;
}

function makePair(runtime: Runtime, module: Module): Pair {
  return { moving: runtime.instantiate(module), fast: runtime.instantiate(module, {}, { tier: 'fast' }) };
}

/**
 * Calls functions of an instance until a short time limit ends one of them, or all have ended. Returns
 * whether one was ended.
 */
function interrupt({ moving }: Pair, random: Random): boolean {
  const microseconds = 1 + random.below(300);
  const args = randomModuleArguments[random.below(randomModuleArguments.length)];
  const end = performance.now() + 5;
  try {
    withTimeout(microseconds / 1000, () => {
      while (performance.now() < end) outcome(moving, `f${random.below(functionsInModule)}`, args);
    });
  } catch (error) {
    if (error instanceof TrapError && error.trap === Trap.interrupted) return true;
    throw error;
  }
  return false;
}

/** Calls a random function of both instances; returns the difference, if any. */
function compare({ moving, fast }: Pair, random: Random): string | undefined {
  const name = `f${random.below(functionsInModule)}`;
  const args = randomModuleArguments[random.below(randomModuleArguments.length)];
  const [got, expected] = [moving, fast].map((instance) => outcome(instance, name, args));
  return got === expected ? undefined : `${name}(${args.join(', ')}) gives ${got}, not ${expected}`;
}

function outcome(instance: Instance, name: string, args: readonly (number | bigint)[]): string {
  const func = instance.exports[name];
  if (!(func instanceof Func)) throw new Error(`there is no function ${name}`);
  try {
    return String(func(...args));
  } catch (error) {
    if (error instanceof TrapError && error.trap !== Trap.interrupted) return error.message;
    throw error;
  }
}

/** Inputs for the reader and the validator. */
import { readFileSync } from 'node:fs';
import { programsIn } from '../bench/programs.js';
import type { Binaryen } from './binaryen.js';
import { edgeModules } from './edge-modules.js';
import type { Feature } from './generator/features.js';
import { generateModule } from './generator/module.js';
import { mutateBytes, mutateCode } from './mutate.js';
import { Random } from './random.js';

/** How many inputs a seed gives. */
const batchSize = 120;
/** Inputs are made from modules no longer than this. */
const longestModule = 20_000;

/** Modules of these groups of bench/programs are mutated. */
const groups = ['general', 'kernels', 'short', 'simd'];

/** How many seeds share a module from binaryen, which takes long to make. */
const sharing = 32;

/**
 * A module to start from: from the own generator, binaryen or the benchmarks, or one at the edges of the
 * format.
 */
async function baseModule(
  random: Random,
  seed: number,
  binaryen: Binaryen,
  features: readonly Feature[],
): Promise<Uint8Array> {
  switch (random.below(8)) {
    case 0:
      return (await binaryen.make(seed - (seed % sharing))) ?? generateModule(seed, features);
    case 1:
      return new Uint8Array(readFileSync(random.pick(programsIn(random.pick(groups)))));
    case 2:
    case 3:
      return random.pick(edgeModules);
    default:
      return generateModule(seed * 8 + random.below(8), features);
  }
}

/** The inputs of a seed. If it is divisible by 16, they begin with all modules at the edges, unchanged. */
export async function mutants(
  seed: number,
  binaryen: Binaryen,
  features: readonly Feature[],
): Promise<Uint8Array[]> {
  const random = new Random(seed);
  const inputs = seed % 16 === 0 ? [...edgeModules] : [];
  const bases: Uint8Array[] = [];
  for (let k = 0; k < 4; k++) {
    const base = await baseModule(random, seed, binaryen, features);
    if (base.length <= longestModule) bases.push(base);
  }
  while (inputs.length < batchSize && bases.length > 0) {
    const base = random.pick(bases);
    inputs.push(random.chance(60) ? mutateCodeOf(base, random) : mutateBytes(base, random));
  }
  return inputs;
}

/** Changes the code of a module, or its bytes if it is not a module. */
function mutateCodeOf(bytes: Uint8Array, random: Random): Uint8Array {
  let changed: Uint8Array;
  try {
    changed = mutateCode(bytes, random);
  } catch {
    return mutateBytes(bytes, random);
  }
  return random.chance(10) ? mutateBytes(changed, random) : changed;
}

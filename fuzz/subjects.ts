import { decodeModule } from '../src/wasm/decode.js';
import { type Case, makeCalls } from './case.js';
import { generateEdges } from './generator/edge-module.js';
import type { Feature } from './generator/features.js';
import { generateLoops } from './generator/loop-module.js';
import { generateModule } from './generator/module.js';
import { Random } from './random.js';

/** The case for a module: the same module and seed give the same calls. */
export function caseOf(bytes: Uint8Array, seed: number, toleratesExhaustion: boolean): Case {
  const calls = makeCalls(decodeModule(bytes), new Random(seed));
  return { bytes, calls, toleratesExhaustion };
}

/** The own generator's case for a seed. Its calls are never deep unless they are endless. */
export function generatedCase(seed: number, features: readonly Feature[] = []): Case {
  return caseOf(generateModule(seed, features), seed, false);
}

/** The case of loops for a seed. */
export function loopsCase(seed: number): Case {
  return { ...generateLoops(seed), toleratesExhaustion: false };
}

/** The case of accesses at the edges for a seed. */
export function edgesCase(seed: number, features: readonly Feature[]): Case {
  return { ...generateEdges(seed, features), toleratesExhaustion: false };
}

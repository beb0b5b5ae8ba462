import { decodeModule } from '../src/wasm/decode.js';
import type { Case } from './case.js';
import { makeCalls } from './case.js';
import { generateModule } from './generator/module.js';
import { Random } from './random.js';

/** The case of a module: the same module and seed give the same calls. */
export function caseOf(bytes: Uint8Array, seed: number, toleratesExhaustion: boolean): Case {
  const calls = makeCalls(decodeModule(bytes), new Random(seed));
  return { bytes, calls, toleratesExhaustion };
}

/** The case of the own generator for a seed. Its calls are never deep but where they have no end. */
export function generatedCase(seed: number): Case {
  return caseOf(generateModule(seed), seed, false);
}

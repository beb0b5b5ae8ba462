import { decodeModule } from '../src/wasm/decode.js';
import { usedFeatures } from '../src/wasm/features.js';

/** What the ways to run a module depend on. */
export interface Traits {
  /** Whether it has vectors, which the plainest processors cannot do. */
  readonly hasVectors: boolean;
  /** Whether it has relaxed instructions, which mean different things in different engines. */
  readonly hasRelaxed: boolean;
}

/** The traits of a module; none if these bytes are no module. */
export function traitsOf(bytes: Uint8Array): Traits {
  try {
    const features = usedFeatures(decodeModule(bytes));
    const hasRelaxed = features.includes('relaxed-simd');
    return { hasVectors: hasRelaxed || features.includes('simd'), hasRelaxed };
  } catch {
    return { hasVectors: false, hasRelaxed: false };
  }
}

import { decodeModule } from '../src/wasm/decode.js';
import { usedFeatures } from '../src/wasm/features.js';
import { webAssembly } from './machine-v8.js';

/** What the ways to run a module depend on. */
export interface Traits {
  /** Whether it has vectors, which the plainest processors cannot do. */
  readonly hasVectors: boolean;
  /** Whether it has relaxed instructions, which mean different things in different engines. */
  readonly hasRelaxed: boolean;
  /** Whether V8 takes the module, so that it can be compared with it. */
  readonly isKnownToV8: boolean;
}

/** The traits of a module; none if these bytes are no module. */
export function traitsOf(bytes: Uint8Array): Traits {
  try {
    const features = usedFeatures(decodeModule(bytes));
    const hasRelaxed = features.includes('relaxed-simd');
    const hasVectors = hasRelaxed || features.includes('simd');
    return { hasVectors, hasRelaxed, isKnownToV8: webAssembly.validate(bytes) };
  } catch {
    return { hasVectors: false, hasRelaxed: false, isKnownToV8: true };
  }
}

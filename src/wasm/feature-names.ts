/**
 * What WebAssembly has gained since its first version, by the names of the proposals (those of `wasm-opt
 * --enable-…` and of the custom section `target_features`).
 */
export const features = [
  'mutable-globals',
  'nontrapping-fptoint',
  'sign-ext',
  'multivalue',
  'reference-types',
  'bulk-memory',
  'extended-const',
  'simd',
  'relaxed-simd',
  'tail-call',
  'exception-handling',
  'function-references',
  'multimemory',
  'memory64',
] as const;
export type Feature = (typeof features)[number];

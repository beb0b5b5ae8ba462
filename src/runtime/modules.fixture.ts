/** Modules for tests, written as text. */
import wabt from 'wabt';

const toolkit = await wabt();

/** What texts of modules may have. */
export const textFeatures: Record<string, boolean> = {
  extended_const: true,
  relaxed_simd: true,
  exceptions: true,
  tail_call: true,
  memory64: true,
  multi_memory: true,
};

/** The binary format of a module in the text format, with its names. */
export function wat(text: string): Uint8Array {
  const module = toolkit.parseWat('test.wat', text, textFeatures);
  try {
    return new Uint8Array(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

/** Modules for tests, written as text. */
import wabt from 'wabt';

const toolkit = await wabt();

/** The binary format of a module in the text format, with its names. */
export function wat(text: string): Uint8Array {
  const module = toolkit.parseWat('test.wat', text, { extended_const: true, relaxed_simd: true });
  try {
    return new Uint8Array(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

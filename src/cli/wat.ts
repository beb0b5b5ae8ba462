import { InputError } from './errors.js';

/** The text format's features: those of WebAssembly 2.0 and extended constant expressions. */
const features = {
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  multi_value: true,
  bulk_memory: true,
  reference_types: true,
  simd: true,
  extended_const: true,
  exceptions: false,
  threads: false,
  function_references: false,
  tail_call: false,
  gc: false,
  memory64: false,
  relaxed_simd: false,
};

/** Translates a module from the text to the binary format, names included. Throws an InputError at a syntax error. */
export async function translateWat(file: string, text: Uint8Array): Promise<Uint8Array> {
  const { default: load } = await import('wabt');
  const wabt = await load();
  try {
    const module = wabt.parseWat(file, new Uint8Array(text), features);
    try {
      module.resolveNames();
      return module.toBinary({ write_debug_names: true }).buffer;
    } finally {
      module.destroy();
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // One line an error, `file:line:column: error: …`, between an excerpt and marks below it.
    const line = error.message.split('\n').find((part) => part.includes(': error: '));
    throw new InputError(line ?? `${file}: ${error.message.split('\n')[0]}`);
  }
}

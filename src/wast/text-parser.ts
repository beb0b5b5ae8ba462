import { errorLine } from '../checks/error-text.js';
import { decodeModule } from '../wasm/decode.js';
import { UnsupportedError } from '../wasm/errors.js';
import { textFeature } from '../wasm/unsupported.js';
import { validateModule } from '../wasm/validate.js';
import type { ModuleSource } from './script.js';
import { lineTooDeep } from './text-depth.js';

/**
 * A module's text is wrong, or needs something unsupported. The message is one line, and begins with the
 * place.
 */
export class TextProblem extends Error {
  override readonly name = 'TextProblem';
}

type Wabt = Awaited<ReturnType<typeof import('wabt')>>;

/** Features that we lack, or of which the parser does not know all, by its own names. */
const laterFeatures = ['threads', 'function_references', 'gc'] as const;

/** The text format's features: those that we have, or all that the parser knows. */
function features(later: boolean): Record<string, boolean> {
  return {
    mutable_globals: true,
    sat_float_to_int: true,
    sign_extension: true,
    multi_value: true,
    bulk_memory: true,
    reference_types: true,
    simd: true,
    relaxed_simd: true,
    extended_const: true,
    exceptions: true,
    tail_call: true,
    memory64: true,
    multi_memory: true,
    annotations: true,
    ...Object.fromEntries(laterFeatures.map((name) => [name, later])),
  };
}

/**
 * Translates a module from the text to the binary format, names included. Throws a TextProblem if it cannot.
 */
export async function parseText(file: string, text: Uint8Array): Promise<Uint8Array> {
  const line = lineTooDeep(new TextDecoder().decode(text));
  if (line !== undefined)
    throw new TextProblem(`${file}:${line}: the text is nested too deeply for the translator`);
  const wabt = await loadWabt(file);
  try {
    return translate(wabt, file, text, false);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // The text is not wrong: the parser's own stack is exhausted, in WebAssembly or in V8.
    if (isExhausted(error)) {
      throw new TextProblem(`${file}: the text is nested too deeply for the translator`);
    }
    // One line per error, `file:line:column: error: …`, between an excerpt and marks below it.
    const lines = error.message.split('\n');
    const line = lines.find((part) => part.includes(': error: ')) ?? `${file}: ${lines[0]}`;
    throw new TextProblem(missingFeature(wabt, file, text, line) ?? line);
  }
}

/** The parser, once somebody has needed it: it takes longer to load than most texts to read. */
let parser: Promise<Wabt> | undefined;

/** The parser is WebAssembly, run by V8. Throws a TextProblem if it cannot be run. */
async function loadWabt(file: string): Promise<Wabt> {
  try {
    parser ??= startWabt();
    return await parser;
  } catch (error) {
    parser = undefined;
    throw new TextProblem(`${file}: the text format cannot be read here: ${errorLine(error)}`);
  }
}

async function startWabt(): Promise<Wabt> {
  const { default: load } = await import('wabt');
  // Silenced: what it prints when it cannot be run is in the error too.
  return await (load as (options: object) => Promise<Wabt>)({ printErr: () => {} });
}

function translate(wabt: Wabt, file: string, text: Uint8Array, later: boolean): Uint8Array {
  try {
    const module = wabt.parseWat(file, new Uint8Array(text), features(later));
    try {
      module.resolveNames();
      return module.toBinary({ write_debug_names: true }).buffer;
    } finally {
      module.destroy();
    }
  } catch (error) {
    // Its memory may be in any state: the next text gets another.
    if (isExhausted(error)) parser = undefined;
    throw error;
  }
}

/** Whether the parser itself has failed, not the text. */
function isExhausted(error: unknown): boolean {
  return error instanceof Error && (error.name === 'RuntimeError' || error instanceof RangeError);
}

/**
 * The message for text that is refused for an unsupported feature which the parser knows: the same as for
 * binaries.
 */
function missingFeature(wabt: Wabt, file: string, text: Uint8Array, line: string): string | undefined {
  try {
    validateModule(decodeModule(translate(wabt, file, text, true)));
  } catch (error) {
    if (error instanceof UnsupportedError) return `${file}: ${error.message}`;
  }
  const place = /:(\d+):(\d+): error: /.exec(line);
  if (place === null) return undefined;
  const feature = textFeature(wordsAt(text, Number(place[1]), Number(place[2])));
  return feature === undefined ? undefined : unsupportedAt(line, feature);
}

/** The parser's line with another message. */
function unsupportedAt(line: string, feature: string): string {
  return line.replace('[:', ':').replace(/error: .*$/, `unsupported feature: ${feature}`);
}

/** The word at a place, counted from 1, and its neighbours. */
function wordsAt(text: Uint8Array, line: number, column: number): string[] {
  const content = new TextDecoder().decode(text).split('\n')[line - 1] ?? '';
  const before = content.slice(0, column - 1).match(/[^\s()]+/g) ?? [];
  const after = content.slice(column - 1).match(/[^\s()]+/g) ?? [];
  return [...after.slice(0, 1), ...before.slice(-1), ...after.slice(1, 2)];
}

/** The binary form of a module. */
export async function binaryOf(source: ModuleSource): Promise<Uint8Array> {
  if (source.form === 'binary') return source.bytes;
  if (source.text === undefined) throw new TextProblem('malformed UTF-8 encoding');
  return parseText('module', Buffer.from(source.text));
}

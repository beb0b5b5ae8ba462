import { parse } from '@bytecodealliance/jco';
import { missingFeature } from '../../src/wast/missing-feature.js';
import type { ModuleSource } from '../../src/wast/script.js';
import { binaryOf, TextProblem } from '../../src/wast/text-parser.js';

/**
 * The parser refuses characters that could deceive a reader, such as those that change the direction of
 * writing, unless they are escaped. Outside of ASCII there are only comments and strings, and in strings an
 * escape means the same.
 */
function escaped(text: string): string {
  return text.replace(
    /[\u0080-\u{10ffff}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** What only the older exceptions have, which the parser does not know. */
const legacyWords = /\(\s*(do|delegate)\b|\brethrow\b/;

/**
 * The binary form of a module, by a parser that follows the text even if the module is invalid, which wabt's
 * does not always do.
 */
export async function suiteBinaryOf(source: ModuleSource): Promise<Uint8Array> {
  if (source.form === 'binary') return source.bytes;
  if (source.text === undefined) throw new TextProblem('malformed UTF-8 encoding');
  if (legacyWords.test(source.text)) return await binaryOf(source);
  try {
    return await parse(escaped(source.text));
  } catch (error) {
    throw new TextProblem((await namedFeature(source)) ?? problemText(error));
  }
}

/** What our own parser says if it refuses the text by the name of a feature, which this one may not know. */
async function namedFeature(source: ModuleSource): Promise<string | undefined> {
  try {
    await binaryOf(source);
    return undefined;
  } catch (error) {
    if (!(error instanceof TextProblem)) throw error;
    return missingFeature(error.message) === undefined ? undefined : error.message;
  }
}

/** The parser reports a Rust structure in Debug notation: readers want its innermost message. */
function problemText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /kind: (?:Custom\()?"?([^")}]+)/.exec(text)?.[1] ?? text;
}

import { parse } from '@bytecodealliance/jco';
import type { ModuleSource } from './script.js';

/** The text parser refused a module's text. */
export class TextProblem extends Error {}

/**
 * The parser refuses characters that could deceive a reader (those that turn the direction of writing, and others)
 * unless they are escaped. Outside of ASCII there are only strings, where an escape means the same, and comments.
 */
function escaped(text: string): string {
  return text.replace(
    /[\u0080-\u{10ffff}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** The binary form of a module. */
export async function binaryOf(source: ModuleSource): Promise<Uint8Array> {
  if (source.form === 'binary') return source.bytes;
  if (source.text === undefined) throw new TextProblem('malformed UTF-8 encoding');
  try {
    return await parse(escaped(source.text));
  } catch (error) {
    throw new TextProblem(problemText(error));
  }
}

/** The parser reports a Rust structure in Debug notation: its innermost message is what a reader wants. */
function problemText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /kind: (?:Custom\()?"?([^")}]+)/.exec(text)?.[1] ?? text;
}

const vectorWords = /\b(?:v128|[if](?:8x16|16x8|32x4|64x2))\b/;

/**
 * May this module use SIMD? Exact for text but for comments and strings. For binaries it only says whether a byte
 * occurs that SIMD needs: the type v128 or the opcode prefix.
 */
export function mentionsVectors(source: ModuleSource): boolean {
  if (source.form === 'binary') return source.bytes.includes(0x7b) || source.bytes.includes(0xfd);
  return source.text !== undefined && vectorWords.test(source.text);
}

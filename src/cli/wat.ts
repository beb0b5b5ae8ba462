import { parseText, TextProblem } from '../wast/text-parser.js';
import { InputError } from './errors.js';

/**
 * Translates a module from the text to the binary format, names included. Throws an InputError for a syntax
 * error.
 */
export async function translateWat(file: string, text: Uint8Array): Promise<Uint8Array> {
  try {
    return await parseText(file, text);
  } catch (error) {
    throw error instanceof TextProblem ? new InputError(error.message) : error;
  }
}

import { NodeFile } from '../wasi/node-host.js';

/** Marks text for a terminal; elsewhere it stays as it is. */
export interface Colours {
  heading(text: string): string;
  error(text: string): string;
}

const plain: Colours = { heading: (text) => text, error: (text) => text };

/** Select Graphic Rendition of ECMA-48: 1 is bold, 31 red, 0 resets both. */
const coloured: Colours = {
  heading: (text) => `\x1b[1m${text}\x1b[0m`,
  error: (text) => `\x1b[1;31m${text}\x1b[0m`,
};

/**
 * The colours of a standard stream, if it is a terminal. As usual, the environment variables NO_COLOR and
 * FORCE_COLOR override that if they are not empty; FORCE_COLOR=0 means no.
 */
export function coloursOf(fd: 1 | 2): Colours {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (FORCE_COLOR) return FORCE_COLOR === '0' ? plain : coloured;
  if (NO_COLOR || TERM === 'dumb') return plain;
  return isTerminal(fd) ? coloured : plain;
}

function isTerminal(fd: number): boolean {
  try {
    return new NodeFile(fd).isTerminal;
  } catch {
    // It is closed.
    return false;
  }
}

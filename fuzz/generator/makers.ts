import type { Makers } from './body.js';
import { statements } from './statements.js';
import { makeValue } from './values.js';

/** What all bodies are made of. */
export const makers: Makers = { value: makeValue, statements };

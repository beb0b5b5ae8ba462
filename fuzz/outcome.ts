import { Trap, trapMessages } from '../src/code/traps.js';

/** How an instantiation or a call ended. */
export type Ending =
  | { readonly kind: 'returned'; readonly values: readonly string[] }
  /** One trap, or several if the engine does not tell which of them it was. */
  | { readonly kind: 'trapped'; readonly traps: readonly Trap[] }
  /** What an import threw came through, or an exception of the module: in words. */
  | { readonly kind: 'threw'; readonly what: string }
  /** The module was refused before any of it ran. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Anything else: an error of the engine. */
  | { readonly kind: 'failed'; readonly message: string };

/** The instantiation, or a call. */
export interface Step {
  /** What was done. */
  readonly what: string;
  readonly ending: Ending;
  /** Calls of imports meanwhile, with their arguments. */
  readonly log: readonly string[];
}

/** What a module did in one configuration: plain data, with values as text. */
export interface Outcome {
  readonly steps: readonly Step[];
  /** Memories, globals and tables at the end, piece by piece; empty if the stack was exhausted. */
  readonly state: Readonly<Record<string, string>>;
}

export function isExhausted({ ending }: Step): boolean {
  return ending.kind === 'trapped' && ending.traps.includes(Trap.callStackExhausted);
}

/** An ending in words. */
export function endingText(ending: Ending): string {
  switch (ending.kind) {
    case 'returned':
      return `returns (${ending.values.join(', ')})`;
    case 'trapped':
      return `traps: ${ending.traps.map((trap) => trapMessages[trap]).join(' or ')}`;
    case 'threw':
      return `throws ${ending.what}`;
    default:
      return `${ending.kind}: ${ending.message}`;
  }
}

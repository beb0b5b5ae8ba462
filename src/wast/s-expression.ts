import { lastAtMost } from '../code/last-at-most.js';

/**
 * Reads s-expressions as in the WebAssembly text format (spec 2.0, section 6.3). It works on bytes, because
 * strings may contain any, and gives every node its byte offsets, so the text of a module can be cut out
 * whole.
 */

export interface Atom {
  readonly kind: 'atom';
  readonly text: string;
  readonly start: number;
}

export interface StringNode {
  readonly kind: 'string';
  readonly bytes: Uint8Array;
  readonly start: number;
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly Node[];
  /** From the opening parenthesis to just after the closing one: [start, end). */
  readonly start: number;
  readonly end: number;
}

export type Node = Atom | StringNode | List;

export class SyntaxProblem extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const code = (character: string): number => character.charCodeAt(0);
const open = code('(');
const close = code(')');
const quote = code('"');
const semicolon = code(';');
const backslash = code('\\');
const newline = code('\n');

const simpleEscapes = new Map<number, number>([
  [code('n'), 10],
  [code('t'), 9],
  [code('r'), 13],
  [code('"'), quote],
  [code("'"), code("'")],
  [code('\\'), backslash],
]);

function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

/** A list whose closing parenthesis has not been read yet. */
interface OpenList {
  readonly items: Node[];
  readonly start: number;
}

/** Words after `module` that mean its contents are read here instead of by a text parser. */
const moduleForms: ReadonlySet<string> = new Set(['binary', 'quote', 'definition', 'instance']);

export class Reader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * All nodes up to the end of the text. The fields of plain `(module …)` forms are skipped: their lists end
   * early. Annotations are left out.
   */
  readAll(): Node[] {
    const nodes: Node[] = [];
    // No recursion: lists in a text may be nested more deeply than the stack allows.
    const lists: OpenList[] = [];
    for (;;) {
      this.#skipBlanks();
      const start = this.#position;
      const byte = this.#bytes[start];
      if (byte === open) {
        this.#position++;
        lists.push({ items: [], start });
        continue;
      }
      let node: Node;
      if (byte === undefined || byte === close) {
        const list = lists.pop();
        if (list === undefined) break;
        const closed = this.#close(list);
        if (isAnnotation(closed)) continue;
        node = closed;
      } else node = this.#leaf(lists.some(isAnnotation));
      const parent = lists.at(-1);
      (parent?.items ?? nodes).push(node);
      if (parent !== undefined && isPlainModule(parent.items)) this.#skipToClose(parent.start);
    }
    if (this.#position < this.#bytes.length) this.#fail('unexpected closing parenthesis');
    return nodes;
  }

  #fail(message: string, offset = this.#position): never {
    throw new SyntaxProblem(message, offset);
  }

  #skipBlanks(): void {
    const bytes = this.#bytes;
    while (this.#position < bytes.length) {
      const byte = bytes[this.#position];
      const following = bytes[this.#position + 1];
      if (isSpace(byte)) this.#position++;
      else if (byte === semicolon && following === semicolon) {
        const end = bytes.indexOf(newline, this.#position);
        this.#position = end < 0 ? bytes.length : end;
      } else if (byte === open && following === semicolon) this.#skipBlockComment();
      else return;
    }
  }

  #skipBlockComment(): void {
    const bytes = this.#bytes;
    const start = this.#position;
    let depth = 0;
    do {
      if (this.#position >= bytes.length) this.#fail('unclosed comment', start);
      const byte = bytes[this.#position];
      const following = bytes[this.#position + 1];
      if (byte === open && following === semicolon) {
        depth++;
        this.#position += 2;
      } else if (byte === semicolon && following === close) {
        depth--;
        this.#position += 2;
      } else this.#position++;
    } while (depth > 0);
  }

  /** An atom or a string; in an annotation, a semicolon too. */
  #leaf(inAnnotation: boolean): Node {
    const bytes = this.#bytes;
    const start = this.#position;
    if (bytes[start] === quote) return { kind: 'string', bytes: this.#string(), start };
    while (this.#position < bytes.length) {
      const next = bytes[this.#position];
      if (isSpace(next) || next === open || next === close || next === quote || next === semicolon) break;
      this.#position++;
    }
    if (this.#position === start) {
      if (!inAnnotation) this.#fail('unexpected character');
      this.#position++;
    }
    return { kind: 'atom', text: Buffer.from(bytes.subarray(start, this.#position)).toString('utf8'), start };
  }

  /** Reads the parenthesis that closes a list. */
  #close({ items, start }: OpenList): List {
    if (this.#bytes[this.#position] !== close) this.#fail('unclosed parenthesis', start);
    this.#position++;
    return { kind: 'list', items, start, end: this.#position };
  }

  /** Moves to the parenthesis that closes the current list. */
  #skipToClose(start: number): void {
    const bytes = this.#bytes;
    for (let depth = 0; ; ) {
      this.#skipBlanks();
      if (this.#position >= bytes.length) this.#fail('unclosed parenthesis', start);
      const byte = bytes[this.#position];
      if (byte === quote) {
        this.#string();
        continue;
      }
      if (byte === close && depth === 0) return;
      if (byte === open) depth++;
      else if (byte === close) depth--;
      this.#position++;
    }
  }

  #string(): Uint8Array {
    const bytes = this.#bytes;
    const start = this.#position++;
    const out: number[] = [];
    for (;;) {
      if (this.#position >= bytes.length) this.#fail('unclosed string', start);
      const byte = bytes[this.#position++];
      if (byte === quote) return Uint8Array.from(out);
      if (byte === backslash) this.#escape(out);
      else out.push(byte);
    }
  }

  #escape(out: number[]): void {
    const bytes = this.#bytes;
    const byte = bytes[this.#position];
    const simple = simpleEscapes.get(byte);
    if (simple !== undefined) {
      out.push(simple);
      this.#position++;
    } else if (byte === code('u')) {
      const end = bytes.indexOf(code('}'), this.#position);
      if (end < 0) this.#fail('malformed escape');
      const digits = Buffer.from(bytes.subarray(this.#position + 2, end)).toString('latin1');
      out.push(...Buffer.from(String.fromCodePoint(Number.parseInt(digits.replaceAll('_', ''), 16)), 'utf8'));
      this.#position = end + 1;
    } else {
      const digits = String.fromCharCode(byte, bytes[this.#position + 1]);
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) this.#fail('malformed escape');
      out.push(Number.parseInt(digits, 16));
      this.#position += 2;
    }
  }
}

/** `(@name …)`, which may stand anywhere and means nothing to scripts (spec 3.0, section 6.3.5). */
function isAnnotation({ items: [head] }: Pick<List, 'items'>): boolean {
  return head?.kind === 'atom' && head.text.startsWith('@');
}

/**
 * Whether these are the first items of a `(module …)` whose fields are text. The last of them, its first
 * field, tells.
 */
function isPlainModule(items: readonly Node[]): boolean {
  const [head, second] = items;
  if (items.length < 2 || head.kind !== 'atom' || head.text !== 'module') return false;
  const last = items[items.length - 1];
  if (items.length === 2 && last.kind === 'atom') return false;
  if (items.length === 2) return true;
  const named = second.kind === 'atom' && second.text.startsWith('$');
  return items.length === 3 && named && !(last.kind === 'atom' && moduleForms.has(last.text));
}

/** Turns byte offsets into line numbers, counted from 1. */
export class LineIndex {
  readonly #starts: number[] = [0];

  constructor(bytes: Uint8Array) {
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1))
      this.#starts.push(at + 1);
  }

  line(offset: number): number {
    return lastAtMost(this.#starts, offset) + 1;
  }
}

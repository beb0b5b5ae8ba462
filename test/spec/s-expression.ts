/**
 * Reader of s-expressions as in the WebAssembly text format (spec 2.0, section 6.3). It works on bytes, because
 * strings may hold any, and gives every node its byte offsets, so that the text of a module can be cut out whole.
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
  /** From the opening parenthesis to behind the closing one: [start, end). */
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

/** First words of a module's form after which its contents are read here instead of by a text parser. */
const moduleForms: ReadonlySet<string> = new Set(['binary', 'quote', 'definition', 'instance']);

export class Reader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** All nodes up to the end of the text. The fields of plain `(module …)` forms are skipped: their lists end early. */
  readAll(): Node[] {
    const nodes: Node[] = [];
    for (;;) {
      const node = this.#next();
      if (node === undefined) return nodes;
      nodes.push(node);
    }
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

  /** The next node, or undefined at a closing parenthesis or the end. */
  #next(): Node | undefined {
    this.#skipBlanks();
    const bytes = this.#bytes;
    const start = this.#position;
    if (start >= bytes.length) return undefined;
    const byte = bytes[start];
    if (byte === open) return this.#list();
    if (byte === close) return undefined;
    if (byte === quote) return { kind: 'string', bytes: this.#string(), start };
    while (this.#position < bytes.length) {
      const next = bytes[this.#position];
      if (isSpace(next) || next === open || next === close || next === quote || next === semicolon) break;
      this.#position++;
    }
    if (this.#position === start) this.#fail('unexpected character');
    return { kind: 'atom', text: Buffer.from(bytes.subarray(start, this.#position)).toString('utf8'), start };
  }

  #list(): List {
    const start = this.#position++;
    const items: Node[] = [];
    for (;;) {
      const node = this.#next();
      if (node === undefined) break;
      items.push(node);
      if (isPlainModule(items)) {
        this.#skipToClose(start);
        break;
      }
    }
    if (this.#bytes[this.#position] !== close) this.#fail('unclosed parenthesis', start);
    this.#position++;
    return { kind: 'list', items, start, end: this.#position };
  }

  /** Moves to the parenthesis that closes the list in whose middle we are. */
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

/** Are these the first items of a `(module …)` whose fields are text? The last item tells: it is the first field. */
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
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }
}

import { isUtf8 } from 'node:buffer';
import { errorText } from '../checks/error-text.js';
import { LineIndex, type List, type Node, Reader, SyntaxProblem } from './s-expression.js';
import { type Expected, readExpected, readValue, type Value } from './values.js';

/** Where the bytes of a module come from. Text still needs a text parser. */
export type ModuleSource =
  | { readonly form: 'binary'; readonly bytes: Uint8Array }
  | { readonly form: 'text'; readonly text: string }
  /** The text was quoted in strings, and may not even be well-formed. Undefined if it is not UTF-8. */
  | { readonly form: 'quote'; readonly text: string | undefined };

export type Action =
  | {
      readonly kind: 'invoke';
      readonly module: string | undefined;
      readonly field: string;
      readonly args: readonly Value[];
    }
  | { readonly kind: 'get'; readonly module: string | undefined; readonly field: string };

export type Command = { readonly line: number } & (
  | { readonly kind: 'module'; readonly name: string | undefined; readonly source: ModuleSource }
  | {
      readonly kind: 'module definition';
      readonly name: string | undefined;
      readonly source: ModuleSource;
    }
  | {
      readonly kind: 'module instance';
      readonly name: string | undefined;
      readonly definition: string | undefined;
    }
  | { readonly kind: 'register'; readonly as: string; readonly module: string | undefined }
  | { readonly kind: 'action'; readonly action: Action }
  | { readonly kind: 'assert_return'; readonly action: Action; readonly expected: readonly Expected[] }
  | { readonly kind: 'assert_trap' | 'assert_exhaustion'; readonly action: Action; readonly text: string }
  | { readonly kind: 'assert_exception'; readonly action: Action }
  /** Commands that run in a thread of their own, and the wait for its end. */
  | { readonly kind: 'thread' | 'wait' }
  | {
      readonly kind: 'assert_invalid' | 'assert_malformed' | 'assert_unlinkable' | 'assert_uninstantiable';
      readonly source: ModuleSource;
      readonly text: string;
    }
);

const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

const commandHeads: ReadonlySet<string> = new Set([
  'module',
  'register',
  'invoke',
  'get',
  'assert_return',
  'assert_trap',
  'assert_exhaustion',
  'assert_exception',
  'thread',
  'wait',
  'assert_invalid',
  'assert_malformed',
  'assert_unlinkable',
  'assert_uninstantiable',
]);

function headOf(node: Node | undefined): string | undefined {
  const head = node?.kind === 'list' ? node.items[0] : undefined;
  return head?.kind === 'atom' ? head.text : undefined;
}

function nameAt(list: List, index: number): string | undefined {
  const node = list.items[index];
  return node?.kind === 'atom' && node.text.startsWith('$') ? node.text : undefined;
}

/** A text is not a script. The message begins with the line. */
export class ScriptProblem extends Error {
  override readonly name = 'ScriptProblem';
}

function readNodes(bytes: Uint8Array, lines: LineIndex): Node[] {
  try {
    return new Reader(bytes).readAll();
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    throw new ScriptProblem(`line ${lines.line(error.offset)}: ${error.message}`);
  }
}

/** The commands of a script in order. Throws a ScriptProblem if the text is not one. */
export function readScript(bytes: Uint8Array): Command[] {
  const lines = new LineIndex(bytes);
  const nodes = readNodes(bytes, lines);
  // A file may also consist of the fields of one module, without parentheses around them.
  if (nodes.length > 0 && !commandHeads.has(headOf(nodes[0]) ?? '')) {
    const source = { form: 'text', text: utf8.decode(bytes) } as const;
    return [{ kind: 'module', line: lines.line(nodes[0].start), name: undefined, source }];
  }
  return nodes.map((node) => {
    const line = lines.line(node.start);
    try {
      if (node.kind !== 'list') throw new Error('a command is a list');
      return { line, ...new CommandReader(bytes, node).read() };
    } catch (error) {
      throw new ScriptProblem(`line ${line}: ${errorText(error)}`);
    }
  });
}

/** A union's members without the line; plain `Omit` would merge them. */
type Unplaced<T> = T extends unknown ? Omit<T, 'line'> : never;

class CommandReader {
  readonly #bytes: Uint8Array;
  readonly #list: List;

  constructor(bytes: Uint8Array, list: List) {
    this.#bytes = bytes;
    this.#list = list;
  }

  read(): Unplaced<Command> {
    const list = this.#list;
    const head = headOf(list);
    switch (head) {
      case 'module':
        return this.#module();
      case 'register':
        return { kind: 'register', as: this.#string(1), module: nameAt(list, 2) };
      case 'invoke':
      case 'get':
        return { kind: 'action', action: this.#action(list) };
      case 'assert_return':
        return {
          kind: 'assert_return',
          action: this.#action(this.#sublist(1)),
          expected: list.items.slice(2).map(readExpected),
        };
      case 'assert_trap':
        if (headOf(list.items[1]) === 'module') {
          return {
            kind: 'assert_uninstantiable',
            source: this.#source(this.#sublist(1)),
            text: this.#string(2),
          };
        }
        return { kind: head, action: this.#action(this.#sublist(1)), text: this.#string(2) };
      case 'assert_exhaustion':
        return { kind: head, action: this.#action(this.#sublist(1)), text: this.#string(2) };
      case 'assert_exception':
        return { kind: head, action: this.#action(this.#sublist(1)) };
      case 'thread':
      case 'wait':
        return { kind: head };
      case 'assert_invalid':
      case 'assert_malformed':
      case 'assert_unlinkable':
      case 'assert_uninstantiable':
        return { kind: head, source: this.#source(this.#sublist(1)), text: this.#string(2) };
      default:
        throw new Error(`unknown command: ${head}`);
    }
  }

  #sublist(index: number): List {
    const node = this.#list.items[index];
    if (node?.kind !== 'list') throw new Error('a list is missing');
    return node;
  }

  #string(index: number, list = this.#list): string {
    const node = list.items[index];
    if (node?.kind !== 'string') throw new Error('a string is missing');
    return utf8.decode(node.bytes);
  }

  #action(list: List): Action {
    const module = nameAt(list, 1);
    const fieldIndex = module === undefined ? 1 : 2;
    const field = this.#string(fieldIndex, list);
    const kind = headOf(list);
    if (kind === 'get') return { kind, module, field };
    if (kind !== 'invoke') throw new Error(`unknown action: ${kind}`);
    return { kind, module, field, args: list.items.slice(fieldIndex + 1).map(readValue) };
  }

  #module(): Unplaced<Command> {
    const list = this.#list;
    const second = list.items[1];
    if (second?.kind === 'atom' && second.text === 'definition') {
      return { kind: 'module definition', name: nameAt(list, 2), source: this.#source(list) };
    }
    if (second?.kind === 'atom' && second.text === 'instance') {
      return { kind: 'module instance', name: nameAt(list, 2), definition: nameAt(list, 3) };
    }
    return { kind: 'module', name: nameAt(list, 1), source: this.#source(list) };
  }

  #source(list: List): ModuleSource {
    let index = 1;
    let definition = false;
    for (; index < list.items.length; index++) {
      const node = list.items[index];
      if (node.kind !== 'atom') break;
      if (node.text === 'definition') definition = true;
      if (node.text === 'binary' || node.text === 'quote') {
        const bytes = Buffer.concat(
          list.items.slice(index + 1).map((item) => {
            if (item.kind !== 'string') throw new Error('a string is missing');
            return item.bytes;
          }),
        );
        if (node.text === 'binary') return { form: 'binary', bytes: new Uint8Array(bytes) };
        return { form: 'quote', text: isUtf8(bytes) ? utf8.decode(bytes) : undefined };
      }
    }
    const text = utf8.decode(this.#bytes.subarray(list.start, list.end));
    // The text parser knows no definitions, only modules.
    return { form: 'text', text: definition ? text.replace('definition', '') : text };
  }
}

import { type RefClass, ValType } from '../../wasm/types.js';
import { DisposedError } from '../errors.js';
import type { Func } from '../objects/func.js';
import type { ObjectStore } from '../objects/object-store.js';
import { makeHostTag, type Tag } from '../objects/tag.js';
import { readAddress, writeAddress } from '../values/cells.js';
import { isCatchable, markUncatchable } from './catchable.js';
import { Exn, exnOfObject } from './exn.js';
import { ExnTable } from './exn-table.js';
import { WasmException } from './wasm-exception.js';

const noWords: readonly number[] = [0, 0];

/** Makes what JavaScript sees of an exception. */
type MakeObject = (exn: Exn) => object;

/** The exceptions of a store: how they are made, caught, and passed on to wasm code. */
export class Exceptions {
  readonly table: ExnTable;
  readonly #store: ObjectStore;
  #jsTag: Tag | undefined;

  readonly #makeObject: MakeObject;

  /**
   * @param collectsAlways see `ExnTable`
   * @param makeObject asked once for each exception that leaves wasm code
   */
  constructor(
    store: ObjectStore,
    collectsAlways: boolean,
    makeObject: MakeObject = (exn) => new WasmException(this, exn),
  ) {
    this.#store = store;
    this.#makeObject = makeObject;
    this.table = new ExnTable(collectsAlways);
  }

  /** The tag of what JavaScript throws: it carries the value, as an externref. */
  get jsTag(): Tag {
    this.#jsTag ??= makeHostTag(this.#store, [ValType.externref]);
    return this.#jsTag;
  }

  /** Whether an exception is a value that JavaScript has thrown: see `toJs`. */
  isJs(exn: Exn): boolean {
    return exn.tag === this.#jsTag;
  }

  /** The exception of a value that JavaScript throws. */
  ofValue(value: unknown): Exn {
    return exnOfObject(value) ?? new Exn(this.jsTag, noWords, [value]);
  }

  /** What JavaScript gets where an exception leaves wasm code. */
  toJs(exn: Exn): unknown {
    if (this.isJs(exn)) return exn.references[0];
    exn.object ??= this.#makeObject(exn);
    return exn.object;
  }

  /**
   * The exception that wasm code may catch where it has called what threw `thrown`; undefined if it may not.
   */
  catchable(thrown: unknown): Exn | undefined {
    if (thrown instanceof Exn) return thrown;
    return isCatchable(thrown) ? this.ofValue(thrown) : undefined;
  }

  /**
   * Makes an exception of what lies in slots.
   *
   * @param words have the payload from `at` on, laid out as the tag's parameters (`layoutSlots`)
   */
  read(tag: Tag, words: Uint32Array, at: number): Exn {
    const { wordCount, references } = tag.payload;
    const copy = new Array<number>(wordCount);
    // As signed ones, which V8 has as small integers.
    for (let k = 0; k < wordCount; k++) copy[k] = words[at + k] | 0;
    if (references.length === 0) return new Exn(tag, copy, references);
    const values = references.map(({ class: refClass, word }) => {
      copy[word] = 0;
      copy[word + 1] = 0;
      return this.#referenceAt(tag, refClass, words, at + word);
    });
    return new Exn(tag, copy, values);
  }

  #referenceAt(tag: Tag, refClass: RefClass, words: Uint32Array, word: number): unknown {
    const { externrefs, funcrefs, lifetimes } = this.#store;
    if (refClass === 'extern') return externrefs.value(words[word]);
    if (refClass === 'exn') return this.table.exnOf(words[word], words[word + 1]);
    const func = funcrefs.value(readAddress(words, word / 2)) as Func | null;
    if (func !== null) lifetimes.link(func.owner, tag.owner);
    return func;
  }

  /**
   * Writes what an exception carries into slots, as `read` has it.
   *
   * @throws DisposedError, which nobody can catch, where it carries a function that is gone
   */
  write(exn: Exn, words: Uint32Array, at: number): void {
    const { words: source, references: values, tag } = exn;
    for (let k = 0; k < source.length; k++) words[at + k] = source[k];
    if (values.length === 0) return;
    const { externrefs } = this.#store;
    for (const [k, { class: refClass, word }] of tag.payload.references.entries()) {
      const value = values[k];
      const cell = (at + word) / 2;
      switch (refClass) {
        case 'extern':
          writeAddress(words, cell, externrefs.handle(value));
          break;
        case 'exn':
          writeAddress(words, cell, this.table.handleOf(value as Exn | null));
          break;
        case 'func':
          writeAddress(words, cell, recordOf(value as Func | null));
          break;
      }
    }
  }

  /**
   * Address by which pads know the tag of an exception; 0, which is no tag's, where the tag is another
   * runtime's, or gone: then its address may be another tag's by now.
   */
  tagAddress({ tag }: Exn): number {
    return tag.store === this.#store && !tag.owner.freed ? tag.address : 0;
  }
}

function recordOf(func: Func | null): number {
  if (func === null) return 0;
  if (func.owner.freed) throw markUncatchable(new DisposedError('a function that an exception carries'));
  return func.record;
}

import type { Tag } from '../objects/tag.js';

/**
 * An exception: a tag, and what it carries. Numbers and vectors are words, as machine code has them in
 * argument slots. References are JavaScript values, for as long as the exception lives: a `Func`, any value,
 * an `Exn`, or null.
 *
 * The runtime throws it, as a JavaScript value, through its own frames. JavaScript gets `object` in its
 * place, or, where the tag is JSTag, the value.
 */
export class Exn {
  readonly tag: Tag;
  /** Words of 32 bits, in the order of `tag.payload`: 0 where references are. */
  readonly words: readonly number[];
  /** In the order of `tag.payload.references`. */
  readonly references: readonly unknown[];
  /** Its place in the table of those that wasm code may have references to, while it has one; else -1. */
  index = -1;
  #object: object | undefined;

  constructor(tag: Tag, words: readonly number[], references: readonly unknown[]) {
    this.tag = tag;
    this.words = words;
    this.references = references;
  }

  /** Whatever programs throw is asked: none of their code runs, as it would in proxies. */
  static [Symbol.hasInstance](value: unknown): value is Exn {
    return typeof value === 'object' && value !== null && #object in value;
  }

  /** What JavaScript sees of it; undefined until it does. */
  get object(): object | undefined {
    return this.#object;
  }

  /** To be set once. JavaScript that throws the object throws this exception again. */
  set object(object: object) {
    this.#object = object;
    ofObjects.set(object, this);
  }
}

const ofObjects = new WeakMap<object, Exn>();

/** The exception that an object of JavaScript stands for. */
export function exnOfObject(value: unknown): Exn | undefined {
  return typeof value === 'object' && value !== null ? ofObjects.get(value) : undefined;
}

import { layoutSlots } from '../../layout/widths.js';
import { type FuncType, isRefType, type RefClass, refClass } from '../../wasm/types.js';
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
  /** In the order of `payloadOf(tag.type)`: 0 where references are. */
  readonly words: Int32Array;
  /** In the order of `payloadOf(tag.type).references`. */
  readonly references: readonly unknown[];
  /** What exnrefs of it are in native memory, while there may be some; else 0. See `ExnTable`. */
  handle = 0;
  #object: object | undefined;

  constructor(tag: Tag, words: Int32Array, references: readonly unknown[]) {
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

/** Where what exceptions of a type carry lies in slots. */
export interface Payload {
  /** Number of words (4 bytes) of all of it. */
  readonly wordCount: number;
  readonly references: readonly { readonly class: RefClass; readonly word: number; readonly param: number }[];
}

const payloads = new WeakMap<FuncType, Payload>();

export function payloadOf(type: FuncType): Payload {
  let payload = payloads.get(type);
  if (payload === undefined) {
    const { offsets, slots } = layoutSlots(type.params);
    const references = type.params.flatMap((one, param) =>
      isRefType(one) ? [{ class: refClass(one), word: offsets[param] / 4, param }] : [],
    );
    payload = { wordCount: 2 * slots, references };
    payloads.set(type, payload);
  }
  return payload;
}

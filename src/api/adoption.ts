import { isObject } from './web-idl.js';

/**
 * Passed to a constructor of the API, it makes the object of something that exists already.
 */
export class Adoption<Content> {
  readonly #content: Content;

  constructor(content: Content) {
    this.#content = content;
  }

  /** The content, where the value is an adoption. Nothing of the user's code is run. */
  static contentOf(value: unknown): unknown {
    return isObject(value) && #content in value ? value.#content : undefined;
  }
}

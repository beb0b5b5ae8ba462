import type { Value } from './values.js';

/** The objects that stand for a script's host values, `(ref.extern n)`: one for each number. */
export class HostReferences {
  readonly #objects = new Map<number, object>();

  /** What JavaScript passes for a reference; null for the null reference. */
  toHost({ value }: Extract<Value, { type: 'externref' }>): object | null {
    if (value === 'null') return null;
    const known = this.#objects.get(value) ?? { number: value };
    this.#objects.set(value, known);
    return known;
  }

  /** The reference that an object is. Throws an Error if it is not one of the script. */
  fromHost(object: unknown): Value {
    if (object === null) return { type: 'externref', value: 'null' };
    for (const [number, known] of this.#objects) {
      if (known === object) return { type: 'externref', value: number };
    }
    throw new Error(`not a reference of this script: ${object}`);
  }
}

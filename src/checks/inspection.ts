import { type InspectOptionsStylized, inspect } from 'node:util';

/** What `console.log` shows of an object: some of its facts, by name; undefined ones are left out. */
export type Facts = Readonly<Record<string, unknown>>;

/** A text that is shown as it is, without quotes. */
class Plain {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  [inspect.custom](): string {
    return this.#text;
  }
}

/** A text that `console.log` shows as it is, without quotes. */
export function plain(text: string): unknown {
  return new Plain(text);
}

/** Elements of an array that are shown. */
const mostEntries = 24;

/**
 * Says how `console.log` shows the objects of a class: by its name and some facts, which are found out only
 * then. It also is their Symbol.toStringTag, by which messages call them.
 */
export function showAs<Shown extends object>(
  shown: { readonly prototype: Shown },
  name: string,
  facts: (object: Shown) => Facts,
): void {
  const show = function (this: Shown, depth: number, options: InspectOptionsStylized): string {
    if (depth < 0) return options.stylize(`[${name}]`, 'special');
    const known = Object.entries(facts(this)).filter(([, value]) => value !== undefined);
    const nested = {
      ...options,
      depth: options.depth === null || options.depth === undefined ? options.depth : options.depth - 1,
      maxArrayLength: Math.min(options.maxArrayLength ?? mostEntries, mostEntries),
    };
    return `${name} ${inspect(Object.fromEntries(known), nested)}`;
  };
  Object.defineProperty(shown.prototype, inspect.custom, { value: show, configurable: true, writable: true });
  Object.defineProperty(shown.prototype, Symbol.toStringTag, { value: name, configurable: true });
}

/** Characters of a name that are shown. */
const shownLength = 200;

/**
 * What must not reach a terminal or a log unchanged: control characters (C0, DEL, C1), line and paragraph
 * separators, marks that change the direction of text, and halves of surrogate pairs.
 */
const unprintable = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

/**
 * A name from a module (of a function, an import, …) in a form that a message, a backtrace or a report can
 * show. Modules choose their names, which could otherwise forge lines of a report, or fill it.
 *
 * Characters that cannot be shown become `\u{a}`, by their code point. After `limit` characters the rest
 * becomes `… (N characters)`, where N is the length of the whole name in UTF-16 code units.
 */
export function printableName(name: string, limit = shownLength): string {
  if (name.length <= limit) return escaped(name);
  const splitsPair = /[\ud800-\udbff]/.test(name.charAt(limit - 1));
  return `${escaped(name.slice(0, splitsPair ? limit - 1 : limit))}… (${name.length} characters)`;
}

function escaped(name: string): string {
  return name.replace(unprintable, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

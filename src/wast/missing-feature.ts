/**
 * The forms in which errors name a feature that is not there: those of unsupported features, and those which
 * have the spec's wording for something malformed or invalid.
 */
const forms = [
  /unsupported feature: ([^:\n]+)/,
  /\((?:tag: )?([^()]+) (?:is|are) not supported\)/,
  /^(?:CompileError: )?(multiple memories)\b/,
];

/** The name of the feature that a module was refused for, if its error names one. */
export function missingFeature(message: string): string | undefined {
  for (const form of forms) {
    const found = form.exec(message);
    if (found !== null) return found[1].trim();
  }
  return undefined;
}

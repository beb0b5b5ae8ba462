/** What is wrong, by something that has been thrown: the message of an error. */
export function errorText(error: unknown): string {
  return String(error instanceof Error ? error.message : error);
}

/** The same in a line: the first one. */
export function errorLine(error: unknown): string {
  return errorText(error).split('\n')[0];
}

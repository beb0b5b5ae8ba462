import { processEnvironment } from '../native/os/process-start.js';
import { replacement, textOfBytes } from './byte-text.js';
import { UsageError } from './errors.js';

/**
 * The environment of the program, from `--inherit-env` and the values of `--env`: `name=value`, or the name
 * of one of our own variables. Names and values are byte texts (`byte-text.ts`).
 *
 * @throws UsageError
 */
export function parseEnvironment(texts: readonly string[], inherit: boolean): Record<string, string> {
  const variables = new Map<string, string>();
  if (inherit) for (const [name, value] of inherited()) variables.set(name, value);
  for (const text of texts) {
    const [name, value] = parseVariable(text);
    variables.set(name, value);
  }
  return Object.fromEntries(variables);
}

function parseVariable(text: string): [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals === 0 || text === '') throw new UsageError(`--env ${text}: expected name=value`);
  if (equals > 0) return splitAt(text, equals);
  const value = inherited().get(text);
  if (value === undefined) {
    throw new UsageError(`--env ${text}: there is no such variable here to pass on; expected name=value`);
  }
  return [text, value];
}

/** Our own environment. What is not UTF-8 in it is read as the process was given it. */
function inherited(): Map<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value = ''] of Object.entries(process.env)) variables.set(name, value);
  for (const bytes of processEnvironment() ?? []) {
    const decoded = bytes.toString();
    if (!decoded.includes(replacement)) continue;
    const equals = decoded.indexOf('=');
    if (equals < 0) continue;
    const [name, value] = splitAt(decoded, equals);
    // Node has no values of variables whose names are not UTF-8.
    if (!name.includes(replacement) && variables.get(name) !== value) continue;
    variables.delete(name);
    const text = textOfBytes(bytes);
    variables.set(...splitAt(text, text.indexOf('=')));
  }
  return variables;
}

function splitAt(text: string, equals: number): [name: string, value: string] {
  return [text.slice(0, equals), text.slice(equals + 1)];
}

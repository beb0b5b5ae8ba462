import { processArguments } from '../native/os/process-start.js';
import { replacement, textOfBytes } from './byte-text.js';
import { UsageError } from './errors.js';

/**
 * The arguments of the command as byte texts (`byte-text.ts`). Node decodes them and loses what is not UTF-8,
 * so if something may be lost they are read from the process again. There they are last, after Node, its
 * options and the script.
 *
 * @param args as Node gives them, without Node and the script
 * @throws UsageError if what was lost cannot be recovered
 */
export function rawArguments(args: readonly string[]): readonly string[] {
  // On Windows arguments are not bytes.
  const doubtful = process.platform === 'win32' ? undefined : args.find((text) => text.includes(replacement));
  if (doubtful === undefined) return args;
  const all = processArguments() ?? [];
  const raw = all.slice(all.length - args.length);
  const isSame = raw.length === args.length && raw.every((bytes, index) => bytes.toString() === args[index]);
  if (isSame) return raw.map(textOfBytes);
  throw new UsageError(`an argument may not be UTF-8, and its bytes cannot be had here: ${doubtful}`);
}

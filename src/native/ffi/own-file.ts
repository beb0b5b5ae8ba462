import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * What is installed beside this code, koffi above all, is looked for from the file that Node runs: from a
 * bundle, if somebody has made one. `import.meta.url` does not tell that file: esbuild leaves nothing of it
 * in CommonJS, webpack puts in where the source was when the bundle was made. A stack does, but for code that
 * comes as text.
 */

/** A file's path or URL, or undefined, for each activation of a stack: the innermost first. */
function filesOfStack(): (string | undefined)[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 20;
    Error.prepareStackTrace = (_error, sites) => sites.map((site) => site.getFileName());
    return new Error().stack as unknown as (string | undefined)[];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function findOwnFile(): string | undefined {
  try {
    // Development builds of webpack evaluate each module as a text, which has no file or the URL `webpack:`.
    for (const file of filesOfStack()) {
      if (file?.startsWith('file:')) return fileURLToPath(file);
      if (file !== undefined && isAbsolute(file)) return file;
    }
  } catch {
    // JavaScript's own objects are frozen.
  }
  return undefined;
}

/** What the build knows to be the file of a CommonJS module. */
declare const UPSHIFT_FILE: string;

// While this is loaded, only what loads it is on the stack. To walk the stack takes milliseconds at first.
let file = typeof UPSHIFT_FILE === 'string' ? UPSHIFT_FILE : findOwnFile();

/** Path of the file that has this code; undefined where that cannot be told. */
export function ownFile(): string | undefined {
  return file;
}

/** In a thread whose code has come as text: the file that has started the thread. To be called first. */
export function adoptOwnFile(path: string | undefined): void {
  file = path;
}

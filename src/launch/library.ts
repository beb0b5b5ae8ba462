/** What `require('upshift')` loads: the library, through the cache. */
import { isInMainContext, runProgram } from './program.js';

/** Set by the build: a hash of the program's files. */
declare const UPSHIFT_BUNDLE_ID: string;
declare const require: NodeJS.Require;

/**
 * When bytecode is kept in a process that goes on, in milliseconds. V8 forgets that of functions which it has
 * not run for a while, so the end may be too late.
 */
const saveAfter = 4000;

function load(): unknown {
  if (!isInMainContext()) return require(`${import.meta.dirname}/library.js`).main;
  const { main, save } = runProgram(import.meta.dirname, 'library', UPSHIFT_BUNDLE_ID, require);
  process.once('exit', () => save());
  setTimeout(save, saveAfter).unref();
  return main;
}

export const library = load();

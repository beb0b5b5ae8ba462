import { CodeFileError } from '../aot/code-file-error.js';
import { LinkError, MemoryLimitError, OutOfMemoryError } from '../runtime/errors.js';
import { CompileError } from '../wasm/errors.js';

/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A file is wrong, or what it was asked to do is; the message is one line for the user. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/**
 * Whether an error is about a program's file, which its message should then name: not a module, code that
 * cannot run here, wrong imports, too much memory.
 */
export function isAboutFile(error: unknown): error is Error {
  return (
    error instanceof CodeFileError ||
    error instanceof CompileError ||
    error instanceof LinkError ||
    error instanceof MemoryLimitError ||
    error instanceof OutOfMemoryError
  );
}

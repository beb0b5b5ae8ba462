import { decodeModule } from '../wasm/decode.js';
import { CompileError } from '../wasm/errors.js';
import { validateQuickly } from '../wasm/validate.js';
import type { ValidateArguments } from './arguments.js';
import { InputError } from './errors.js';
import { ExitStatus } from './exit-status.js';
import { fileTitle, readModuleFile } from './module-file.js';
import { say } from './output.js';

/** `upshift validate`: returns the exit status. */
export async function validate({ files }: ValidateArguments): Promise<number> {
  let status: number = ExitStatus.success;
  for (const file of files) {
    const problem = await problemOf(file);
    if (problem === undefined) continue;
    say(problem);
    status = ExitStatus.failure;
  }
  return status;
}

/** What is wrong with a module, in one line. */
async function problemOf(file: string): Promise<string | undefined> {
  try {
    const module = decodeModule(await readModuleFile(file));
    validateQuickly(module);
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.message;
    if (error instanceof CompileError) return `${fileTitle(file)}: ${error.message}`;
    throw error;
  }
}

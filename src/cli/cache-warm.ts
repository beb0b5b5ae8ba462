import { Runtime } from '../runtime/runtime.js';
import { checkTier } from '../runtime/tiers/tier-availability.js';
import { CompileError } from '../wasm/errors.js';
import type { CacheArguments } from './arguments.js';
import { InputError } from './errors.js';
import { ExitStatus } from './exit-status.js';
import { fileTitle, readModuleFile } from './module-file.js';
import { say, writeOutput } from './output.js';
import { Progress } from './progress.js';

/** `upshift cache warm`: returns the exit status. */
export async function warm(command: CacheArguments): Promise<number> {
  checkTier(command.tier);
  let status: number = ExitStatus.success;
  for (const file of command.files) {
    try {
      const count = keepCode(await readModuleFile(file), command);
      writeOutput(`${fileTitle(file)}: ${count} function${count === 1 ? '' : 's'}\n`);
    } catch (error) {
      if (error instanceof InputError) say(error.message);
      else if (error instanceof CompileError || error instanceof NotKept)
        say(`${fileTitle(file)}: ${error.message}`);
      else throw error;
      status = ExitStatus.failure;
    }
  }
  return status;
}

/** The cache has not taken something. */
class NotKept extends Error {
  override readonly name = 'NotKept';
}

/** Compiles a module for the cache. Returns how many functions it defines. */
function keepCode(bytes: Uint8Array, { folder, tier, deterministic, llvm }: CacheArguments): number {
  const progress = new Progress();
  const runtime = new Runtime({ cache: folder, tier, deterministic, llvm, onProgress: progress.update });
  try {
    const module = runtime.compile(bytes);
    const count = module.wasm.bodyStarts.length;
    if (count === 0) return 0;
    // LLVM's code is all that an entry needs.
    module.serialize({ wasm: false, code: tier === 'llvm' ? 'llvm' : 'fast' });
    if (runtime.store.codeCache?.save(module) !== true) {
      throw new NotKept('the cache cannot keep its code: there is no room for it, or nothing can be written');
    }
    return count;
  } finally {
    progress.end();
    runtime.dispose();
  }
}

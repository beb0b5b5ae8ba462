import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readContainer } from '../aot/container-file.js';
import { sha256 } from '../runtime/code-files/digest.js';
import { Runtime } from '../runtime/runtime.js';
import { systemErrorCode } from '../wasi/errno.js';
import type { CompileArguments, FileTarget } from './arguments.js';
import { pathOfText } from './byte-text.js';
import { InputError } from './errors.js';
import { ExitStatus } from './exit-status.js';
import { fileTitle } from './module-file.js';
import { writeText } from './output.js';
import { Progress } from './progress.js';

/**
 * `upshift compile --output`: compiles a module to an AOT file, and says what is in it. Returns the exit
 * status.
 *
 * @throws TierUnavailableError, LlvmUnavailableError, InputError where the file cannot be written
 */
export function compileToFile(
  bytes: Uint8Array,
  target: FileTarget,
  { llvm, deterministic }: CompileArguments,
): number {
  const { path, tier, cpu, memoryMode, includesWasm } = target;
  const progress = new Progress();
  const runtime = new Runtime({
    // Functions of the Fast JIT count, so that hot ones move up when the file is run.
    tier: tier === 'fast' ? 'multi' : 'llvm',
    ...{ cpu, memoryMode, llvm, deterministic, cache: 'none', onProgress: progress.update },
  });
  let file: Uint8Array;
  try {
    file = runtime.compile(bytes).serialize({ wasm: includesWasm, code: tier });
  } finally {
    progress.end();
  }
  write(path, file);
  const { fast, images, text } = readContainer(file, sha256);
  const byLlvm = images.reduce(
    (sum, { functions, loop }) => sum + (loop === undefined ? functions.length : 0),
    0,
  );
  const parts = [`${byLlvm} functions by LLVM`, `${fast.indices.length} by the Fast JIT`];
  writeText(
    1,
    `${fileTitle(path)}: ${parts.join(', ')}, ${text.length} bytes of machine code, ${file.length} in all\n`,
  );
  return ExitStatus.success;
}

/**
 * Writes a file as a whole, or not at all: somebody may be running what was there. A link stays, and what is
 * no file, such as `/dev/null`, is written to and not replaced.
 */
function write(path: string, contents: Uint8Array): void {
  let temporary: Buffer | undefined;
  try {
    const given = pathOfText(path);
    const status = statSync(given, { throwIfNoEntry: false });
    if (status !== undefined && !status.isFile()) {
      writeFileSync(given, contents);
      return;
    }
    const target = status === undefined ? given : realpathSync(given, 'buffer');
    const unfinished = Buffer.concat([target, Buffer.from(`.${process.pid}.tmp`)]);
    writeFileSync(unfinished, '', { flag: 'wx' });
    temporary = unfinished;
    writeFileSync(temporary, contents);
    renameSync(temporary, target);
  } catch (error) {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    throw new InputError(`cannot write ${fileTitle(path)}: ${systemErrorCode(error) ?? String(error)}`);
  }
}

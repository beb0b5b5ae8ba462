import { Func } from '../runtime/func.js';
import type { Instance } from '../runtime/instance.js';
import { Runtime } from '../runtime/runtime.js';
import { checkTier, defaultTier } from '../runtime/tier-options.js';
import { ProcExit } from '../wasi/proc-exit.js';
import { Wasi } from '../wasi/wasi.js';
import type { RunArguments } from './arguments.js';
import { InputError, UsageError } from './errors.js';
import { ExitStatus } from './exit-status.js';
import { KeptCode } from './kept-code.js';
import { readModuleFile } from './module-file.js';
import { writeText } from './output.js';
import { Progress } from './progress.js';
import { TierObserver } from './tier-observer.js';
import { parseValue, valueText } from './values.js';

/** Set by the build: what `launch.ts` has given, to keep the bytecode of the functions that have been called by now. */
declare const UPSHIFT_SAVE_BYTECODE: (() => void) | undefined;

/** `upshift run`: returns the exit status. The process is about to end, so nothing is disposed. */
export async function run(command: RunArguments): Promise<number> {
  const { file, args, env, invoke, stackSize, tier = defaultTier(), llvm } = command;
  checkTier(tier);
  const bytes = await readModuleFile(file);
  // Of an interpreted program there is nothing to keep.
  const kept = tier === 'interp' ? undefined : new KeptCode(bytes, tier === 'multi');
  const observer = new TierObserver(command);
  const progress = new Progress();
  const runtime = new Runtime(
    observer.watch({
      stackSize,
      tier,
      llvm,
      findCode: kept?.find,
      onCompile: kept?.add,
      onProgress: progress.update,
    }),
  );
  process.once('exit', () => {
    kept?.save();
    // A run without the Fast JIT has not called most of what the next one will call.
    if (kept?.isUsed) UPSHIFT_SAVE_BYTECODE?.();
    observer.tell(runtime);
  });
  const module = runtime.compile(bytes);
  const programName = file.slice(file.lastIndexOf('/') + 1);
  const wasi = new Wasi({ args: invoke === undefined ? [programName, ...args] : [programName], env });
  try {
    const instance = runtime.instantiate(module, wasi.imports(module));
    progress.end();
    if (invoke !== undefined) return call(wasi, instance, file, invoke, args);
    const { _start, _initialize } = instance.exports;
    if (_start instanceof Func) return wasi.start(instance) & 0xff;
    // A module's start function has run by now.
    if (!(_initialize instanceof Func) && module.wasm.start === undefined) {
      throw new InputError(
        `${file}: nothing to run: there is no _start; --invoke calls an exported function`,
      );
    }
    wasi.initialize(instance);
    return ExitStatus.success;
  } catch (error) {
    if (error instanceof ProcExit) return error.code & 0xff;
    throw error;
  } finally {
    progress.end();
  }
}

/** Calls an export and prints its results, one a line. */
function call(wasi: Wasi, instance: Instance, file: string, name: string, args: readonly string[]): number {
  const func = Object.hasOwn(instance.exports, name) ? instance.exports[name] : undefined;
  if (!(func instanceof Func)) throw new InputError(`${file}: there is no exported function ${name}`);
  const { params, results } = func.type;
  if (args.length !== params.length) {
    throw new UsageError(`${name} takes ${params.length} arguments, not ${args.length}`);
  }
  const values = args.map((text, index) => parseValue(text, params[index]));
  wasi.initialize(instance);
  const result = func.call(...values);
  const list = results.length > 1 ? (result as readonly unknown[]) : [result];
  writeText(1, results.map((type, index) => `${valueText(list[index], type)}\n`).join(''));
  return ExitStatus.success;
}

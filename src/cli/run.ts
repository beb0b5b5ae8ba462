import { exitOnSignals, holdExits } from '../native/exit-signals.js';
import { Func } from '../runtime/func.js';
import type { Instance } from '../runtime/instance.js';
import type { Module } from '../runtime/module.js';
import { Runtime } from '../runtime/runtime.js';
import { checkTier, defaultTier } from '../runtime/tier-options.js';
import { withTimeout } from '../runtime/timeout.js';
import { TrapError } from '../runtime/trap-error.js';
import type { WasmValue } from '../runtime/values.js';
import { SelfCheck } from '../self-check/self-check.js';
import { PreopenError } from '../wasi/preopens.js';
import { ProcExit } from '../wasi/proc-exit.js';
import { Wasi } from '../wasi/wasi.js';
import type { RunArguments } from './arguments.js';
import { InputError, UsageError } from './errors.js';
import { ExitStatus } from './exit-status.js';
import { KeptCode } from './kept-code.js';
import { readModuleFile } from './module-file.js';
import { registerNatives } from './natives.js';
import { writeText } from './output.js';
import { Progress } from './progress.js';
import { tellAgreement } from './self-check-report.js';
import { suggestion } from './suggest.js';
import { TierObserver } from './tier-observer.js';
import { parseValue, valueText } from './values.js';

/** Set by the build: what `launch.ts` has given, to keep the bytecode of the functions that have been called by now. */
declare const UPSHIFT_SAVE_BYTECODE: (() => void) | undefined;

/** `upshift run`: returns the exit status. The process is about to end, so nothing is disposed. */
export async function run(command: RunArguments): Promise<number> {
  const { file, args, invoke, timeout, maxMemory, stackSize, tier = defaultTier(), llvm } = command;
  checkTier(tier);
  const wasi = makeWasi(command);
  // Without machine code it is Node that ends the process, by the signal itself.
  if (tier !== 'interp') exitOnSignals();
  const bytes = await readModuleFile(file);
  // Of an interpreted program there is nothing to keep.
  const kept = tier === 'interp' ? undefined : new KeptCode(bytes, tier === 'multi');
  const observer = new TierObserver(command);
  const progress = new Progress();
  const options = {
    maxMemory,
    stackSize,
    tier,
    llvm,
    findCode: kept?.find,
    onCompile: kept?.add,
    onProgress: progress.update,
  };
  const runtime = new Runtime(observer.watch(options));
  process.once('exit', () => {
    if (kept !== undefined) holdExits(() => save(kept));
    observer.tell(runtime);
  });
  const module = runtime.compile(bytes);
  registerNatives(runtime, command.nativeLibraries, command.natives);
  const check = command.selfCheck ? new SelfCheck({ runtime, options, module, wasi }) : undefined;
  const runProgram = (): void => {
    const instance = check?.instantiate() ?? runtime.instantiate(module, wasi.imports(module));
    progress.end();
    wasi.bind(instance);
    const program: Program = {
      file,
      exports: instance.exports,
      call: (name, func, values) => (check === undefined ? func.call(...values) : check.call(name, values)),
    };
    if (invoke !== undefined) callAndPrint(program, invoke, args);
    else start(program, module);
  };
  try {
    if (timeout === undefined) runProgram();
    else withTimeout(timeout.milliseconds, runProgram);
    if (check !== undefined) tellAgreement(check);
    return ExitStatus.success;
  } catch (error) {
    const isEnd = error instanceof ProcExit || error instanceof TrapError;
    if (check !== undefined && isEnd) tellAgreement(check);
    if (error instanceof ProcExit) return error.code & 0xff;
    throw error;
  } finally {
    progress.end();
  }
}

/** What the program has of the host. */
function makeWasi({ file, args, env, preopens, listen, invoke }: RunArguments): Wasi {
  const programName = file.slice(file.lastIndexOf('/') + 1);
  try {
    return new Wasi({
      args: invoke === undefined ? [programName, ...args] : [programName],
      env,
      preopens,
      listen,
    });
  } catch (error) {
    throw error instanceof PreopenError ? new UsageError(error.message) : error;
  }
}

function save(kept: KeptCode): void {
  kept.save();
  // A run without the Fast JIT has not called most of what the next one will call.
  if (kept.isUsed) UPSHIFT_SAVE_BYTECODE?.();
}

/** A program that has been instantiated. */
interface Program {
  readonly file: string;
  readonly exports: Instance['exports'];
  /** Calls an exported function. */
  readonly call: (name: string, func: Func, values: readonly WasmValue[]) => WasmValue;
}

function start({ file, exports, call }: Program, { wasm }: Module): void {
  const { _start, _initialize } = exports;
  if (_start instanceof Func) call('_start', _start, []);
  else if (_initialize instanceof Func) call('_initialize', _initialize, []);
  // A module's start function has run by now.
  else if (wasm.start === undefined) {
    const names = functionNames(exports);
    const which =
      names.length === 0
        ? ''
        : `: ${names.slice(0, mostNames).join(', ')}${names.length > mostNames ? ', …' : ''}`;
    throw new InputError(
      `${file}: nothing to run: there is no _start; --invoke calls an exported function${which}`,
    );
  }
}

/** Exported functions that are named in a message. */
const mostNames = 6;

function functionNames(exports: Program['exports']): string[] {
  return Object.keys(exports).filter((name) => exports[name] instanceof Func);
}

/** Calls an export and prints its results, one a line. */
function callAndPrint({ file, exports, call }: Program, name: string, args: readonly string[]): void {
  const func = Object.hasOwn(exports, name) ? exports[name] : undefined;
  if (!(func instanceof Func)) {
    const hint = suggestion(name, functionNames(exports));
    throw new InputError(`${file}: there is no exported function ${name}${hint}`);
  }
  const { params, results } = func.type;
  if (args.length !== params.length) {
    throw new UsageError(`${name} takes ${params.length} arguments, not ${args.length}`);
  }
  const values = args.map((text, index) => parseValue(text, params[index]));
  const { _initialize } = exports;
  if (_initialize instanceof Func) call('_initialize', _initialize, []);
  const result = call(name, func, values);
  const list = results.length > 1 ? (result as readonly unknown[]) : [result];
  writeText(1, results.map((type, index) => `${valueText(list[index], type)}\n`).join(''));
}

import { noCache } from '../cache/cache-folder.js';
import { CacheStore } from '../cache/cache-store.js';
import { suggestion } from '../checks/suggest.js';
import { doWithoutCheckpoints } from '../native/interrupts/checkpoints.js';
import { exitOnSignals } from '../native/traps/exit-signals.js';
import type { Instance } from '../runtime/instances/instance.js';
import { interpreterWarning } from '../runtime/interpreter-warning.js';
import { keepNoBytecode } from '../runtime/launcher.js';
import { withTimeout } from '../runtime/limits/timeout.js';
import type { Module } from '../runtime/modules/module.js';
import { Func } from '../runtime/objects/func.js';
import { Runtime } from '../runtime/runtime.js';
import { checkTier, defaultTier } from '../runtime/tiers/tier-availability.js';
import { TrapError } from '../runtime/traps/trap-error.js';
import type { WasmValue } from '../runtime/values/values.js';
import { SelfCheck } from '../self-check/self-check.js';
import { PreopenError } from '../wasi/preopens.js';
import { ProcExit } from '../wasi/proc-exit.js';
import { Wasi } from '../wasi/wasi.js';
import { printableName } from '../wasm/printable-name.js';
import { isRefType } from '../wasm/types.js';
import type { RunArguments } from './arguments.js';
import { bytesOfText } from './byte-text.js';
import { InputError, UsageError } from './errors.js';
import { ExitStatus } from './exit-status.js';
import {
  directoryProblem,
  fileTitle,
  type ProgramFile,
  readModuleFile,
  readProgramFile,
} from './module-file.js';
import { registerNatives } from './natives.js';
import { say, writeOutput } from './output.js';
import { readPreloads } from './preload.js';
import { Progress } from './progress.js';
import { tellAgreement } from './self-check-report.js';
import { TierObserver } from './tier-observer.js';
import { bitsText, jsonText, parseBits, parseValue, valueText } from './values.js';

/** `upshift run`: returns the exit status. The process is about to end, so nothing is disposed. */
export async function run(command: RunArguments): Promise<number> {
  const { file, invoke, timeout, maxMemory, stackSize, tier = defaultTier(), llvm, deterministic } = command;
  checkTier(tier);
  const warning = command.tier === undefined ? interpreterWarning() : undefined;
  if (warning !== undefined) say(warning);
  const wasi = makeWasi(command);
  // Without machine code Node itself ends the process, by the signal.
  if (tier !== 'interp') exitOnSignals();
  doWithoutCheckpoints();
  // What is wrong with a folder that nobody asked for does not matter.
  if (command.cache !== undefined) CacheStore.open(command.cache)?.prepare();
  if (command.cache === noCache) keepNoBytecode();
  const program = await readProgramFile(file);
  const wasm = await readOwnModule(command, program);
  const observer = new TierObserver(command);
  const progress = new Progress();
  const options = {
    maxMemory,
    stackSize,
    tier,
    llvm,
    deterministic,
    cache: command.cache,
    onProgress: progress.update,
  };
  const preloads = await readPreloads(command.preload);
  const runtime = new Runtime(preloads.without(observer.watch(options)));
  process.once('exit', () => {
    observer.tell(runtime);
  });
  const module =
    program.kind === 'aot' ? runtime.load(program.bytes, { wasm }) : runtime.compile(program.bytes);
  registerNatives(runtime, command.nativeLibraries, command.natives);
  const check = command.selfCheck ? new SelfCheck({ runtime, options, module, wasi }) : undefined;
  const runProgram = (): void => {
    const instance =
      check?.instantiate() ??
      runtime.instantiate(module, { ...wasi.imports(module), ...preloads.instantiate(runtime, wasi) });
    progress.end();
    wasi.bind(instance);
    const running: Program = {
      file: fileTitle(file),
      exports: instance.exports,
      call: (name, func, args) => {
        if (check !== undefined) {
          const values = args.map((text, index) => parseValue(text, func.type.params[index]));
          return resultTexts(func.type.results, check.call(name, values));
        }
        return callWithTexts(func, args);
      },
    };
    if (invoke !== undefined) callAndPrint(running, invoke, command);
    else start(running, module);
  };
  try {
    if (timeout === undefined) runProgram();
    else withTimeout(timeout.milliseconds, runProgram);
    if (check !== undefined) tellAgreement(check);
    return ExitStatus.success;
  } catch (error) {
    const isEnd = error instanceof ProcExit || error instanceof TrapError;
    if (check !== undefined && isEnd) tellAgreement(check);
    if (error instanceof ProcExit) return error.exitCode & 0xff;
    throw error;
  } finally {
    progress.end();
  }
}

/** The module of an AOT file, where it is in a file of its own. */
async function readOwnModule({ wasm }: RunArguments, { kind }: ProgramFile): Promise<Uint8Array | undefined> {
  if (wasm === undefined) return undefined;
  if (kind === 'aot') return readModuleFile(wasm);
  throw new UsageError('--wasm names the module of an AOT file, and this is a module itself');
}

/** What the program gets from the host. */
function makeWasi({ file, args, env, preopens, listen, invoke }: RunArguments): Wasi {
  const programName = file.slice(file.lastIndexOf('/') + 1);
  try {
    return new Wasi({
      args: (invoke === undefined ? [programName, ...args] : [programName]).map(bytesOfText),
      env: Object.entries(env).map(([name, value]) => [bytesOfText(name), bytesOfText(value)]),
      preopens: Object.entries(preopens).map(([name, { path, readOnly }]) => [
        bytesOfText(name),
        { path: bytesOfText(path), readOnly },
      ]),
      listen,
    });
  } catch (error) {
    throw error instanceof PreopenError ? new UsageError(preopenProblem(error.message)) : error;
  }
}

/** The same in more helpful words if a directory cannot be opened. */
function preopenProblem(message: string): string {
  const match = /^(cannot open the directory (.*)): (E[A-Z0-9]+)$/s.exec(message);
  return match === null ? message : `${match[1]}: ${directoryProblem(match[2], match[3])}`;
}

/** An instantiated program. */
interface Program {
  readonly file: string;
  readonly exports: Instance['exports'];
  /** Calls an exported function; arguments and results are texts. */
  readonly call: (name: string, func: Func, args: readonly string[]) => string[];
}

/** Passes bit patterns if possible: JavaScript values may lose the payloads of NaNs. */
function callWithTexts(func: Func, args: readonly string[]): string[] {
  const { params, results } = func.type;
  if (results.some((type) => isRefType(type))) {
    const values = args.map((text, index) => parseValue(text, params[index]));
    return resultTexts(results, func(...values));
  }
  const bits = func.callBits(args.map((text, index) => parseBits(text, params[index])));
  return results.map((type, index) => bitsText(bits[index], type));
}

function resultTexts(types: readonly number[], result: WasmValue): string[] {
  const list = types.length > 1 ? (result as readonly unknown[]) : [result];
  return types.map((type, index) => valueText(list[index], type));
}

function start(program: Program, { wasm }: Module): void {
  const { file, exports } = program;
  // A start function has already run.
  if (!callEntry(program, '_start') && !callEntry(program, '_initialize') && wasm.start === undefined) {
    const names = functionNames(exports);
    const which = names.length === 0 ? '' : `: ${listed(names, 6)}`;
    throw new InputError(
      `${file}: nothing to run: there is no _start; --invoke calls an exported function${which}`,
    );
  }
}

/**
 * Calls the export that WASI has the host call. Returns whether there is one.
 *
 * @throws InputError if it does not have the type that WASI says
 */
function callEntry({ file, exports, call }: Program, name: '_start' | '_initialize'): boolean {
  const func = exports[name];
  if (!(func instanceof Func)) return false;
  const { params, results } = func.type;
  if (params.length + results.length > 0) {
    throw new InputError(`${file}: ${name} must take no parameters and return nothing`);
  }
  call(name, func, []);
  return true;
}

/** How many exported functions are listed if the requested one does not exist. */
const mostNames = 24;

function listed(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).map((name) => printableName(name, 60));
  return `${shown.join(', ')}${names.length > most ? `, … (${names.length})` : ''}`;
}

function functionNames(exports: Program['exports']): string[] {
  return Object.keys(exports).filter((name) => exports[name] instanceof Func);
}

/** Calls an export and prints its results, one per line, or as JSON. */
function callAndPrint(program: Program, name: string, { args, json }: RunArguments): void {
  const { file, exports, call } = program;
  const func = Object.hasOwn(exports, name) ? exports[name] : undefined;
  if (!(func instanceof Func)) {
    const names = functionNames(exports);
    const hint = suggestion(name, names);
    const others =
      names.length === 0 ? 'no functions are exported' : `exported are ${listed(names, mostNames)}`;
    throw new InputError(`${file}: there is no exported function ${name}${hint || ';'} ${others}`);
  }
  const { params } = func.type;
  if (args.length !== params.length) {
    throw new UsageError(`${name} takes ${params.length} arguments, not ${args.length}`);
  }
  // Checks the arguments before anything runs.
  for (const [index, text] of args.entries()) parseBits(text, params[index]);
  callEntry(program, '_initialize');
  const results = call(name, func, args);
  writeOutput(json ? `[${results.map(jsonText).join(',')}]\n` : results.map((text) => `${text}\n`).join(''));
}

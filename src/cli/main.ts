import { CacheProblem } from '../cache/trust.js';
import { Trap } from '../code/traps.js';
import { LlvmUnavailableError } from '../llvm-jit/capi/llvm-unavailable.js';
import { NativeError } from '../native/process/pages.js';
import { TierUnavailableError } from '../runtime/errors.js';
import { TrapError } from '../runtime/traps/trap-error.js';
import { backtraceText } from '../runtime/traps/wasm-frame.js';
import { version } from '../runtime/version.js';
import { SelfCheckError } from '../self-check/self-check.js';
import { type Arguments, parseArguments } from './arguments.js';
import { cache } from './cache.js';
import { coloursOf } from './colours.js';
import { compile } from './compile.js';
import { completions } from './completions.js';
import { InputError, isAboutFile, UsageError } from './errors.js';
import { exit } from './exit.js';
import { ExitStatus } from './exit-status.js';
import { commandHelp, mainHelp } from './help.js';
import { inspect } from './inspect.js';
import { fileTitle } from './module-file.js';
import { isCommandName } from './options.js';
import { printable, say, writeOutput, writeText } from './output.js';
import { rawArguments } from './raw-arguments.js';
import { run } from './run.js';
import { tellDifference } from './self-check-report.js';
import { validate } from './validate.js';
import { versionText } from './version.js';
import { wast } from './wast.js';

async function execute(command: Arguments): Promise<number> {
  switch (command.command) {
    case 'run':
      return run(command);
    case 'compile':
      return compile(command);
    case 'inspect':
      return inspect(command);
    case 'validate':
      return validate(command);
    case 'wast':
      return wast(command);
    case 'cache':
      return cache(command);
    case 'completions':
      writeOutput(completions(command.shell));
      return ExitStatus.success;
    case 'version':
      writeOutput(versionText());
      return ExitStatus.success;
    case 'help':
      writeOutput(command.of === undefined ? mainHelp(coloursOf(1)) : commandHelp(command.of, coloursOf(1)));
      return ExitStatus.success;
  }
}

/**
 * Tells the user what went wrong and returns the exit status. `command` is undefined if it could not be read.
 */
function report(error: unknown, command: Arguments | undefined, name: string | undefined): number {
  const file = command !== undefined && 'file' in command ? fileTitle(command.file) : '';
  if (error instanceof UsageError) {
    const help = name !== undefined && isCommandName(name) ? `${name} --help` : '--help';
    return tell(`${error.message} (see upshift ${help})`, ExitStatus.usage);
  }
  const isOneLine =
    error instanceof CacheProblem ||
    error instanceof InputError ||
    error instanceof LlvmUnavailableError ||
    error instanceof NativeError ||
    error instanceof TierUnavailableError;
  if (isOneLine) return tell(error.message, ExitStatus.failure);
  if (isAboutFile(error)) return tell(`${file}: ${error.message}`, ExitStatus.failure);
  if (error instanceof SelfCheckError) {
    tellDifference(error);
    return ExitStatus.difference;
  }
  if (error instanceof TrapError) return reportTrap(error, command);
  return reportBug(error, command);
}

function reportTrap({ trap, message, backtrace }: TrapError, command: Arguments | undefined): number {
  const timeout = command?.command === 'run' ? command.timeout : undefined;
  const isTimeout = trap === Trap.interrupted && timeout !== undefined;
  const what = isTimeout ? `${message} (--timeout ${timeout.text})` : `trap: ${message}`;
  say(what);
  const frames = backtraceText(backtrace);
  if (frames !== '') for (const frame of frames.split('\n')) writeText(2, `${printable(frame)}\n`);
  return isTimeout ? ExitStatus.timeout : ExitStatus.trap;
}

function tell(message: string, status: number): number {
  say(message);
  return status;
}

/** Reports an unforeseen error. Where in Upshift it happened is shown on request. */
function reportBug(error: unknown, command: Arguments | undefined): number {
  const isVerbose = command?.command === 'run' && command.verbose;
  const wantsStack = isVerbose || Boolean(process.env['UPSHIFT_STACK']);
  const hint = wantsStack ? '' : '; UPSHIFT_STACK=1 shows where it is';
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  say(`internal error: ${what} (this is a bug of Upshift ${version}: please report it${hint})`);
  const { stack = '' } = error instanceof Error ? error : {};
  if (wantsStack) for (const line of stack.split('\n').slice(1)) writeText(2, `${printable(line)}\n`);
  return ExitStatus.internal;
}

async function main(argv: readonly string[]): Promise<number> {
  let command: Arguments | undefined;
  try {
    command = parseArguments(rawArguments(argv));
    return await execute(command);
  } catch (error) {
    return report(error, command, argv[0]);
  }
}

main(process.argv.slice(2)).then(exit);

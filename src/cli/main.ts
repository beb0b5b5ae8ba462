import { Trap } from '../code/traps.js';
import { LlvmUnavailableError } from '../llvm-jit/capi/load-library.js';
import { LinkError, MemoryLimitError, TierUnavailableError } from '../runtime/errors.js';
import { backtraceText, TrapError } from '../runtime/trap-error.js';
import { SelfCheckError } from '../self-check/self-check.js';
import { Backend } from '../tiering/backend.js';
import { CompileError } from '../wasm/errors.js';
import { type Arguments, parseArguments } from './arguments.js';
import { coloursOf } from './colours.js';
import { compile } from './compile.js';
import { InputError, UsageError } from './errors.js';
import { exit } from './exit.js';
import { ExitStatus } from './exit-status.js';
import { commandHelp, mainHelp } from './help.js';
import { inspect } from './inspect.js';
import { isCommandName } from './options.js';
import { printable, writeText } from './output.js';
import { run } from './run.js';
import { tellDifference } from './self-check-report.js';
import { versionText } from './version.js';

async function execute(command: Arguments): Promise<number> {
  switch (command.command) {
    case 'run':
      return run(command);
    case 'compile':
      return compile(command);
    case 'inspect':
      return inspect(command);
    case 'version':
      writeText(1, versionText());
      return ExitStatus.success;
    case 'help':
      writeText(1, command.of === undefined ? mainHelp(coloursOf(1)) : commandHelp(command.of, coloursOf(1)));
      return ExitStatus.success;
  }
}

/** Tells the user what went wrong and returns the exit status. `command` is undefined where it could not be read. */
function report(error: unknown, command: Arguments | undefined, name: string | undefined): number {
  const file = command !== undefined && 'file' in command ? command.file : '';
  if (error instanceof UsageError) {
    const help = name !== undefined && isCommandName(name) ? `${name} --help` : '--help';
    return say(`${error.message} (see upshift ${help})`, ExitStatus.usage);
  }
  const isOneLine =
    error instanceof InputError ||
    error instanceof LlvmUnavailableError ||
    error instanceof TierUnavailableError;
  if (isOneLine) return say(error.message, ExitStatus.failure);
  const isAboutFile =
    error instanceof CompileError || error instanceof LinkError || error instanceof MemoryLimitError;
  if (isAboutFile) return say(`${file}: ${error.message}`, ExitStatus.failure);
  if (error instanceof SelfCheckError) {
    tellDifference(error);
    return ExitStatus.difference;
  }
  if (error instanceof TrapError) return reportTrap(error, command);
  writeText(2, `upshift: ${error instanceof Error ? error.stack : String(error)}\n`);
  return ExitStatus.failure;
}

function reportTrap({ trap, message, backtrace }: TrapError, command: Arguments | undefined): number {
  const timeout = command?.command === 'run' ? command.timeout : undefined;
  const isTimeout = trap === Trap.interrupted && timeout !== undefined;
  const what = isTimeout ? `${message} (--timeout ${timeout.text})` : `trap: ${message}`;
  say(what, ExitStatus.trap);
  const frames = backtraceText(backtrace);
  if (frames !== '') for (const frame of frames.split('\n')) writeText(2, `${printable(frame)}\n`);
  return isTimeout ? ExitStatus.timeout : ExitStatus.trap;
}

function say(message: string, status: number): number {
  writeText(2, `${coloursOf(2).error('upshift:')} ${printable(message)}\n`);
  return status;
}

async function main(argv: readonly string[]): Promise<number> {
  let command: Arguments | undefined;
  try {
    command = parseArguments(argv);
    return await execute(command);
  } catch (error) {
    return report(error, command, argv[0]);
  }
}

Backend.threadFile = new URL('./launch-backend.js', import.meta.url);
main(process.argv.slice(2)).then(exit);

import { LlvmUnavailableError } from '../llvm-jit/capi/load-library.js';
import { LinkError, TierUnavailableError } from '../runtime/errors.js';
import { backtraceText, TrapError } from '../runtime/trap-error.js';
import { SelfCheckError } from '../self-check/self-check.js';
import { Backend } from '../tiering/backend.js';
import { CompileError } from '../wasm/errors.js';
import { type CompileArguments, type InfoArguments, parseArguments, type RunArguments } from './arguments.js';
import { compile } from './compile.js';
import { InputError, UsageError } from './errors.js';
import { exit } from './exit.js';
import { ExitStatus } from './exit-status.js';
import { compileHelp, mainHelp, runHelp } from './help.js';
import { printable, writeText } from './output.js';
import { run } from './run.js';
import { tellDifference } from './self-check-report.js';
import { versionText } from './version.js';

async function execute(command: RunArguments | CompileArguments | InfoArguments): Promise<number> {
  switch (command.command) {
    case 'run':
      return run(command);
    case 'compile':
      return compile(command);
    case 'version':
      writeText(1, versionText());
      return ExitStatus.success;
    case 'help':
      writeText(1, mainHelp);
      return ExitStatus.success;
    case 'help-run':
      writeText(1, runHelp);
      return ExitStatus.success;
    case 'help-compile':
      writeText(1, compileHelp);
      return ExitStatus.success;
  }
}

/** Tells the user what went wrong and returns the exit status. */
function report(error: unknown, commandName: string | undefined, file: string): number {
  if (error instanceof UsageError) {
    const help = commandName === 'run' || commandName === 'compile' ? `${commandName} --help` : '--help';
    return say(`${error.message} (see upshift ${help})`, ExitStatus.usage);
  }
  const isOneLine =
    error instanceof InputError ||
    error instanceof LlvmUnavailableError ||
    error instanceof TierUnavailableError;
  if (isOneLine) return say(error.message, ExitStatus.failure);
  if (error instanceof CompileError || error instanceof LinkError) {
    return say(`${file}: ${error.message}`, ExitStatus.failure);
  }
  if (error instanceof SelfCheckError) {
    tellDifference(error);
    return ExitStatus.difference;
  }
  if (error instanceof TrapError) {
    say(`trap: ${error.message}`, ExitStatus.trap);
    for (const frame of backtraceText(error.backtrace).split('\n')) writeText(2, `${printable(frame)}\n`);
    return ExitStatus.trap;
  }
  writeText(2, `upshift: ${error instanceof Error ? error.stack : String(error)}\n`);
  return ExitStatus.failure;
}

function say(message: string, status: number): number {
  writeText(2, `upshift: ${printable(message)}\n`);
  return status;
}

async function main(argv: readonly string[]): Promise<number> {
  let file = '';
  try {
    const command = parseArguments(argv);
    if ('file' in command) file = command.file;
    return await execute(command);
  } catch (error) {
    return report(error, argv[0], file);
  }
}

Backend.threadFile = new URL('./launch-backend.js', import.meta.url);
main(process.argv.slice(2)).then(exit);

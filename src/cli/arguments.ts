import { parseArgs } from 'node:util';
import { UsageError } from './errors.js';

export interface RunArguments {
  readonly command: 'run';
  readonly file: string;
  /** What is behind the file on the command line. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly invoke: string | undefined;
  /** Bytes of wasm stack. */
  readonly stackSize: number | undefined;
}

export interface CompileArguments {
  readonly command: 'compile';
  readonly file: string;
  readonly dump: { readonly ir: boolean; readonly asm: boolean };
  /** Index or name of the only function wanted. */
  readonly function: string | undefined;
}

export interface InfoArguments {
  readonly command: 'version' | 'help' | 'help-run' | 'help-compile';
}

const runOptions = {
  env: { type: 'string', multiple: true },
  invoke: { type: 'string' },
  'stack-size': { type: 'string' },
  tier: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const compileOptions = {
  dump: { type: 'string' },
  function: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the command line, without the names of Node and of this program. Throws a UsageError if it is wrong. */
export function parseArguments(argv: readonly string[]): RunArguments | CompileArguments | InfoArguments {
  const [command, ...rest] = argv;
  switch (command) {
    case undefined:
      throw new UsageError('a command is missing');
    case 'run':
      return parseRun(rest);
    case 'compile':
      return parseCompile(rest);
    case '-V':
    case '--version':
      return { command: 'version' };
    case '-h':
    case '--help':
    case 'help':
      if (rest[0] === 'run') return { command: 'help-run' };
      if (rest[0] === 'compile') return { command: 'help-compile' };
      return { command: 'help' };
    default:
      throw new UsageError(
        command.startsWith('-') ? `unknown option ${command}` : `unknown command ${command}`,
      );
  }
}

/** Calls `parseArgs`, with its errors cut to their first sentence and made usage errors. */
function strictly<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('ERR_PARSE_ARGS')) {
      throw error;
    }
    const [sentence] = error.message.split(/\.?(?:\s*\n|\. )/);
    throw new UsageError(sentence);
  }
}

function parseRun(argv: string[]): RunArguments | InfoArguments {
  // Options behind the file are the program's: find the file first, then read what stands before it.
  const { tokens } = parseArgs({
    args: argv,
    options: runOptions,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const fileAt = tokens.find((token) => token.kind === 'positional')?.index ?? argv.length;
  const { values } = strictly(() => parseArgs({ args: argv.slice(0, fileAt), options: runOptions }));
  if (values.help) return { command: 'help-run' };
  if (fileAt === argv.length) throw new UsageError('a file is missing');
  if (values.tier !== undefined && values.tier !== 'fast') {
    throw new UsageError(`unknown tier ${values.tier}: the only one is fast`);
  }
  return {
    command: 'run',
    file: argv[fileAt],
    args: argv.slice(fileAt + 1),
    env: Object.fromEntries((values.env ?? []).map(parseVariable)),
    invoke: values.invoke,
    stackSize: values['stack-size'] === undefined ? undefined : parseSize(values['stack-size']),
  };
}

function parseVariable(text: string): [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`--env ${text}: expected name=value`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

const units: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** Limits of the wasm stack in bytes. */
const minStackSize = 2 ** 14;
const maxStackSize = 2 ** 30;

function parseSize(text: string): number {
  const match = /^(\d+)([kmg]?)$/i.exec(text);
  const size = match === null ? Number.NaN : Number(match[1]) * units[match[2].toLowerCase()];
  if (!(size >= minStackSize && size <= maxStackSize)) {
    throw new UsageError(`--stack-size ${text}: expected 16K to 1G`);
  }
  return size;
}

function parseCompile(argv: string[]): CompileArguments | InfoArguments {
  const { values, positionals } = strictly(() =>
    parseArgs({ args: argv, options: compileOptions, allowPositionals: true }),
  );
  if (values.help) return { command: 'help-compile' };
  if (positionals.length === 0) throw new UsageError('a file is missing');
  if (positionals.length > 1) throw new UsageError(`one file at a time: ${positionals.join(' ')}`);
  const parts = values.dump?.split(',') ?? [];
  const unknown = parts.find((part) => part !== 'ir' && part !== 'asm');
  if (unknown !== undefined) throw new UsageError(`--dump ${unknown}: expected ir, asm or ir,asm`);
  return {
    command: 'compile',
    file: positionals[0],
    dump: { ir: parts.includes('ir'), asm: parts.includes('asm') },
    function: values.function,
  };
}

import { parseArgs } from 'node:util';
import { type LlvmOptions, type Tier, tiers } from '../runtime/tier-options.js';
import type { Preopen } from '../wasi/preopens.js';
import { UsageError } from './errors.js';
import { type NativeArgument, parseNative } from './natives.js';
import {
  type CommandName,
  commands,
  compileOptions,
  inspectOptions,
  isCommandName,
  type llvmOptions,
  mainOptions,
  runOptions,
} from './options.js';
import { parseDuration, parseNumber, parseSize } from './quantities.js';
import { suggestion } from './suggest.js';

export interface RunArguments {
  readonly command: 'run';
  readonly file: string;
  /** What is behind the file on the command line. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Directories of the host that the program may use, by its own paths. */
  readonly preopens: Readonly<Record<string, Preopen>>;
  /** Addresses on which it accepts connections. */
  readonly listen: readonly string[];
  readonly invoke: string | undefined;
  /** When the program is to be stopped. */
  readonly timeout: Timeout | undefined;
  /** Bytes that the program's memory may grow to. */
  readonly maxMemory: number | undefined;
  /** Bytes of wasm stack. */
  readonly stackSize: number | undefined;
  /** Undefined where none is asked for: `defaultTier`. */
  readonly tier: Tier | undefined;
  readonly llvm: LlvmOptions;
  /** Shared libraries with native functions. */
  readonly nativeLibraries: readonly string[];
  readonly natives: readonly NativeArgument[];
  /** Whether to compare the tier with another one. */
  readonly selfCheck: boolean;
  /** Whether to say which compilers were at work. */
  readonly verbose: boolean;
  /** Where what became of the functions is to be told, if it is. */
  readonly tierReport: TierReportTarget | undefined;
}

export interface Timeout {
  readonly milliseconds: number;
  /** As the user has written it. */
  readonly text: string;
}

/** A table for people, or JSON for programs. */
export type TierReportTarget = { readonly kind: 'text' } | { readonly kind: 'file'; readonly path: string };

export interface CompileArguments {
  readonly command: 'compile';
  readonly file: string;
  readonly dump: ReadonlySet<DumpPart>;
  readonly llvm: LlvmOptions;
  /** Index or name of the only function wanted. */
  readonly function: string | undefined;
}

/** What `--dump` can show: of the Fast JIT; then LLVM's IR as it gets it, optimized, and the assembly of that. */
export type DumpPart = (typeof dumpParts)[number];
const dumpParts = ['ir', 'asm', 'llvm-ir', 'llvm-opt', 'llvm-asm'] as const;

export interface InspectArguments {
  readonly command: 'inspect';
  readonly file: string;
  readonly json: boolean;
}

export type InfoArguments =
  | { readonly command: 'version' }
  /** Of a command; or all in all. */
  | { readonly command: 'help'; readonly of: CommandName | undefined };

export type Arguments = RunArguments | CompileArguments | InspectArguments | InfoArguments;

/** Reads the command line, without the names of Node and of this program. Throws a UsageError if it is wrong. */
export function parseArguments(argv: readonly string[]): Arguments {
  const [command, ...rest] = argv;
  switch (command) {
    case undefined:
      throw new UsageError('a command is missing');
    case 'run':
      return parseRun(rest);
    case 'compile':
      return parseCompile(rest);
    case 'inspect':
      return parseInspect(rest);
    case '-V':
    case '--version':
      return { command: 'version' };
    case '-h':
    case '--help':
    case 'help':
      return parseHelp(rest);
    default:
      throw unknownCommand(command);
  }
}

function parseHelp([of]: readonly string[]): InfoArguments {
  if (of === undefined || isCommandName(of)) return { command: 'help', of };
  throw unknownCommand(of);
}

function unknownCommand(name: string): UsageError {
  if (!name.startsWith('-')) {
    return new UsageError(`unknown command ${name}${suggestion(name, [...Object.keys(commands), 'help'])}`);
  }
  // Perhaps an option of a command.
  const [given] = name.split('=');
  const owner = Object.entries(commands).find(([, { options }]) => Object.hasOwn(options, given.slice(2)));
  const hint =
    owner === undefined
      ? suggestion(given, optionNames(mainOptions))
      : `; it belongs behind the command: upshift ${owner[0]} ${given}`;
  return new UsageError(`unknown option ${given}${hint}`);
}

function optionNames(options: object): string[] {
  return Object.keys(options).map((name) => `--${name}`);
}

/** Calls `parseArgs`, with its errors cut to their first sentence and made usage errors. */
function strictly<Result>(options: object, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('ERR_PARSE_ARGS')) {
      throw error;
    }
    const unknown = /^Unknown option '(--?[^']+)'/.exec(error.message)?.[1];
    if (unknown !== undefined) {
      throw new UsageError(`unknown option ${unknown}${suggestion(unknown, optionNames(options))}`);
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
  const { args, target } = takeReportFile(argv.slice(0, fileAt));
  const { values } = strictly(runOptions, () => parseArgs({ args, options: runOptions }));
  if (values.help) return { command: 'help', of: 'run' };
  if (fileAt === argv.length) throw new UsageError('a file is missing');
  const natives = (values.native ?? []).map(parseNative);
  const nativeLibraries = values['native-lib'] ?? [];
  if (values['self-check'] && natives.length + nativeLibraries.length > 0) {
    throw new UsageError('--self-check cannot run native functions twice');
  }
  if (values.timeout !== undefined && values['self-check']) {
    throw new UsageError('--timeout does not go with --self-check, which runs the program several times');
  }
  return {
    command: 'run',
    file: argv[fileAt],
    args: argv.slice(fileAt + 1),
    env: Object.fromEntries((values.env ?? []).map(parseVariable)),
    preopens: parseDirectories(values.dir ?? []),
    listen: values.listen ?? [],
    invoke: values.invoke,
    timeout: parseTimeout(values.timeout),
    maxMemory: parseSize('max-memory', values['max-memory'], 0, mostMemory),
    stackSize: parseSize('stack-size', values['stack-size'], minStackSize, maxStackSize),
    tier: parseTier(values.tier),
    llvm: {
      ...parseLlvm(values),
      threads: parseNumber('llvm-threads', values['llvm-threads'], 1, maxThreads),
      lazy: values.lazy,
    },
    nativeLibraries,
    natives,
    selfCheck: values['self-check'] ?? false,
    verbose: values.verbose ?? false,
    tierReport: target,
  };
}

function parseTimeout(text: string | undefined): Timeout | undefined {
  const milliseconds = parseDuration('timeout', text);
  return text === undefined || milliseconds === undefined ? undefined : { milliseconds, text };
}

/** Reads `--tier-report` and `--tier-report=file`, and leaves the first form alone in the arguments. */
function takeReportFile(argv: readonly string[]): {
  readonly args: string[];
  readonly target: TierReportTarget | undefined;
} {
  const name = '--tier-report';
  let target: TierReportTarget | undefined;
  const args = argv.map((argument) => {
    if (argument !== name && !argument.startsWith(`${name}=`)) return argument;
    const path = argument.slice(name.length + 1);
    if (path === '' && argument !== name) throw new UsageError(`${argument}: expected a file`);
    target = path === '' ? { kind: 'text' } : { kind: 'file', path };
    return name;
  });
  return { args, target };
}

function parseTier(text: string | undefined): Tier | undefined {
  if (text === undefined) return undefined;
  const tier = tiers.find((name) => name === text);
  if (tier === undefined) {
    throw new UsageError(`unknown tier ${text}${suggestion(text, tiers)}: expected ${tiers.join(', ')}`);
  }
  return tier;
}

function parseLlvm(
  values: {
    readonly [Name in keyof typeof llvmOptions]?: string | undefined;
  },
): LlvmOptions {
  if (values.llvm === '') throw new UsageError('--llvm: expected a file');
  return {
    library: values.llvm,
    level: parseNumber('opt-level', values['opt-level'], 0, 3) as LlvmOptions['level'],
    sizeLevel: parseNumber('size-level', values['size-level'], 0, 2) as LlvmOptions['sizeLevel'],
  };
}

/** More would not fit into any machine's memory. */
const maxThreads = 64;

function parseVariable(text: string): [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`--env ${text}: expected name=value`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** Reads `host`, `host::guest` and `host::guest::ro`. */
function parseDirectories(texts: readonly string[]): Record<string, Preopen> {
  const preopens = new Map<string, Preopen>();
  for (const text of texts) {
    const [path, name = path, access, ...rest] = text.split('::');
    if (path === '' || name === '' || (access ?? 'ro') !== 'ro' || rest.length > 0) {
      throw new UsageError(`--dir ${text}: expected a directory, or host::guest or host::guest::ro`);
    }
    if (preopens.has(name)) throw new UsageError(`--dir ${text}: there is a ${name} already`);
    preopens.set(name, { path, readOnly: access === 'ro' });
  }
  return Object.fromEntries(preopens);
}

/** Limits of the wasm stack in bytes. */
const minStackSize = 2 ** 14;
const maxStackSize = 2 ** 30;

/** More than any memory of WebAssembly 2.0 can have. */
const mostMemory = 2 ** 40;

function parseCompile(argv: string[]): CompileArguments | InfoArguments {
  const { values, positionals } = strictly(compileOptions, () =>
    parseArgs({ args: argv, options: compileOptions, allowPositionals: true }),
  );
  if (values.help) return { command: 'help', of: 'compile' };
  const file = onlyFile(positionals);
  const parts = values.dump?.split(',') ?? [];
  const unknown = parts.find((part) => !isDumpPart(part));
  if (unknown !== undefined) {
    throw new UsageError(`--dump ${unknown}: expected some of ${dumpParts.join(',')}`);
  }
  return {
    command: 'compile',
    file,
    dump: new Set(parts.filter(isDumpPart)),
    llvm: parseLlvm(values),
    function: values.function,
  };
}

function isDumpPart(text: string): text is DumpPart {
  return (dumpParts as readonly string[]).includes(text);
}

function parseInspect(argv: string[]): InspectArguments | InfoArguments {
  const { values, positionals } = strictly(inspectOptions, () =>
    parseArgs({ args: argv, options: inspectOptions, allowPositionals: true }),
  );
  if (values.help) return { command: 'help', of: 'inspect' };
  return { command: 'inspect', file: onlyFile(positionals), json: values.json ?? false };
}

function onlyFile(positionals: readonly string[]): string {
  if (positionals.length === 0) throw new UsageError('a file is missing');
  if (positionals.length > 1) throw new UsageError(`one file at a time: ${positionals.join(' ')}`);
  return positionals[0];
}

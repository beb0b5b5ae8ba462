import { parseArgs } from 'node:util';
import { type LlvmOptions, type Tier, tiers } from '../runtime/tier-options.js';
import type { Preopen } from '../wasi/preopens.js';
import { UsageError } from './errors.js';
import { type NativeArgument, parseNative } from './natives.js';

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

export interface InfoArguments {
  readonly command: 'version' | 'help' | 'help-run' | 'help-compile';
}

const llvmOptions = {
  llvm: { type: 'string' },
  'opt-level': { type: 'string' },
  'size-level': { type: 'string' },
} as const;

const runOptions = {
  ...llvmOptions,
  env: { type: 'string', multiple: true },
  dir: { type: 'string', multiple: true },
  listen: { type: 'string', multiple: true },
  invoke: { type: 'string' },
  'stack-size': { type: 'string' },
  tier: { type: 'string' },
  lazy: { type: 'boolean' },
  'llvm-threads': { type: 'string' },
  'native-lib': { type: 'string', multiple: true },
  native: { type: 'string', multiple: true },
  'self-check': { type: 'boolean' },
  verbose: { type: 'boolean' },
  // Its value is optional, which `parseArgs` does not know: see `takeReportFile`.
  'tier-report': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const compileOptions = {
  ...llvmOptions,
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
  const { args, target } = takeReportFile(argv.slice(0, fileAt));
  const { values } = strictly(() => parseArgs({ args, options: runOptions }));
  if (values.help) return { command: 'help-run' };
  if (fileAt === argv.length) throw new UsageError('a file is missing');
  const natives = (values.native ?? []).map(parseNative);
  const nativeLibraries = values['native-lib'] ?? [];
  if (values['self-check'] && natives.length + nativeLibraries.length > 0) {
    throw new UsageError('--self-check cannot run native functions twice');
  }
  return {
    command: 'run',
    file: argv[fileAt],
    args: argv.slice(fileAt + 1),
    env: Object.fromEntries((values.env ?? []).map(parseVariable)),
    preopens: parseDirectories(values.dir ?? []),
    listen: values.listen ?? [],
    invoke: values.invoke,
    stackSize: values['stack-size'] === undefined ? undefined : parseSize(values['stack-size']),
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
  if (tier === undefined) throw new UsageError(`unknown tier ${text}: expected ${tiers.join(', ')}`);
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

function parseNumber(
  option: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${option} ${text}: expected ${least} to ${most}`);
}

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
  const unknown = parts.find((part) => !isDumpPart(part));
  if (unknown !== undefined) {
    throw new UsageError(`--dump ${unknown}: expected some of ${dumpParts.join(',')}`);
  }
  return {
    command: 'compile',
    file: positionals[0],
    dump: new Set(parts.filter(isDumpPart)),
    llvm: parseLlvm(values),
    function: values.function,
  };
}

function isDumpPart(text: string): text is DumpPart {
  return (dumpParts as readonly string[]).includes(text);
}

import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { suggestion } from '../checks/suggest.js';
import type { MemoryMode } from '../code/code-object.js';
import { largestStackSize, leastStackSize } from '../runtime/runtime-options.js';
import { type Tier, tiers } from '../runtime/tiers/tier.js';
import { type LlvmOptions, mostThreads } from '../runtime/tiers/tier-options.js';
import { choosableNames, chosenExtensions } from '../x64/cpu-choice.js';
import { pathOfText } from './byte-text.js';
import { type Directory, parseDirectories } from './directories.js';
import { parseEnvironment } from './environment.js';
import { UsageError } from './errors.js';
import { type NativeArgument, parseNative } from './natives.js';
import {
  type CommandName,
  cacheActions,
  cacheOptions,
  commands,
  compileOptions,
  completionsOptions,
  fileTiers,
  inspectOptions,
  isCommandName,
  llvmOptions,
  mainOptions,
  memoryModes,
  runOptions,
  type Shell,
  shells,
  validateOptions,
  wastOptions,
} from './options.js';
import { parseDuration, parseNumber, parseSize } from './quantities.js';

export interface RunArguments {
  readonly command: 'run';
  readonly file: string;
  /** The arguments after the file on the command line. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Host directories that the program may use, by the program's paths for them. */
  readonly preopens: Readonly<Record<string, Directory>>;
  /** Addresses on which it accepts connections. */
  readonly listen: readonly string[];
  readonly invoke: string | undefined;
  /** Whether results are printed as JSON. */
  readonly json: boolean;
  /** The module's file, where `file` is an AOT file that does not have it. */
  readonly wasm: string | undefined;
  /** Modules that are instantiated first, in this order. */
  readonly preload: readonly PreloadArgument[];
  /** When the program is to be stopped. */
  readonly timeout: Timeout | undefined;
  /** Bytes that the program's memory may grow to. */
  readonly maxMemory: number | undefined;
  /** Bytes of wasm stack. */
  readonly stackSize: number | undefined;
  /** Undefined if none was given: `defaultTier`. */
  readonly tier: Tier | undefined;
  readonly llvm: LlvmOptions;
  /** As `RuntimeOptions.deterministic`. */
  readonly deterministic: boolean;
  /** The folder of the cache, or `none`. Undefined if none was given: see `cacheFolder`. */
  readonly cache: string | undefined;
  /** Shared libraries with native functions. */
  readonly nativeLibraries: readonly string[];
  readonly natives: readonly NativeArgument[];
  /** Whether to compare the tier with another one. */
  readonly selfCheck: boolean;
  /** Whether to report which compilers were at work. */
  readonly verbose: boolean;
  /** Where to write the report on what became of the functions, if anywhere. */
  readonly tierReport: TierReportTarget | undefined;
}

/** A module that others can import from. */
export interface PreloadArgument {
  readonly name: string;
  readonly file: string;
}

export interface Timeout {
  readonly milliseconds: number;
  /** As the user wrote it. */
  readonly text: string;
}

/** A table for people, or JSON for programs. */
export type TierReportTarget = { readonly kind: 'text' } | { readonly kind: 'file'; readonly path: string };

export interface CompileArguments {
  readonly command: 'compile';
  readonly file: string;
  readonly dump: ReadonlySet<DumpPart>;
  readonly llvm: LlvmOptions;
  readonly deterministic: boolean;
  /** Index or name of the only function to show. */
  readonly function: string | undefined;
  /** The file to compile to, if there is to be one. */
  readonly target: FileTarget | undefined;
}

/** An AOT file to be made. */
export interface FileTarget {
  readonly path: string;
  readonly tier: (typeof fileTiers)[number];
  /** LLVM's names of the extensions that its code may use; undefined for all that this processor has. */
  readonly cpu: readonly string[] | undefined;
  readonly memoryMode: MemoryMode;
  /** Whether the module goes into the file too. */
  readonly includesWasm: boolean;
}

/**
 * What `--dump` can show: the Fast JIT's parts; then LLVM's IR before and after optimization, and its
 * assembly.
 */
export type DumpPart = (typeof dumpParts)[number];
const dumpParts = ['ir', 'asm', 'llvm-ir', 'llvm-opt', 'llvm-asm'] as const;

export interface InspectArguments {
  readonly command: 'inspect';
  readonly file: string;
  readonly json: boolean;
}

export interface ValidateArguments {
  readonly command: 'validate';
  readonly files: readonly string[];
}

export interface WastArguments {
  readonly command: 'wast';
  readonly files: readonly string[];
  readonly tier: Tier | undefined;
  readonly deterministic: boolean;
  /** Whether all failures are shown. */
  readonly all: boolean;
  /** The folder of the cache. Undefined: there is none. */
  readonly cache: string | undefined;
}

export interface CacheArguments {
  readonly command: 'cache';
  readonly action: 'show' | (typeof cacheActions)[number];
  /** As `RunArguments.cache`. */
  readonly folder: string | undefined;
  readonly json: boolean;
  /** Bytes that cleaning leaves. Undefined: as many as the cache may have. */
  readonly maxSize: number | undefined;
  /** Modules whose code is to be kept, … */
  readonly files: readonly string[];
  /** … for this tier. */
  readonly tier: Exclude<Tier, 'interp'>;
  readonly deterministic: boolean;
  readonly llvm: LlvmOptions;
}

export interface CompletionsArguments {
  readonly command: 'completions';
  readonly shell: Shell;
}

export type InfoArguments =
  | { readonly command: 'version' }
  /** Help on a command, or in general. */
  | { readonly command: 'help'; readonly of: CommandName | undefined };

export type Arguments =
  | RunArguments
  | CompileArguments
  | InspectArguments
  | ValidateArguments
  | WastArguments
  | CacheArguments
  | CompletionsArguments
  | InfoArguments;

/**
 * Reads the command line, which starts after the names of Node and of this program. Throws a UsageError if it
 * is wrong.
 */
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
    case 'validate':
      return parseValidate(rest);
    case 'wast':
      return parseWast(rest);
    case 'cache':
      return parseCache(rest);
    case 'completions':
      return parseCompletions(rest);
    case '-V':
    case '--version':
      return { command: 'version' };
    case '-h':
    case '--help':
    case 'help':
      return parseHelp(rest);
    default:
      if (isProgram(command)) return parseRun(argv);
      throw unknownCommand(command);
  }
}

/** Whether the first argument is a file and not the name of a command. */
function isProgram(text: string): boolean {
  return text === '-' || (!text.startsWith('-') && (/[./]/.test(text) || existsSync(pathOfText(text))));
}

function parseHelp([of]: readonly string[]): InfoArguments {
  if (of === undefined || isCommandName(of)) return { command: 'help', of };
  throw unknownCommand(of);
}

function unknownCommand(name: string): UsageError {
  if (!name.startsWith('-')) {
    return new UsageError(`unknown command ${name}${suggestion(name, [...Object.keys(commands), 'help'])}`);
  }
  // It may be an option of a command.
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

/** Calls `parseArgs`, and turns its errors into usage errors, cut to their first sentence. */
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

function parseRun(argv: readonly string[]): RunArguments | InfoArguments {
  // Options after the file are the program's: find the file first, then read what precedes it.
  const { tokens } = parseArgs({
    args: [...argv],
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
  if (values.json && values.invoke === undefined) {
    throw new UsageError('--json is for results, which only --invoke prints');
  }
  if (values['self-check'] && values.preload !== undefined) {
    throw new UsageError('--self-check runs a module that is alone, without --preload');
  }
  return {
    command: 'run',
    file: argv[fileAt],
    args: argv.slice(fileAt + 1),
    env: parseEnvironment(values.env ?? [], values['inherit-env'] ?? false),
    preopens: parseDirectories(values.dir ?? []),
    listen: values.listen ?? [],
    invoke: values.invoke,
    json: values.json ?? false,
    wasm: values.wasm,
    preload: (values.preload ?? []).map(parsePreload),
    timeout: parseTimeout(values.timeout),
    maxMemory: parseSize('max-memory', values['max-memory'], 0, mostMemory),
    stackSize: parseSize('stack-size', values['stack-size'], leastStackSize, largestStackSize),
    tier: parseTier(values.tier),
    llvm: {
      ...parseLlvm(values),
      threads: parseNumber('llvm-threads', values['llvm-threads'], 1, mostThreads),
      lazy: values.lazy,
    },
    deterministic: values.deterministic ?? false,
    cache: parseCacheFolder(values.cache),
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

/** Reads `--tier-report` and `--tier-report=file`, and leaves only the first form in the arguments. */
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

function parseCacheFolder(text: string | undefined): string | undefined {
  if (text === '') throw new UsageError('--cache: expected a folder, or none');
  return text;
}

function parsePreload(text: string): PreloadArgument {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1) {
    throw new UsageError(`--preload ${text}: expected name=file`);
  }
  return { name: text.slice(0, equals), file: text.slice(equals + 1) };
}

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
  const target = parseTarget(values);
  if (target !== undefined && (values.dump ?? values.function) !== undefined)
    throw new UsageError('--output takes all functions, and shows none: without --dump and --function');
  return {
    command: 'compile',
    file,
    dump: new Set(parts.filter(isDumpPart)),
    llvm: parseLlvm(values),
    deterministic: values.deterministic ?? false,
    function: values.function,
    target,
  };
}

/** What `--output` and the options that belong to it say. */
function parseTarget(
  values: Partial<Record<'output' | 'tier' | 'cpu' | 'memory', string>> & { readonly 'no-wasm'?: boolean },
): FileTarget | undefined {
  const { output, tier = 'llvm', cpu, memory = 'guarded' } = values;
  if (output === undefined) {
    const option = (['tier', 'cpu', 'memory', 'no-wasm'] as const).find((name) => values[name] !== undefined);
    if (option === undefined) return undefined;
    throw new UsageError(`--${option} is for AOT files, which only --output makes`);
  }
  if (output === '' || output === '-') throw new UsageError('--output: expected a file');
  return {
    path: output,
    tier: parseChoice('tier', tier, fileTiers),
    cpu: parseCpu(cpu),
    memoryMode: parseChoice('memory', memory, memoryModes),
    includesWasm: values['no-wasm'] !== true,
  };
}

function parseChoice<Choice extends string>(name: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined)
    throw new UsageError(`--${name} ${text}${suggestion(text, choices)}: expected ${choices.join(', ')}`);
  return choice;
}

function parseCpu(text: string | undefined): readonly string[] | undefined {
  if (text === undefined || text === 'host') return undefined;
  if (text === 'baseline') return [];
  const names = chosenExtensions(text.split(','));
  if (!('unknown' in names)) return names;
  const hint = suggestion(names.unknown, ['host', 'baseline', ...choosableNames]);
  throw new UsageError(`--cpu: unknown extension ${names.unknown}${hint}`);
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

function parseValidate(argv: string[]): ValidateArguments | InfoArguments {
  const { values, positionals } = strictly(validateOptions, () =>
    parseArgs({ args: argv, options: validateOptions, allowPositionals: true }),
  );
  if (values.help) return { command: 'help', of: 'validate' };
  return { command: 'validate', files: someFiles(positionals) };
}

function parseWast(argv: string[]): WastArguments | InfoArguments {
  const { values, positionals } = strictly(wastOptions, () =>
    parseArgs({ args: argv, options: wastOptions, allowPositionals: true }),
  );
  if (values.help) return { command: 'help', of: 'wast' };
  const files = someFiles(positionals);
  const cache = parseCacheFolder(values.cache);
  const { deterministic = false, all = false } = values;
  return { command: 'wast', files, tier: parseTier(values.tier), deterministic, all, cache };
}

const llvmNames = Object.keys(llvmOptions) as readonly (keyof typeof llvmOptions)[];

function parseCache(argv: string[]): CacheArguments | InfoArguments {
  const { values, positionals } = strictly(cacheOptions, () =>
    parseArgs({ args: argv, options: cacheOptions, allowPositionals: true }),
  );
  if (values.help) return { command: 'help', of: 'cache' };
  const [word, ...files] = positionals;
  const action = word === undefined ? 'show' : cacheActions.find((name) => name === word);
  if (action === undefined) {
    throw new UsageError(
      `unknown action ${word}${suggestion(word, cacheActions)}: expected ${cacheActions.join(', ')}`,
    );
  }
  if (action === 'warm') someFiles(files);
  else if (files.length > 0) throw new UsageError(`unexpected argument ${files[0]}`);
  const { json, 'max-size': maxSize, cache, tier: tierName, 'llvm-threads': threads, ...others } = values;
  const { deterministic = false, ...llvm } = others;
  if (json && action !== 'show') throw new UsageError('--json is for what is shown');
  if (maxSize !== undefined && action !== 'clean') throw new UsageError('--max-size is for clean');
  const forWarm = (['tier', 'deterministic', 'llvm-threads', ...llvmNames] as const).find(
    (name) => values[name] !== undefined,
  );
  if (forWarm !== undefined && action !== 'warm') throw new UsageError(`--${forWarm} is for warm`);
  const tier = parseTier(tierName) ?? 'multi';
  if (tier === 'interp') throw new UsageError('--tier interp makes no code that could be kept');
  return {
    command: 'cache',
    action,
    folder: parseCacheFolder(cache),
    json: json ?? false,
    maxSize: parseSize('max-size', maxSize, 0, mostMemory),
    files,
    tier,
    deterministic,
    llvm: { ...parseLlvm(llvm), threads: parseNumber('llvm-threads', threads, 1, mostThreads) },
  };
}

function parseCompletions(argv: string[]): CompletionsArguments | InfoArguments {
  const { values, positionals } = strictly(completionsOptions, () =>
    parseArgs({ args: argv, options: completionsOptions, allowPositionals: true }),
  );
  if (values.help) return { command: 'help', of: 'completions' };
  const shell = shells.find((name) => name === positionals[0]);
  if (shell === undefined || positionals.length > 1) {
    throw new UsageError(`expected a shell: ${shells.join(', ')}`);
  }
  return { command: 'completions', shell };
}

function someFiles(positionals: readonly string[]): readonly string[] {
  if (positionals.length === 0) throw new UsageError('a file is missing');
  return positionals;
}

function onlyFile(positionals: readonly string[]): string {
  if (positionals.length === 0) throw new UsageError('a file is missing');
  if (positionals.length > 1) throw new UsageError(`one file at a time: ${positionals.join(' ')}`);
  return positionals[0];
}

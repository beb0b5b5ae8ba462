import type { MemoryMode } from '../code/code-object.js';
import { tiers } from '../runtime/tiers/tier.js';

/**
 * The options of each command, one row each. They are parsed (`arguments.ts`) and explained (`help.ts`) from
 * these.
 */
export interface Option {
  /** As for `parseArgs` of node:util: with or without a value. */
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** Whether it may be given more than once. */
  readonly multiple?: boolean;
  /**
   * What the help calls the value. `<file>` and `[=<file>]` mean a file, `<host…` and `<folder…` a folder:
   * see `completions.ts`.
   */
  readonly value?: string;
  /** The allowed values. */
  readonly choices?: readonly string[];
  readonly help: string;
}

/** Who may compile the functions of AOT files. */
export const fileTiers = ['llvm', 'fast'] as const;
export const memoryModes = ['guarded', 'checked'] as const satisfies readonly MemoryMode[];

type OptionTable = Readonly<Record<string, Option>>;

const help = { type: 'boolean', short: 'h', help: 'print this help' } as const;

const cache = {
  type: 'string',
  value: '<folder>',
  help: 'keep code there from run to run; none: do not; by default UPSHIFT_CACHE, or ~/.cache/upshift',
} as const;

const deterministic = {
  type: 'boolean',
  help: 'relaxed vector instructions give the same on every processor: what the deterministic profile of WebAssembly says',
} as const;

export const llvmOptions = {
  llvm: {
    type: 'string',
    value: '<file>',
    help: 'libLLVM, version 16 to 22; by default UPSHIFT_LLVM, or what is installed',
  },
  'opt-level': { type: 'string', value: '<n>', help: 'how much LLVM optimizes: 0 to 3 (default)' },
  'size-level': { type: 'string', value: '<n>', help: 'how much LLVM prefers small code: 0 (default) to 2' },
} as const satisfies OptionTable;

const llvmThreads = {
  type: 'string',
  value: '<n>',
  help: 'threads that compile with LLVM: 1 to 64',
} as const;

export const runOptions = {
  env: {
    type: 'string',
    multiple: true,
    value: '<name=value>',
    help: 'an environment variable for the program (can be repeated); name alone: with the value that it has here. It sees no other',
  },
  'inherit-env': {
    type: 'boolean',
    help: 'all environment variables for the program; --env comes before them',
  },
  dir: {
    type: 'string',
    multiple: true,
    value: '<host::guest>',
    help: 'a directory of the host that the program may use, under the path guest (can be repeated); host::guest::ro: only read; host alone: under the same path; host:guest and host:guest:ro as well. It sees no other files',
  },
  listen: {
    type: 'string',
    multiple: true,
    value: '<addr:port>',
    help: 'a TCP socket on which the program accepts connections (can be repeated)',
  },
  invoke: {
    type: 'string',
    value: '<name>',
    help: 'call this exported function instead, with args as its arguments, and print its results',
  },
  json: { type: 'boolean', help: 'with --invoke: print the results as one JSON array' },
  wasm: {
    type: 'string',
    value: '<file>',
    help: 'the module, where file is an AOT file that does not have it',
  },
  preload: {
    type: 'string',
    multiple: true,
    value: '<name=file>',
    help: 'instantiate this module first; what it exports can be imported from the module name (can be repeated; in this order, and each can import from those before it)',
  },
  timeout: {
    type: 'string',
    value: '<time>',
    help: 'stop the program when this time is over, with status 124: 500ms, 2s, 1m, 1h; a plain number is seconds',
  },
  'max-memory': {
    type: 'string',
    value: '<size>',
    help: "how large the program's memory may become: 64MiB, with KiB, MiB or GiB; a plain number is bytes",
  },
  'stack-size': {
    type: 'string',
    value: '<size>',
    help: 'size of the wasm stack, 16KiB to 1GiB; 1MiB by default',
  },
  tier: {
    type: 'string',
    value: '<name>',
    choices: tiers,
    help: 'how to compile: multi (the Fast JIT at first, LLVM what is hot; default), fast (the Fast JIT alone), llvm (LLVM, everything before the start), interp (not at all: by an interpreter; the default where no machine code can be run)',
  },
  lazy: { type: 'boolean', help: 'with --tier=llvm: compile functions at their first calls' },
  ...llvmOptions,
  'llvm-threads': llvmThreads,
  deterministic,
  cache,
  'native-lib': {
    type: 'string',
    multiple: true,
    value: '<file>',
    help: 'a shared library with functions that the program imports (can be repeated): those that it lists by get_native_lib, and those that --native names',
  },
  native: {
    type: 'string',
    multiple: true,
    value: '<m.name=sig>',
    help: "import module.name is the C function of that name; the signature says how its arguments are passed, as in 'zlib.crc32=(I*~)I' (can be repeated; docs/native-functions.md)",
  },
  'self-check': {
    type: 'boolean',
    help: 'run the program twice, also by the interpreter, and compare everything it does: 70 is the exit status where there is a difference (if --tier=interp: compared with fast)',
  },
  verbose: { type: 'boolean', help: 'say at the end which compilers were at work' },
  // The value is optional, which `parseArgs` does not support: see `takeReportFile`.
  'tier-report': {
    type: 'boolean',
    value: '[=<file>]',
    help: 'print at the end what was compiled when, by which tier; with a file: write it there, as JSON',
  },
  help,
} as const satisfies OptionTable;

export const compileOptions = {
  output: {
    type: 'string',
    short: 'o',
    value: '<file>',
    help: 'write an AOT file, which upshift run takes in place of the module (docs/aot.md)',
  },
  tier: {
    type: 'string',
    value: '<name>',
    choices: fileTiers,
    help: 'with --output: who compiles: llvm (LLVM; default), fast (the Fast JIT; hot functions move up to LLVM as the file is run)',
  },
  cpu: {
    type: 'string',
    value: '<names>',
    help: "with --output: what processor it is for: host (this one; default), baseline (any x86-64), or extensions by LLVM's names, separated by commas, such as avx2,bmi2 or x86-64-v3",
  },
  memory: {
    type: 'string',
    value: '<mode>',
    choices: memoryModes,
    help: 'with --output: how memory is guarded: guarded (by unmapped pages; default) or checked (by comparisons, where little address space is allowed)',
  },
  'no-wasm': {
    type: 'boolean',
    help: 'with --output: leave the module out of the file; upshift run then wants it as --wasm',
  },
  dump: {
    type: 'string',
    value: '<what>',
    help: "print what the compilers make of the functions, some of: ir (intermediate representation), asm (the Fast JIT's machine code), llvm-ir, llvm-opt (LLVM's IR before and after optimization), llvm-asm; separated by commas",
  },
  function: { type: 'string', value: '<which>', help: 'only this function, by index or name' },
  deterministic,
  ...llvmOptions,
  help,
} as const satisfies OptionTable;

export const inspectOptions = {
  json: { type: 'boolean', help: 'print it as JSON, for programs' },
  help,
} as const satisfies OptionTable;

export const validateOptions = { help } as const satisfies OptionTable;

export const wastOptions = {
  tier: {
    type: 'string',
    value: '<name>',
    choices: tiers,
    help: 'how functions are run, as with upshift run: multi (default), fast, llvm, interp',
  },
  deterministic,
  all: { type: 'boolean', help: 'print all failures of a file, not only the first five' },
  cache: { ...cache, help: 'keep the code of the modules there; by default it is not kept' },
  help,
} as const satisfies OptionTable;

export const cacheOptions = {
  json: { type: 'boolean', help: 'print it as JSON, for programs' },
  'max-size': {
    type: 'string',
    value: '<size>',
    help: 'with clean: how much to leave, 64MiB, with KiB, MiB or GiB; by default UPSHIFT_CACHE_SIZE, or 1GiB',
  },
  cache: { ...cache, help: 'the folder; by default UPSHIFT_CACHE, or ~/.cache/upshift' },
  tier: {
    type: 'string',
    value: '<name>',
    choices: tiers.filter((tier) => tier !== 'interp'),
    help: 'with warm: the tier that the code is for, as with upshift run: multi (default), fast; llvm: LLVM compiles everything, for multi too',
  },
  deterministic: { ...deterministic, help: 'with warm: the code is for upshift run --deterministic' },
  ...llvmOptions,
  'llvm-threads': llvmThreads,
  help,
} as const satisfies OptionTable;

/** What `upshift cache` can do beside showing what there is. */
export const cacheActions = ['clean', 'clear', 'warm'] as const;

export const completionsOptions = { help } as const satisfies OptionTable;

export const mainOptions = {
  version: {
    type: 'boolean',
    short: 'V',
    help: 'print the version, the tiers, and the LLVM that is found',
  },
  help: { type: 'boolean', short: 'h', help: 'print this help, or that of a command: upshift run --help' },
} as const satisfies OptionTable;

/** The shells for which there are completions. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A command of `upshift`. */
export interface Command {
  /** What follows the command's name. */
  readonly usage: string;
  /** In a few words. */
  readonly summary: string;
  /** In a paragraph. */
  readonly description: string;
  readonly options: OptionTable;
  /** What its arguments are: their kind, or all allowed values. */
  readonly takes: 'program' | 'file' | 'files' | readonly string[];
  /** What may follow one of these values. */
  readonly follow?: 'files';
  readonly statuses: string;
}

export const commands = {
  run: {
    usage: '[options] <file> [args...]',
    summary: 'run a WASI program, or call one exported function',
    description:
      "Runs a WASI preview 1 program, a module or an AOT file: calls its _start. Everything behind the file is the program's. The name of the command may be left out: upshift program.wasm.",
    options: runOptions,
    takes: 'program',
    statuses:
      "the program's own; 134 if it trapped; 124 if its time (--timeout) was over; 130 and 143 if it was ended by SIGINT (Ctrl-C) or SIGTERM; 70 if --self-check finds a difference; 1 if the file cannot be run; 2 for wrong usage.",
  },
  compile: {
    usage: '[options] <file>',
    summary: 'compile every function, to a file with --output',
    description:
      "Compiles a module's functions without running them: to an AOT file, which starts at once wherever the same version of Upshift runs on such a processor; or, without --output, with the Fast JIT, to see what becomes of them.",
    options: compileOptions,
    takes: 'file',
    statuses: '0; 1 if the file cannot be compiled or written; 2 for wrong usage.',
  },
  inspect: {
    usage: '[options] <file>',
    summary: 'print what a module, or an AOT file, consists of',
    description:
      'Prints what a module imports and exports, its memory, its sections, and the features of WebAssembly that it uses, without running anything. Of an AOT file: what it was made for, whether it can run here, and its functions.',
    options: inspectOptions,
    takes: 'file',
    statuses: '0; 1 if the file is no module that can be run, or a damaged AOT file; 2 for wrong usage.',
  },
  validate: {
    usage: '[options] <file...>',
    summary: 'say what is wrong with modules, if anything is',
    description:
      'Checks that modules are well-formed and valid, and need no feature that Upshift does not have. Of each that fails one line is printed.',
    options: validateOptions,
    takes: 'files',
    statuses: '0 if all of them are valid; 1 if one is not, or cannot be read; 2 for wrong usage.',
  },
  wast: {
    usage: '[options] <file...>',
    summary: "run scripts of WebAssembly's test suite",
    description:
      "Runs scripts in the form of WebAssembly's own test suite (.wast), and prints of each file how many commands passed, failed and were skipped, and which failed.",
    options: wastOptions,
    takes: 'files',
    statuses: '0 if nothing failed; 1 if a command failed, or a script cannot be read; 2 for wrong usage.',
  },
  cache: {
    usage: '[options] [clean|clear|warm]',
    summary: 'print what is kept from run to run, or change it',
    description:
      'Prints what the cache has: machine code of modules and bytecode of Upshift, with the time of the last use. clean removes what was abandoned by its writer, and what has not been used for longest until the rest takes at most --max-size; clear removes everything. warm <file...> compiles all functions of modules, without running them, so that they start at once.',
    options: cacheOptions,
    takes: cacheActions,
    follow: 'files',
    statuses:
      '0; 1 if there is no cache, it cannot be used, or a file cannot be compiled; 2 for wrong usage.',
  },
  completions: {
    usage: '<bash|zsh|fish>',
    summary: 'print a script that has a shell complete upshift',
    description:
      'Prints a script for a shell, which then completes commands, options and their values: eval "$(upshift completions bash)", eval "$(upshift completions zsh)", upshift completions fish | source.',
    options: completionsOptions,
    takes: shells,
    statuses: '0; 2 for wrong usage.',
  },
} as const satisfies Readonly<Record<string, Command>>;

export type CommandName = keyof typeof commands;

export function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(commands, text);
}

/** The options of each command: one row each, from which they are parsed (`arguments.ts`) and explained (`help.ts`). */
export interface Option {
  /** As `parseArgs` of node:util has it: with or without a value. */
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** Whether it may be given several times. */
  readonly multiple?: boolean;
  /** What the value is, for the help. */
  readonly value?: string;
  readonly help: string;
}

type OptionTable = Readonly<Record<string, Option>>;

const help = { type: 'boolean', short: 'h', help: 'print this help' } as const;

export const llvmOptions = {
  llvm: {
    type: 'string',
    value: '<file>',
    help: 'libLLVM, version 16 to 22; by default UPSHIFT_LLVM, or what is installed',
  },
  'opt-level': { type: 'string', value: '<n>', help: 'how much LLVM optimizes: 0 to 3 (default)' },
  'size-level': { type: 'string', value: '<n>', help: 'how much LLVM prefers small code: 0 (default) to 2' },
} as const satisfies OptionTable;

export const runOptions = {
  env: {
    type: 'string',
    multiple: true,
    value: '<name=value>',
    help: 'an environment variable for the program (can be repeated); it sees no other',
  },
  dir: {
    type: 'string',
    multiple: true,
    value: '<host::guest>',
    help: 'a directory of the host that the program may use, under the path guest (can be repeated); host::guest::ro: only read; host alone: under the same path. It sees no other files',
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
    help: 'how to compile: multi (the Fast JIT at first, LLVM what is hot; default), fast (the Fast JIT alone), llvm (LLVM, everything before the start), interp (not at all: by an interpreter; the default where no machine code can be run)',
  },
  lazy: { type: 'boolean', help: 'with --tier=llvm: compile functions at their first calls' },
  ...llvmOptions,
  'llvm-threads': { type: 'string', value: '<n>', help: 'threads that compile with LLVM: 1 to 64' },
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
  // The value is optional, which `parseArgs` does not know: see `takeReportFile`.
  'tier-report': {
    type: 'boolean',
    value: '[=<file>]',
    help: 'print at the end what was compiled when, by which tier; with a file: write it there, as JSON',
  },
  help,
} as const satisfies OptionTable;

export const compileOptions = {
  dump: {
    type: 'string',
    value: '<what>',
    help: "print what the compilers make of the functions, some of: ir (intermediate representation), asm (the Fast JIT's machine code), llvm-ir, llvm-opt (LLVM's IR before and after optimization), llvm-asm; separated by commas",
  },
  function: { type: 'string', value: '<which>', help: 'only this function, by index or name' },
  ...llvmOptions,
  help,
} as const satisfies OptionTable;

export const inspectOptions = {
  json: { type: 'boolean', help: 'print it as JSON, for programs' },
  help,
} as const satisfies OptionTable;

export const mainOptions = {
  version: {
    type: 'boolean',
    short: 'V',
    help: 'print the version, the tiers, and the LLVM that is found',
  },
  help: { type: 'boolean', short: 'h', help: 'print this help, or that of a command: upshift run --help' },
} as const satisfies OptionTable;

/** What can be asked of Upshift. */
export interface Command {
  /** What stands behind the command's name. */
  readonly usage: string;
  /** In a few words. */
  readonly summary: string;
  /** In a paragraph. */
  readonly description: string;
  readonly options: OptionTable;
  readonly statuses: string;
}

export const commands = {
  run: {
    usage: '[options] <file> [args...]',
    summary: 'run a WASI program, or call one exported function',
    description:
      "Runs a WASI preview 1 program: calls its _start. Everything behind the file is the program's.",
    options: runOptions,
    statuses:
      "the program's own; 134 if it trapped; 124 if its time (--timeout) was over; 130 and 143 if it was ended by SIGINT (Ctrl-C) or SIGTERM; 70 if --self-check finds a difference; 1 if the file cannot be run; 2 for wrong usage.",
  },
  compile: {
    usage: '[options] <file>',
    summary: 'compile every function; print what became of them',
    description: "Compiles a module's functions with the Fast JIT without running them.",
    options: compileOptions,
    statuses: '0; 1 if the file cannot be compiled; 2 for wrong usage.',
  },
  inspect: {
    usage: '[options] <file>',
    summary: 'print what a module consists of, imports, and exports',
    description:
      'Prints what a module imports and exports, its memory, its sections, and the features of WebAssembly that it uses, without running anything.',
    options: inspectOptions,
    statuses: '0; 1 if the file is no module that can be run; 2 for wrong usage.',
  },
} as const satisfies Readonly<Record<string, Command>>;

export type CommandName = keyof typeof commands;

export function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(commands, text);
}

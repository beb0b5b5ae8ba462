import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { folder, type Outcome, upshift } from '../../src/cli/command.fixture.js';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';

/** For tests of programs run from the command line, with directories. */

/** All tiers. */
export const tiers: readonly string[] = [
  'interp',
  'fast',
  ...(withoutLlvm() === false ? ['llvm', 'multi'] : []),
];

/** A new folder, removed when the test file has ended. */
export function temporaryFolder(): string {
  return mkdtempSync(join(folder, 'folder-'));
}

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  /** Host folders by the program's paths for them. */
  readonly folders: Readonly<Record<string, string>>;
  /** Whether the program may only read there. Not in `node:wasi`, which cannot forbid writing. */
  readonly readOnly?: boolean;
  /** Further options of `upshift run`. */
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** The outcome of a program in `node:wasi`. */
export function runInNode({ file, args, folders, env = {}, input = '' }: Program): Outcome {
  const options = { version: 'preview1', args: [file, ...args], preopens: folders, env, returnOnExit: true };
  const script = `
    import { readFileSync } from 'node:fs';
    import { WASI } from 'node:wasi';
    const wasi = new WASI(${JSON.stringify(options)});
    const module = await WebAssembly.compile(readFileSync(${JSON.stringify(file)}));
    process.exitCode = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', script],
    { input, encoding: 'utf8', maxBuffer: 1e8 },
  );
  return { status, stdout, stderr };
}

/** Its outcome in Upshift. */
export function run(tier: string, program: Program): Outcome {
  return upshift(commandLine(tier, program), program.input);
}

/** The arguments of `upshift`. */
export function commandLine(tier: string, program: Program): string[] {
  const { file, args, folders, readOnly, env = {}, options = [] } = program;
  const access = readOnly ? '::ro' : '';
  return [
    ...['run', `--tier=${tier}`, ...options],
    ...Object.entries(folders).flatMap(([guest, host]) => ['--dir', `${host}::${guest}${access}`]),
    ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    file,
    ...args,
  ];
}

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fetchDebianSource } from './debian-source.js';

const posix = fileURLToPath(new URL('../../../test/real/posix', import.meta.url));

/** Other tools needed, by Debian package. */
const tools: Readonly<Record<string, string>> = {
  'clang-19': 'clang-19',
  'wasm-ld-19': 'lld-19',
  make: 'make',
  cc: 'gcc',
  tclsh: 'tcl',
  'dpkg-source': 'dpkg-dev',
  'apt-get': 'apt',
};

/** What is missing to build SQLite; false if nothing is. */
export function withoutSqliteTools(): string | false {
  const packages = Object.keys(tools)
    .filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
    .map((tool) => tools[tool]);
  if (!existsSync('/usr/lib/wasm32-wasi/libc.a')) packages.push('wasi-libc');
  return packages.length > 0 && `missing: ${packages.join(', ')}`;
}

const options = [
  '--target=wasm32-wasi',
  '-O2',
  '-w',
  ...['-isystem', posix, '-include', join(posix, 'posix.h')],
  ...['SIGNAL', 'GETPID', 'PROCESS_CLOCKS', 'MMAN'].map((name) => `-D_WASI_EMULATED_${name}`),
  // There are no threads, no shared libraries, no processes and no shared memory.
  '-DSQLITE_THREADSAFE=0',
  ...['LOAD_EXTENSION', 'POPEN', 'WAL'].map((name) => `-DSQLITE_OMIT_${name}`),
  '-DSQLITE_NOHAVE_SYSTEM',
];
const libraries = ['signal', 'getpid', 'process-clocks', 'mman'].map((name) => `-lwasi-emulated-${name}`);

/**
 * Builds SQLite's shell for WASI from Debian's source package, which takes a minute.
 *
 * @param folder an empty one
 * @returns the wasm file
 * @throws SourceUnavailableError if the sources are not available
 */
export function buildSqlite(folder: string): string {
  const download = join(folder, 'download');
  const work = join(folder, 'work');
  mkdirSync(download);
  mkdirSync(work);
  const sources = fetchDebianSource('sqlite3', download);
  const run = (program: string, ...args: string[]): void => {
    const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: work, encoding: 'utf8' });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}:\n${stdout.slice(-2000)}${stderr}`);
  };
  // Puts the whole library into one C file, and the whole shell into another.
  run(join(sources, 'configure'), '--disable-tcl', '--disable-readline');
  run('make', 'sqlite3.c', 'shell.c');
  for (const name of ['sqlite3', 'shell']) run('clang-19', ...options, '-c', `${name}.c`, '-o', `${name}.o`);
  const file = join(folder, 'sqlite3.wasm');
  const linking = ['--target=wasm32-wasi', '-Wl,--strip-debug', '-Wl,-z,stack-size=1048576'];
  run('clang-19', ...linking, 'sqlite3.o', 'shell.o', ...libraries, '-o', file);
  return file;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(buildSqlite(mkdtempSync(join(tmpdir(), 'upshift-sqlite-'))));
}

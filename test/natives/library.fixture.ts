import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const compilers = ['cc', 'gcc', 'clang', 'clang-19'];

const compiler = compilers.find((name) => spawnSync(name, ['--version']).status === 0);

/** Why tests that need a C compiler are skipped; false if there is one. */
export const withoutCompiler: string | false =
  compiler === undefined
    ? `no C compiler (${compilers.join(', ')}): native functions in C are not tested`
    : false;

/**
 * Compiles C code to a shared library that exists until the process ends. `libraries` are options for the
 * linker.
 *
 * @returns its path
 */
export function compileLibrary(
  name: string,
  source: string | { readonly file: string },
  libraries: readonly string[] = [],
): string {
  if (compiler === undefined) throw new Error('there is no C compiler');
  const folder = mkdtempSync(join(tmpdir(), 'upshift-natives-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const library = join(folder, `lib${name}.so`);
  const input = typeof source === 'string' ? '-' : join(root, source.file);
  const { status, stderr } = spawnSync(
    compiler,
    [
      ...['-x', 'c', '-shared', '-fPIC', '-O2', '-Wall', '-Wextra', '-Werror'],
      '-I',
      join(root, 'include'),
      input,
      '-o',
      library,
      ...libraries,
    ],
    { input: typeof source === 'string' ? source : '', encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${compiler} failed: ${stderr}`);
  return library;
}

/** The C functions of natives.c, compiled once. */
export function testLibrary(): string {
  known ??= compileLibrary('natives', { file: 'test/natives/natives.c' });
  return known;
}

let known: string | undefined;

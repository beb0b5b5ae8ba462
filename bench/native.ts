/** The benchmark programs as native code: their C sources compiled by clang, once, into the cache folder. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cacheFolder } from './cache-folder.js';
import type { Command } from './measure.js';

/** Fused multiply-add is not allowed, as in wasm: results agree to the last bit. */
const commonFlags = ['-O3', '-march=native', '-std=gnu11', '-ffp-contract=off', '-w'];
/** From the newest on; the variable CC names another. */
const newestClang = 22;
const oldestClang = 14;

/** Runs the program and reports its processor time as child-report.ts does. */
const timed = `TIMEFORMAT=%3U; { cpu=$( { time "$0" >&4 2>&5; } 2>&1 ); } 4>&1 5>&2; echo "cpu \${cpu/./}" >&3`;

interface Compiler {
  readonly name: string;
  readonly version: string;
}

let known: Compiler | null | undefined;

function compiler(): Compiler | undefined {
  known ??= findCompiler() ?? null;
  return known ?? undefined;
}

function findCompiler(): Compiler | undefined {
  const { CC } = process.env;
  const names = CC === undefined ? clangNames() : [CC];
  for (const name of names) {
    try {
      const [version] = execFileSync(name, ['--version'], { encoding: 'utf8', stdio: 'pipe' }).split('\n');
      return { name, version };
    } catch {
      // It is not there: the next one may be.
    }
  }
  return undefined;
}

function clangNames(): string[] {
  const names: string[] = [];
  for (let version = newestClang; version >= oldestClang; version--) names.push(`clang-${version}`);
  return [...names, 'clang'];
}

/** Why nothing can be compiled, if so. */
export function nativeProblem(): string | undefined {
  return compiler() === undefined ? 'there is no clang (the variable CC can name one)' : undefined;
}

/**
 * Runs the program whose C source lies beside a module, which is compiled first if it must be, with these
 * flags too; undefined without one.
 */
export function nativeCommand(file: string, extraFlags: readonly string[] = []): Command | undefined {
  const flags = [...commonFlags, ...extraFlags];
  const source = file.replace(/\.wasm$/, '.c');
  const found = compiler();
  if (found === undefined || !existsSync(source)) return undefined;
  const folder = dirname(source);
  // What the preprocessor makes of it: headers and included sources count.
  const text = execFileSync(found.name, [...flags, '-E', '-P', source], { maxBuffer: 1 << 26 });
  const key = createHash('sha256').update(`${found.version} ${flags.join(' ')} ${process.arch}\n`);
  const hash = key.update(cpuModel()).update(text).digest('hex').slice(0, 16);
  const builds = join(cacheFolder(), 'native');
  const program = join(builds, `${basename(folder)}-${basename(source, '.c')}-${hash}`);
  if (!existsSync(program)) {
    mkdirSync(builds, { recursive: true });
    const unfinished = `${program}.${process.pid}`;
    execFileSync(found.name, [...flags, source, '-o', unfinished, '-lm'], { stdio: ['ignore', 2, 2] });
    renameSync(unfinished, program);
  }
  return existsSync('/bin/bash')
    ? { program: '/bin/bash', args: ['-c', timed, program] }
    : { program, args: [] };
}

/** What `-march=native` depends on. */
function cpuModel(): string {
  return /^flags.*$/m.exec(readFileSync('/proc/cpuinfo', 'latin1'))?.[0] ?? '';
}

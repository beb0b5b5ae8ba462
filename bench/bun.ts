/** Bun, whose engine is JavaScriptCore, from npm: installed once into the cache folder. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.js';

const name = '@oven/bun-linux-x64';
const version = '1.4.5';

/** Path of the program; undefined where it cannot be installed. */
export function bun(): string | undefined {
  const folder = join(cacheFolder(), 'bun');
  const program = join(folder, 'node_modules', name, 'bin/bun');
  if (existsSync(program)) return program;
  console.error(`installing Bun into ${folder} (about 100 MB, once)`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  try {
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${version}`], {
      cwd: folder,
      stdio: ['ignore', 2, 2],
    });
  } catch {
    console.error('Bun is left out: npm cannot install it');
    return undefined;
  }
  return program;
}

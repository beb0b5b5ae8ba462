// Projects in temporary folders, for tools that are not in the repository.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The environment without what npm passes to the commands that it runs, except its cache and registry. */
export const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_(?!config_(cache|registry))/i.test(name)),
);

/**
 * Makes a project with these dependencies, from npm's cache where possible. If it fails, throws what npm
 * said.
 */
export function makeProject(folder, dependencies) {
  mkdirSync(folder, { recursive: true });
  const description = { private: true, type: 'module', dependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(description));
  const { status, stdout, stderr, error } = spawnSync(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund'],
    { cwd: folder, env: environment, encoding: 'utf8' },
  );
  if (error) throw error;
  if (status !== 0) throw new Error(`npm install: status ${status}\n${stdout}${stderr}`);
}

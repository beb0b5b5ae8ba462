// Writes the declarations of the public interface to dist/types: what can be reached from the library's entry
// points, without what is marked as `@internal`. They are for CommonJS, as the library itself is;
// dist/index.d.mts is for the ES module around it.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, normalize } from 'node:path';

const entries = ['src/index.d.ts', 'src/api/register.d.ts'];

/** The declarations that a file of dist/types refers to. */
function references(folder, file) {
  const text = readFileSync(join(folder, file), 'utf8');
  const names = text.matchAll(/(?:from |import\(|import )['"](\.[^'"]*)\.js['"]/g);
  return [...names].map(([, name]) => normalize(join(file, '..', `${name}.d.ts`)));
}

/** @param dist the parent of the folder `types` that they are written to */
export function writeTypes(dist = 'dist') {
  const types = join(dist, 'types');
  rmSync(types, { recursive: true, force: true });
  const options = ['--declaration', '--emitDeclarationOnly', '--stripInternal', '--outDir', types];
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', ...options], { stdio: 'inherit' });
  const reached = new Set(entries);
  for (const file of reached) for (const name of references(types, file)) reached.add(name);
  for (const name of readdirSync(types, { recursive: true })) {
    if (name.endsWith('.d.ts') && !reached.has(name)) rmSync(join(types, name));
  }
  for (const name of readdirSync(types)) {
    if (name !== 'src') rmSync(join(types, name), { recursive: true });
  }
  const missing = [...reached].filter((name) => !existsSync(join(types, name)));
  if (missing.length > 0) throw new Error(`declarations refer to ${missing.join(', ')}, which are internal`);
  writeFileSync(join(dist, 'types/package.json'), '{ "type": "commonjs" }\n');
  for (const name of ['index.d.ts', 'index.d.mts']) {
    writeFileSync(join(dist, name), "export * from './types/src/index.js';\n");
  }
}

// npm run docs:api: writes docs/api, the reference of the library, from the docstrings of what src/index.ts
// exports. TypeDoc is installed into a temporary folder, because it needs another TypeScript than the one
// that checks the sources: one with an API.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeProject } from './temporary-project.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const output = 'docs/api';
const folder = mkdtempSync(join(tmpdir(), 'upshift-api-docs-'));
try {
  makeProject(folder, {
    '@types/node': '^20.0.0',
    typedoc: '^0.28.0',
    'typedoc-plugin-markdown': '^4.0.0',
    typescript: '^6.0.0',
  });
  rmSync(output, { recursive: true, force: true });
  const { status } = spawnSync(
    process.execPath,
    [
      join(folder, 'node_modules/typedoc/bin/typedoc'),
      ...['--plugin', join(folder, 'node_modules/typedoc-plugin-markdown/dist/index.js')],
      ...['--entryPoints', 'src/index.ts', '--tsconfig', 'tsconfig.json', '--out', output],
      // The sources have been checked already; texts may name what is not exported.
      ...['--skipErrorChecking', '--validation.notExported', 'false'],
      // No links to what is not in the package.
      ...[
        '--readme',
        'none',
        '--disableSources',
        '--excludePrivate',
        '--excludeInternal',
        '--excludeExternals',
      ],
      ...['--name', 'Upshift', '--hidePageHeader', '--hideBreadcrumbs'],
    ],
    { stdio: 'inherit' },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** Links without a target. */
const broken = [];
for (const name of existsSync(output) ? readdirSync(output, { recursive: true }) : []) {
  if (!name.endsWith('.md')) continue;
  const file = join(output, name);
  for (const [, target] of readFileSync(file, 'utf8').matchAll(/\]\(([^)\s#]+)[^)]*\)/g))
    if (!/^[a-z]+:/.test(target) && !existsSync(join(dirname(file), target)))
      broken.push(`${file}: ${target}`);
}
if (broken.length > 0) {
  console.error(`links that lead nowhere:\n${broken.join('\n')}`);
  process.exitCode = 1;
}

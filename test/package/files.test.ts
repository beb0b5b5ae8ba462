import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** What `npm pack` puts into the package. */

const root = fileURLToPath(new URL('../../../', import.meta.url));
const packing = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: root,
  encoding: 'utf8',
});
const [packed] = JSON.parse(packing.stdout || '[]') as { files: { path: string }[] }[];
const files = new Set(packed?.files.map(({ path }) => path));

function text(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** A page without its blocks of code. */
function prose(path: string): string {
  return text(path).replace(/^\s*```(?:.|\n)*?^\s*```$/gm, '');
}

/** The anchors of a page, which links name after `#`: its headings as they appear in addresses. */
function anchors(path: string): Set<string> {
  const headings = Array.from(prose(path).matchAll(/^#+ (.*)$/gm), ([, heading]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_\- ]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('links of its pages lead to files of the package, and to headings that are there', () => {
  const pages = [...files].filter((path) => path.endsWith('.md'));
  assert(pages.includes('README.md') && pages.includes('docs/bundlers.md'), packing.stderr);
  const broken: string[] = [];
  let links = 0;
  for (const page of pages) {
    for (const [, target] of prose(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      links++;
      const [path, anchor] = target.split('#');
      const file = path === '' ? page : posix.join(posix.dirname(page), path);
      if (!files.has(file)) broken.push(`${page}: ${target} is not in the package`);
      else if (anchor !== undefined && !anchors(file).has(anchor))
        broken.push(`${page}: ${target} names no heading`);
    }
  }
  assert(links > 40, `${links} links`);
  assert.deepEqual(broken, []);
});

test('it has what its users need, and nothing of the tests', () => {
  const { bin, exports } = JSON.parse(text('package.json')) as { bin: object; exports: object };
  const named = [bin, exports].flatMap((part) => JSON.stringify(part).match(/\.?\/?dist\/[^"]+/g) ?? []);
  assert(named.length >= 5);
  // Declarations are only written when the package is made.
  const missing = named.map((name) => posix.normalize(name)).filter((name) => !files.has(name));
  assert.deepEqual(
    existsSync(join(root, 'dist/types')) ? missing : missing.filter((name) => !/ts$/.test(name)),
    [],
  );
  const unwanted = [...files].filter((path) =>
    /^(src|test|build|fuzz|scripts)\/|\.test\.|fixture/.test(path),
  );
  assert.deepEqual(unwanted, []);
});

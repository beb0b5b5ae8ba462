import '../../test/own-cache.fixture.js';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { wat } from '../runtime/modules.fixture.js';
import type { TierReport } from '../runtime/tiers/tier-report.js';

/* Programs that use JavaScript's WebAssembly, and end in various ways: the next start finds their code. */

const register = pathToFileURL(fileURLToPath(new URL('../../../dist/register.mjs', import.meta.url))).href;
const folder = mkdtempSync(join(tmpdir(), 'upshift-register-cache-'));
after(() => rmSync(folder, { recursive: true }));

const module = wat(`(module (func (export "double") (param i32) (result i32)
  (i32.add (local.get 0) (local.get 0))))`);
const use = `const bytes = Uint8Array.from(${JSON.stringify([...module])});
  const { double } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  if (double(21) !== 42) throw new Error('wrong');`;

interface Run {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  /** What became of functions: kinds of events. */
  readonly kinds: readonly string[];
}

function run(script: string, cache: string, variables: NodeJS.ProcessEnv = {}): Run {
  const file = join(folder, 'script.mjs');
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  rmSync(`${report}.1`, { force: true });
  writeFileSync(file, script);
  const { status, signal, stderr } = spawnSync(process.execPath, ['--import', register, file], {
    encoding: 'utf8',
    env: { ...process.env, UPSHIFT_CACHE: cache, UPSHIFT_TIER_REPORT: report, ...variables },
  });
  const reports = readdirSync(folder).filter((name) => name.startsWith('report.json'));
  const kinds = reports
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .filter((text) => text !== '')
    .flatMap((text) => (JSON.parse(text) as TierReport).functions)
    .flatMap(({ events }) => events.map(({ kind }) => kind));
  return { status, signal, stderr, kinds };
}

describe('the next start finds the code of a program', () => {
  const endings: Readonly<Record<string, readonly [script: string, status: number | null]>> = {
    'that has nothing left to do': [use, 0],
    'that calls process.exit': [`${use} process.exit(7);`, 7],
    'that calls process.exit within wasm': [
      `${use}
      const imported = Uint8Array.from(${JSON.stringify([
        ...wat('(module (import "h" "exit" (func $exit)) (func (export "run") (call $exit)))'),
      ])});
      new WebAssembly.Instance(new WebAssembly.Module(imported), { h: { exit: () => process.exit(3) } }).exports.run();`,
      3,
    ],
    'that fails': [`${use} throw new Error('on purpose');`, 1],
    'in a worker thread': [
      `import { Worker } from 'node:worker_threads';
      new Worker(${JSON.stringify(use)}, { eval: true });`,
      0,
    ],
  };
  for (const [k, [what, [script, status]]] of Object.entries(endings).entries()) {
    test(what, () => {
      const cache = join(folder, `cache-${k}`);
      const [first, second] = [run(script, cache), run(script, cache)];
      assert.deepEqual([first.status, second.status], [status, status], first.stderr);
      assert.ok(first.kinds.length > 0 && first.kinds.every((kind) => kind === 'fast'), first.kinds.join());
      assert.deepEqual(
        second.kinds,
        first.kinds.map(() => 'aot'),
      );
    });
  }

  test('that is killed after it has been idle for a while', () => {
    const cache = join(folder, 'cache of killed');
    const waiting = `import { existsSync, readdirSync } from 'node:fs';
      ${use}
      const code = process.env.UPSHIFT_CACHE + '/code';
      const isThere = () => existsSync(code) && readdirSync(code).some((name) => name.endsWith('.aot'));
      setInterval(() => { if (isThere()) process.kill(process.pid, 'SIGKILL'); }, 50);`;
    assert.equal(run(waiting, cache).signal, 'SIGKILL');
    assert.deepEqual(run(use, cache).kinds, ['aot']);
  });

  test('unless there is to be no cache', () => {
    for (const cache of ['none', '/proc/nowhere', join(register.slice('file://'.length), 'below a file')]) {
      for (const _ of [0, 1]) {
        const { status, stderr, kinds } = run(use, cache);
        assert.deepEqual({ status, stderr, kinds }, { status: 0, stderr: '', kinds: ['fast'] }, cache);
      }
    }
  });

  test('made for the same tier', () => {
    const cache = join(folder, 'cache of tiers');
    assert.deepEqual(run(use, cache, { UPSHIFT_TIER: 'fast' }).kinds, ['fast']);
    assert.deepEqual(run(use, cache, { UPSHIFT_TIER: 'multi' }).kinds, ['fast']);
    assert.deepEqual(run(use, cache, { UPSHIFT_TIER: 'fast' }).kinds, ['aot']);
    assert.deepEqual(run(use, cache, { UPSHIFT_TIER: 'interp' }).kinds, []);
  });
});

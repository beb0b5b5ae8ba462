import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Module, Runtime, Wasi } from '../../src/index.js';

/* A program that does random things to files behaves the same under WASI as on the host. */

/** Relative to `build/test/wasi`. */
const sources = fileURLToPath(new URL('../../../test/wasi/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'upshift-operations-'));
after(() => rmSync(folder, { recursive: true }));

const program = join(folder, 'operations');
const compiler = ['cc', 'gcc', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0);
const skip = compiler === undefined && 'no C compiler, which makes what is compared with';

const seeds = Number(process.env['UPSHIFT_OPERATION_SEEDS'] ?? 40);
const operations = 400;

describe('random operations on files', { skip }, () => {
  const runtime = new Runtime({ tier: 'fast' });
  let module: Module;

  before(() => {
    const { status, stderr } = spawnSync(
      String(compiler),
      ['-O1', '-o', program, join(sources, 'operations.c')],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
    module = runtime.compile(readFileSync(join(sources, 'operations.wasm')));
  });

  for (const resolution of ['openat2', 'walk'] as const) {
    test(`paths resolved by ${resolution}`, () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const [hostRoot, root] = ['host', 'wasi'].map((name) =>
          join(folder, `${resolution}-${name}-${seed}`),
        );
        mkdirSync(hostRoot);
        mkdirSync(root);
        const args = [String(seed), String(operations)];
        const expected = spawnSync(program, args, { cwd: hostRoot, encoding: 'utf8' });
        assert.equal(expected.status, 0);

        const output = join(folder, 'output');
        const stdout = openSync(output, 'w');
        const wasi = new Wasi({ args: ['operations', ...args], preopens: { '.': root }, stdout, resolution });
        assert.equal(wasi.start(runtime.instantiate(module, wasi.imports(module))), 0);
        wasi.dispose();
        closeSync(stdout);
        assert.equal(readFileSync(output, 'utf8'), expected.stdout, `seed ${seed}`);
      }
    });
  }
});

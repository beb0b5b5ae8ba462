import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withoutLlvm } from '../llvm-jit/library.fixture.js';
import type { End } from './ending-worker.fixture.js';

interface Outcome {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function node(args: readonly string[], env: Readonly<Record<string, string>> = {}): Outcome {
  const { NODE_TEST_CONTEXT: _, ...own } = process.env;
  const result = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...own, ...env },
  });
  const { status, signal, stdout, stderr } = result;
  return { status, signal, stdout, stderr };
}

/** Runs a script with `runtime` and `Backend` in a process of its own; what it prints. */
function run(script: string, env?: Readonly<Record<string, string>>): string {
  const url = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  const prelude = `
    import { Backend } from ${url('./backend.js')};
    import { Runtime } from ${url('../runtime/runtime.js')};
    import { wat } from ${url('../runtime/modules.fixture.js')};
    const bytes = wat(\`(module (func (export "sum") (param i32) (result i32) (local i32)
      (loop (local.set 1 (i32.add (local.get 1) (local.get 0)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1)))\`);
    const attempt = (work) => { try { return work(); } catch (error) { return error.name + ' ' + error.reason + ' ' + error.message; } };
  `;
  const { status, signal, stdout, stderr } = node(['--input-type=module', '-e', prelude + script], env);
  assert.deepEqual({ status, signal }, { status: 0, signal: null }, stderr);
  return stdout;
}

describe('a worker that ends while its backend threads are at work ends alone', {
  skip: withoutLlvm(),
}, () => {
  const moments: Readonly<Record<End, readonly number[]>> = {
    return: [0, 60, 200],
    exit: [0, 30, 120],
    exception: [0, 90],
    terminate: [0, 5, 15, 30, 50, 80, 150, 300],
  };
  const script = fileURLToPath(new URL('./ending-workers.fixture.js', import.meta.url));
  for (const [end, all] of Object.entries(moments)) {
    test(end, () => {
      const { status, signal, stdout, stderr } = node([script, end, ...all.map(String)]);
      assert.deepEqual({ status, signal, stdout }, { status: 0, signal: null, stdout: 'done\n' }, stderr);
    });
  }
});

describe('without LLVM', () => {
  const folder = mkdtempSync(join(tmpdir(), 'upshift-threads-'));
  after(() => rmSync(folder, { recursive: true }));
  const bogus = join(folder, 'libLLVM.so');
  writeFileSync(bogus, 'no library');
  assert.ok(existsSync(bogus));

  for (const [name, library, reason] of [
    ['UPSHIFT_LLVM=none', 'none', /LLVM is switched off by UPSHIFT_LLVM=none/],
    ['a file that is no library', bogus, /cannot use .*libLLVM\.so \(UPSHIFT_LLVM\)/],
    ['a file that is not there', join(folder, 'nowhere.so'), /cannot use .*nowhere\.so/],
  ] as const) {
    test(`tier multi runs on in the Fast JIT: ${name}`, () => {
      const output = run(
        `const runtime = new Runtime({ tier: 'multi', tuning: { warmUp: 0, heatThreshold: 10 } });
        console.log(runtime.llvm);
        const { sum } = runtime.instantiate(runtime.compile(bytes)).exports;
        let wrong = 0;
        while (runtime.llvm === undefined) if (sum(1000) !== 500500) wrong++;
        for (let k = 0; k < 1000; k++) if (sum(1000) !== 500500) wrong++;
        console.log(wrong, runtime.llvm.failure);
        // A second module is not even tried.
        const other = runtime.instantiate(runtime.compile(bytes)).exports.sum;
        console.log(other(100000), attempt(() => runtime.instantiate(runtime.compile(bytes), {}, { tier: 'llvm' })));
        runtime.dispose();`,
        { UPSHIFT_LLVM: library },
      );
      const [before, failure, second] = output.split('\n');
      assert.equal(before, 'undefined');
      assert.match(failure, /^0 /);
      assert.match(failure, reason);
      assert.match(second, /^705082704 LlvmUnavailableError missing /);
      assert.match(second, reason);
    });

    test(`tier llvm says so: ${name}`, () => {
      const output = run(
        `for (const lazy of [false, true]) {
          const runtime = new Runtime({ tier: 'llvm', llvm: { lazy } });
          const module = runtime.compile(bytes);
          console.log(attempt(() => runtime.instantiate(module)));
          console.log(attempt(() => runtime.instantiate(module)));
          console.log(runtime.instantiate(module, {}, { tier: 'fast' }).exports.sum(10));
          runtime.dispose();
        }`,
        { UPSHIFT_LLVM: library },
      );
      const lines = output.trimEnd().split('\n');
      assert.equal(lines.length, 6);
      for (const [k, line] of lines.entries()) {
        if (k % 3 === 2) assert.equal(line, '55');
        else assert.match(line, reason);
        if (k % 3 !== 2) assert.match(line, /^LlvmUnavailableError missing /);
      }
    });
  }
});

describe('a backend thread that is lost', () => {
  const lost = JSON.stringify(new URL('./lost-thread.fixture.js', import.meta.url).href);

  test('does not hang who waits for it', () => {
    const output = run(
      `Backend.threadFile = new URL(${lost});
      const runtime = new Runtime({ tier: 'llvm' });
      console.log(attempt(() => runtime.instantiate(runtime.compile(bytes))));
      runtime.dispose();`,
    );
    assert.equal(output, 'LlvmUnavailableError missing the backend thread has ended\n');
  });

  test('has a program that is missing: that is told, by both tiers', () => {
    const output = run(
      `Backend.threadFile = new URL('file:///no/such/program.js');
      const runtime = new Runtime({ tier: 'llvm' });
      console.log(attempt(() => runtime.instantiate(runtime.compile(bytes))));
      const other = new Runtime({ tier: 'multi', tuning: { warmUp: 0, heatThreshold: 10 } });
      const { sum } = other.instantiate(other.compile(bytes)).exports;
      for (let k = 0; k < 1000; k++) sum(1000);
      console.log(sum(1000), other.llvm.failure);`,
    );
    const message = 'the program of the backend threads is missing: /no/such/program.js';
    assert.equal(output, `LlvmUnavailableError missing ${message}\n500500 ${message}\n`);
  });

  test('is not missed by tier multi, and the process ends', () => {
    const output = run(
      `Backend.threadFile = new URL(${lost});
      const runtime = new Runtime({ tier: 'multi', tuning: { warmUp: 0, heatThreshold: 10 } });
      const { sum } = runtime.instantiate(runtime.compile(bytes)).exports;
      for (let k = 0; k < 1000; k++) sum(1000);
      while (runtime.llvm === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
      console.log(sum(1000), runtime.llvm.failure);`,
    );
    assert.equal(output, '500500 the backend thread has ended\n');
  });
});

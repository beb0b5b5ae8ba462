import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { withoutLlvm } from '../llvm-jit/library.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'upshift-end-'));
after(() => rmSync(folder, { recursive: true }));
let last = 0;

interface Writer {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where its file comes to lie. */
  readonly target: string;
}

/** What has Node write a file at the end of the process. */
const writers: Readonly<Record<string, () => Writer>> = {
  coverage: () => {
    const target = join(folder, String(++last));
    return { args: [], env: { NODE_V8_COVERAGE: target }, target };
  },
  'a profile of the CPU': () => {
    const target = join(folder, String(++last));
    return { args: ['--cpu-prof', `--cpu-prof-dir=${target}`], env: {}, target };
  },
  'a profile of the heap': () => {
    const target = join(folder, String(++last));
    return { args: ['--heap-prof', `--heap-prof-dir=${target}`], env: {}, target };
  },
};

/** Runs a script that ends while threads are busy; what it prints. Node has to have written its file. */
function run(script: string, { args, env, target }: Writer, code = 0): string {
  const { NODE_TEST_CONTEXT: _, NODE_V8_COVERAGE: __, ...own } = process.env;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...args, '--input-type=module', '-e', script],
    { encoding: 'utf8', env: { ...own, ...env } },
  );
  assert.deepEqual({ status, signal }, { status: code, signal: null }, stderr);
  // The main thread's: others may have had the time to write theirs.
  const files = readdirSync(target).filter((name) => /[-.]0\./.test(name));
  assert.equal(files.length, 1);
  JSON.parse(readFileSync(join(target, files[0]), 'utf8'));
  return stdout;
}

const url = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);

for (const [name, writer] of Object.entries(writers)) {
  test(`busy threads are stopped, and waited for, before Node writes ${name}`, () => {
    const output = run(
      `import { endWithoutThreads } from ${url('./end-of-process.js')};
      import { writeSync } from 'node:fs';
      const print = (text) => writeSync(1, text + ' ');
      let looks = 0;
      endWithoutThreads({
        areMissing: () => false,
        areBusy: () => { if (looks > 0) print('look'); return looks === 0 || --looks > 0; },
        stop: () => { print('stop'); looks = 3; },
      });
      process.on('exit', () => { print('exit'); process.exitCode = 5; });`,
      writer(),
      5,
    );
    assert.equal(output, 'stop look look look exit ');
  });
}

describe('the process ends while LLVM is at work, and Node writes', { skip: withoutLlvm() }, () => {
  for (const [name, writer] of Object.entries(writers)) {
    test(name, () => {
      for (const moment of [0, 80, 200]) {
        const output = run(
          `import { randomModule, randomModuleArguments } from ${url('../fast-jit/random-module.fixture.js')};
          import { Runtime } from ${url('../runtime/runtime.js')};
          const runtime = new Runtime({ tier: 'multi', llvm: { threads: 2 }, tuning: { warmUp: 0, heatThreshold: 5 } });
          const functions = Object.values(runtime.instantiate(runtime.compile(randomModule(7, 24))).exports);
          const end = performance.now() + ${moment};
          do for (const callee of functions) callee(...randomModuleArguments[0]); while (performance.now() < end);
          console.log('done');`,
          writer(),
        );
        assert.equal(output, 'done\n');
      }
    });
  }
});

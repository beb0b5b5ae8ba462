import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

interface Runner {
  runFiles(
    files: readonly string[],
    options: { jobs?: number; patience?: number; print(line: string): void },
  ): Promise<string[]>;
}

const script = new URL('../../../scripts/test-files.mjs', import.meta.url).href;
const { runFiles } = (await import(script)) as Runner;
const folder = mkdtempSync(join(tmpdir(), 'upshift-runner-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, `${name}.test.mjs`);
  writeFileSync(path, `import { test } from 'node:test';\n${text}`);
  return path;
}

const good = file('good', `test('one', () => {}); test('two', { skip: 'no time' }, () => {});`);

async function outcome(
  files: readonly string[],
  patience?: number,
): Promise<{ failed: string[]; output: string }> {
  const lines: string[] = [];
  const failed = await runFiles(files, {
    print: (line) => lines.push(line),
    ...(patience !== undefined && { patience }),
  });
  return { failed, output: lines.join('\n') };
}

test('files that pass are told of in a line, with what they skip', async () => {
  const { failed, output } = await outcome([good]);
  assert.deepEqual(failed, []);
  assert.match(
    output,
    /^passed {2}\S+good.test.mjs: 1 passed, 1 skipped \([\d.]+ s\)\n {8}﹣ two .*# no time\n/,
  );
  assert.match(output, /\n1 files: 1 passed, 1 skipped, 0 failed$/);
});

test('a file may skip all that it has', async () => {
  const skipping = file(
    'skipping',
    `import { describe } from 'node:test'; describe('all', { skip: 'no disk' }, () => {});`,
  );
  const { failed, output } = await outcome([skipping]);
  assert.deepEqual(failed, []);
  assert.match(output, /﹣ all .*# no disk/);
});

test('a file that fails in any way is named, and those behind it are run', async () => {
  const bad: Readonly<Record<string, [string, RegExp]>> = {
    failing: [`test('x', () => { throw new Error('on purpose'); });`, /1 failed|status 1/],
    throwing: [`throw new Error('on purpose');`, /status 1/],
    empty: ['', /it ended without a report|it has no tests/],
    leaving: ['process.exit(0);', /it ended without a report|it has no tests/],
    dying: [`test('x', () => process.kill(process.pid, 'SIGKILL'));`, /ended by SIGKILL/],
  };
  const files = Object.entries(bad).map(([name, [text]]) => file(name, text));
  const { failed, output } = await outcome([...files, good]);
  assert.deepEqual([...failed].sort(), [...files].sort());
  for (const [name, [, how]] of Object.entries(bad)) {
    const line = output.split('\n').find((line) => line.startsWith('FAILED  ') && line.includes(`/${name}.`));
    assert.match(line ?? '', how);
  }
  assert.match(output, /\| .*on purpose/);
  assert.match(output, /^passed {2}\S+good.test.mjs: 1 passed/m);
});

test('a file that hangs is killed with all that it has started, and named', async () => {
  const pidFile = join(folder, 'pid');
  // Too busy for its own timers to end it.
  const hanging = file(
    'hanging',
    `import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    test('before', () => {});
    test('for ever', () => {
      const { pid } = spawn('sleep', ['100000']);
      writeFileSync(${JSON.stringify(pidFile)}, String(pid));
      for (;;);
    });`,
  );
  // Finds the shortest limit that lets it get this far, however slow the machine.
  let patience = 1000;
  let result = await outcome([hanging, good], patience);
  while (!existsSync(pidFile)) {
    patience *= 2;
    result = await outcome([hanging, good], patience);
  }
  assert(result.failed.includes(hanging));
  assert.match(result.output, /^FAILED {2}\S+hanging.test.mjs: killed: no end within [\d.]+ minutes/m);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  // The process that adopts it may not have waited for it yet.
  const state = (): string => {
    try {
      return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
    } catch {
      return 'gone';
    }
  };
  while (!['gone', 'Z', 'X'].includes(state())) await new Promise((resolve) => setTimeout(resolve, 10));
});

test('nothing is lost that a file prints before its process ends at once', async () => {
  // More than fits into a pipe.
  const lines = 5000;
  const chatty = file(
    'chatty',
    `for (let k = 0; k < ${lines}; k++) test('number ' + k, () => {});
    test('last', () => { throw new Error('on purpose'); });`,
  );
  const { output } = await outcome([chatty]);
  assert.equal(output.match(/✔ number \d+/g)?.length, lines);
  assert.match(output, /✖ last/);
  assert.match(output, new RegExp(`ℹ pass ${lines}`));
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const url = new URL('./exit-signals.js', import.meta.url).href;

/** Runs a program with the functions of `exit-signals.ts`. */
function run(code: string): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const program = `import { writeSync } from 'node:fs';
    import { exitOnSignals, holdExits, setFarewell } from ${JSON.stringify(url)};
    exitOnSignals();
    const signal = (name) => process.kill(process.pid, name);
    ${code}
    writeSync(1, 'end');`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('signals end the process in the middle of JavaScript', () => {
  assert.deepEqual(run("signal('SIGINT');"), { status: 130, stdout: '', stderr: '' });
  assert.deepEqual(run("signal('SIGTERM'); for (;;);"), { status: 143, stdout: '', stderr: '' });
});

test('the farewell is said, the last that was set', () => {
  const code = "setFarewell('no'); setFarewell('good bye'); signal('SIGINT');";
  assert.deepEqual(run(code), { status: 130, stdout: '', stderr: 'good bye' });
  assert.equal(run("setFarewell('no'); setFarewell(''); signal('SIGINT');").stderr, '');
  assert.match(run("setFarewell('x'.repeat(129));").stderr, /RangeError/);
});

test('what is not to be left half done is finished', () => {
  const work = "writeSync(1, 'a'); signal('SIGINT'); writeSync(1, 'b');";
  assert.deepEqual(run(`holdExits(() => { ${work} });`), { status: 130, stdout: 'ab', stderr: '' });
  const nested = `holdExits(() => { holdExits(() => { ${work} }); writeSync(1, 'c'); });`;
  assert.deepEqual(run(nested), { status: 130, stdout: 'abc', stderr: '' });
  const failed = `try { holdExits(() => { ${work} throw new Error(); }); } catch { writeSync(1, 'caught'); }`;
  assert.deepEqual(run(failed), { status: 130, stdout: 'ab', stderr: '' });
  assert.deepEqual(run('holdExits(() => {});'), { status: 0, stdout: 'end', stderr: '' });
});

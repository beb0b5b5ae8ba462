import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'upshift-seccomp-'));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'file'), 'inside');
symlinkSync('../../etc/passwd', join(folder, 'out'));

const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** Has the kernel refuse openat2 with an error number, as container runtimes do, and then opens paths. */
const script = `
  import { makeBufferBlock } from ${url('../native/memory/buffer-block.js')};
  import { Syscall } from ${url('../native/x64/linux/syscalls.js')};
  import { systemCalls } from ${url('../native/os/system-call.js')};
  import { Beneath } from ${url('./beneath.js')};
  import { refuse } from ${url('./seccomp.fixture.js')};
  import { Wasi } from ${url('./wasi.js')};
  const [folder, errno, when] = process.argv.slice(1);
  const known = when === 'later' ? new Beneath() : undefined;
  const calls = systemCalls();
  if (!refuse(Syscall.openat2, Number(errno))) {
    console.log('no seccomp');
  } else {
    const beneath = known ?? new Beneath();
    const directory = calls.call(257, -100, pathAt(folder), 0o200000, 0);
    const attempt = (path) => {
      try {
        return beneath.open(directory, path, 0) > 0 ? 'open' : '';
      } catch (error) {
        return error.errno;
      }
    };
    console.log(attempt('file'), attempt('out'), attempt('missing'), beneath.resolution);
    new Wasi({ preopens: { '/': folder } });
  }
  function pathAt(path) {
    const block = makeBufferBlock(4096);
    Buffer.from(block.buffer).write(path);
    globalThis.kept = block;
    return block.address;
  }`;

function run(errno: number, when: string): string {
  const args = ['--input-type=module', '-e', script, '--', folder, String(errno), when];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return (stdout || stderr).trim();
}

for (const [name, errno] of [
  ['ENOSYS', 38],
  ['EPERM', 1],
] as const) {
  test(`where openat2 gives ${name}, paths are walked`, (context) => {
    const outcome = run(errno, 'first');
    if (outcome === 'no seccomp') context.skip(outcome);
    else assert.equal(outcome, 'open 76 44 walk');
  });
}

test('where openat2 is taken away later, paths are walked from then on', (context) => {
  const outcome = run(38, 'later');
  if (outcome === 'no seccomp') context.skip(outcome);
  else assert.equal(outcome, 'open 76 44 walk');
});

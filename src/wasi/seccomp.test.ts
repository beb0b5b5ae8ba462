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

/** Has the kernel refuse openat2 (437) with an error number, as container runtimes do, and then opens paths. */
const script = `
  import { makeBufferBlock } from ${url('../native/buffer-block.js')};
  import { systemCalls } from ${url('../native/system-call.js')};
  import { Beneath } from ${url('./beneath.js')};
  import { Wasi } from ${url('./wasi.js')};
  const [folder, errno, when] = process.argv.slice(1);
  const known = when === 'later' ? new Beneath() : undefined;
  // struct sock_fprog, and four struct sock_filter: load the number, compare, refuse, allow.
  const { address, buffer } = makeBufferBlock(48);
  const view = new DataView(buffer);
  view.setUint16(0, 4, true);
  view.setBigUint64(8, BigInt(address + 16), true);
  const filter = [[0x20, 0, 0, 0], [0x15, 0, 1, 437], [6, 0, 0, 0x50000 + Number(errno)], [6, 0, 0, 0x7fff0000]];
  for (const [index, [code, ifTrue, ifFalse, operand]] of filter.entries()) {
    const at = 16 + 8 * index;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, ifTrue);
    view.setUint8(at + 3, ifFalse);
    view.setUint32(at + 4, operand, true);
  }
  const calls = systemCalls();
  // PR_SET_NO_NEW_PRIVS, then SECCOMP_SET_MODE_FILTER.
  if (calls.call(157, 38, 1, 0, 0, 0) !== 0 || calls.call(317, 1, 0, address) !== 0) {
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

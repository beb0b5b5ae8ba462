import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { everythingText, wasmOf } from './program.fixture.js';

/** Such functions run without machine code. */
const everything = wasmOf(everythingText());

/** The program reports what it got on its standard error stream. */
const program = `
  import { Runtime, Wasi } from ${JSON.stringify(new URL('../index.js', import.meta.url).href)};
  import { writeSync } from 'node:fs';
  const runtime = new Runtime();
  const module = runtime.compile(Buffer.from(process.argv[1], 'base64'));
  const wasi = new Wasi({ args: ['program', 'argument'], env: { NAME: 'value' } });
  const instance = runtime.instantiate(module, wasi.imports(module));
  wasi.bind(instance);
  const call = (name, ...args) => instance.exports[name](...args);
  const memory = new Uint8Array(instance.exports.memory.buffer);
  const view = new DataView(memory.buffer);
  const got = { tier: runtime.tier };
  call('args_get', 0, 100);
  got.args = Buffer.from(memory.subarray(100, 117)).toString();
  call('environ_get', 0, 100);
  got.environ = Buffer.from(memory.subarray(100, 111)).toString();
  got.clock = call('clock_time_get', 0, 0n, 200);
  got.time = Number(view.getBigUint64(200, true) / 1_000_000_000n);
  got.random = call('random_get', 300, 64);
  got.isRandom = new Set(memory.subarray(300, 364)).size > 10;
  // One buffer of 100 bytes at 1000.
  view.setUint32(400, 1000, true);
  view.setUint32(404, 100, true);
  got.read = call('fd_read', 0, 400, 1, 408);
  const length = view.getUint32(408, true);
  view.setUint32(404, length, true);
  got.write = call('fd_write', 1, 400, 1, 408);
  got.seek = call('fd_seek', 0, 0n, 1, 408);
  // A clock of 20 ms alone, then one of an hour with the standard output, which is ready.
  memory.fill(0, 2000, 2200);
  memory[2008] = 0;
  view.setUint32(2016, 1, true);
  view.setBigUint64(2024, 20_000_000n, true);
  const before = process.hrtime.bigint();
  got.poll = call('poll_oneoff', 2000, 3000, 1, 4000);
  got.slept = process.hrtime.bigint() - before >= 20_000_000n;
  view.setBigUint64(2024, 3_600_000_000_000n, true);
  memory[2048 + 8] = 2;
  view.setUint32(2048 + 16, 1, true);
  got.pollFd = call('poll_oneoff', 2000, 3000, 2, 4000);
  got.type = memory[3000 + 10];
  writeSync(2, JSON.stringify(got));
`;

test('WASI works without an FFI, but for positions in files', () => {
  const start = Math.floor(Date.now() / 1000);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', program, '--', Buffer.from(everything).toString('base64')],
    { encoding: 'utf8', input: 'some input', env: { ...process.env, UPSHIFT_FFI: 'none' } },
  );
  assert.equal(status, 0, stderr);
  assert.equal(stdout, 'some input');
  const { time, ...got } = JSON.parse(stderr) as { time: number };
  assert.ok(start <= time && time <= Date.now() / 1000);
  assert.deepEqual(got, {
    tier: 'interp',
    args: 'program\0argument\0',
    environ: 'NAME=value\0',
    ...{ clock: 0, random: 0, isRandom: true, read: 0, write: 0, poll: 0, slept: true, pollFd: 0 },
    seek: 70,
    type: 2,
  });
});

test('directories and listeners are refused without an FFI', () => {
  const attempt = `
    import { Wasi } from ${JSON.stringify(new URL('../index.js', import.meta.url).href)};
    for (const options of [{ preopens: { '/': '/tmp' } }, { listen: ['127.0.0.1:0'] }]) {
      try {
        new Wasi(options);
      } catch (error) {
        console.log(error.name, error.message);
      }
    }`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', attempt], {
    encoding: 'utf8',
    env: { ...process.env, UPSHIFT_FFI: 'none' },
  });
  const reason = 'the FFI is switched off by UPSHIFT_FFI=none';
  assert.deepEqual(stdout.trim().split('\n'), [
    `PreopenError cannot open the directory /tmp: ${reason}`,
    `PreopenError cannot listen on 127.0.0.1:0: ${reason}`,
  ]);
});

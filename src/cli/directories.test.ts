import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cli, env, folder, upshift, wasm } from './command.fixture.js';

/** Relative to `build/src/cli`. */
const files = fileURLToPath(new URL('../../../test/wasi/files.wasm', import.meta.url));

describe('upshift run --dir', () => {
  const data = join(folder, 'data');
  mkdirSync(data);

  it('gives a program a directory, under its own path or another', () => {
    for (const args of [
      [`--dir=${data}::/data`, files, '/data'],
      ['--dir', data, files, data],
      ['--dir', '/::/none', `--dir=${data}::.`, files, '.'],
    ]) {
      const { status, stdout, stderr } = upshift(['run', ...args]);
      assert.deepEqual([status, stderr], [0, ''], args.join(' '));
      assert.match(stdout, /^read line 1\nread line 2\n/);
    }
  });

  it('gives it only to be read', () => {
    const { status, stdout } = upshift(['run', `--dir=${data}::/data::ro`, files, '/data']);
    assert.deepEqual([status, stdout], [1, 'fopen: Capabilities insufficient\n']);
  });

  it('shows no files otherwise', () => {
    const { status, stdout } = upshift(['run', files, data]);
    assert.equal(status, 1);
    assert.match(stdout, /^fopen: /);
  });

  it('refuses what is no directory, before anything runs', () => {
    writeFileSync(join(folder, 'no-directory'), '');
    for (const [option, message] of [
      ['--dir=/no/such/place', 'cannot open the directory /no/such/place: no such directory'],
      [
        `--dir=${folder}/no-directory::/`,
        `cannot open the directory ${folder}/no-directory: it is no directory`,
      ],
      ['--dir=', '--dir : expected a directory, or host::guest or host::guest::ro'],
      ['--dir=/tmp::', '--dir /tmp::: expected a directory, or host::guest or host::guest::ro'],
      ['--dir=/tmp::/a::rw', '--dir /tmp::/a::rw: expected a directory, or host::guest or host::guest::ro'],
      [
        '--dir=/tmp::/a::ro::x',
        '--dir /tmp::/a::ro::x: expected a directory, or host::guest or host::guest::ro',
      ],
      ['--listen=nowhere', /^cannot listen on nowhere: expected an address/],
    ] as const) {
      const { status, stdout, stderr } = upshift(['run', option, files]);
      assert.deepEqual([status, stdout], [2, '']);
      const found = stderr.replace(/^upshift: /, '').replace(/ \(see .*\)\n$/, '');
      if (typeof message === 'string') assert.equal(found, message);
      else assert.match(found, message);
    }
    const { status, stderr } = upshift(['run', '--dir=/tmp::/a', '--dir=/::/a', files]);
    assert.equal(status, 2);
    assert.match(stderr, /there is a \/a already/);
  });

  it('is refused where there is no FFI', () => {
    const { status, stderr } = upshift(['run', `--dir=${data}`, files], '', { UPSHIFT_FFI: 'none' });
    assert.equal(status, 2);
    assert.match(
      stderr,
      /^upshift: cannot open the directory .*: the FFI is switched off by UPSHIFT_FFI=none.*\n$/,
    );
  });

  it('does the same with --self-check', () => {
    const { status, stdout } = upshift(['run', '--self-check', `--dir=${data}::/data`, files, '/data']);
    assert.equal(status, 0);
    assert.match(stdout, /^read line 1\nread line 2\n/);
    assert.equal(readFileSync(files).length > 0, true);
  });
});

describe('upshift run --listen', () => {
  it('gives a program sockets, behind its directories', async () => {
    const echo = await wasm(
      'echo',
      `(module
        (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "\\40\\00\\00\\00\\10\\00\\00\\00") (data (i32.const 32) "\\40\\00\\00\\00")
        (func (export "_start")
          (if (call $accept (i32.const 5) (i32.const 0) (i32.const 0)) (then unreachable))
          (if (call $read (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 36)) (then unreachable))
          (if (call $write (i32.load (i32.const 0)) (i32.const 32) (i32.const 1) (i32.const 8)) (then unreachable))))`,
    );
    // It was free a moment ago.
    const port = await freePort();
    const options = ['--dir=/tmp', '--listen=127.0.0.1:0', `--listen=127.0.0.1:${port}`];
    const child = spawn(process.execPath, [cli, 'run', ...options, echo], { env, stdio: 'inherit' });
    const ended = once(child, 'exit');
    const answer = await retrying(port, 'hello');
    assert.equal(answer, 'hello');
    assert.deepEqual(await ended, [0, null]);
  });
});

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Sends a text as soon as somebody listens; returns the answer. */
async function retrying(port: number, text: string): Promise<string> {
  for (;;) {
    const socket = createConnection(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.write(text);
      const [data] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return data.toString();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { ReceiveFlags, Rights, ShutdownFlags } from './abi.js';
import { errnoOfCode } from './errno.js';
import { parseAddress } from './preopens.js';
import { TestTier } from './program.fixture.js';
import { Wasi } from './wasi.js';

const tier = new TestTier('interp');
after(() => tier.runtime.dispose());
const e = errnoOfCode;
const listener = 3;

/**
 * Connects to an address, sends a text, and prints what it gets. In a child process, because the test blocks
 * its thread.
 */
function connect(address: string, text: string): { readonly output: Promise<string> } {
  const [port] = address.split(':').slice(-1);
  const host = address.slice(0, -port.length - 1).replace(/[[\]]/g, '');
  const script = `const socket = require('node:net').connect(${port}, ${JSON.stringify(host)});
    socket.end(${JSON.stringify(text)});
    socket.pipe(process.stdout);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    output += data;
  });
  return { output: once(child, 'exit').then(() => output) };
}

describe('sockets', () => {
  for (const address of ['127.0.0.1:0', '[::1]:0', 'localhost:0']) {
    it(`accept connections and carry bytes: ${address}`, async () => {
      const program = tier.program({ listen: [address] });
      const [listening] = program.wasi.listening;
      assert.match(listening, /:[1-9]\d*$/);
      const { output } = connect(listening, 'hello wasm');
      assert.equal(program.call('sock_accept', listener, 0, 64), 0);
      const fd = program.u32(64);
      assert.equal(fd, 4);
      program.setVectors(0, [100, 3], [110, 4]);
      // Peeking, then taking.
      for (const flags of [ReceiveFlags.peek | ReceiveFlags.waitAll, ReceiveFlags.waitAll]) {
        assert.equal(program.call('sock_recv', fd, 0, 2, flags, 64, 68), 0);
        assert.equal(program.u32(64), 7);
        assert.equal(program.text(100, 3) + program.text(110, 4), 'hello w');
        assert.equal(program.view.getUint16(68, true), 0);
      }
      assert.equal(program.read(fd, 50), 'asm');
      program.setText(100, 'answer!');
      program.setVectors(0, [100, 3], [103, 4]);
      assert.equal(program.call('sock_send', fd, 0, 2, 0, 64), 0);
      assert.equal(program.u32(64), 7);
      program.write(fd, ' and more');
      assert.equal(program.call('sock_shutdown', fd, ShutdownFlags.send), 0);
      assert.equal(program.tryWrite(fd, 'x'), -e('EPIPE'));
      assert.equal(program.call('fd_close', fd), 0);
      assert.equal(await output, 'answer! and more');
    });
  }

  it('have a type and rights', () => {
    const program = tier.program({ listen: ['127.0.0.1:0', '127.0.0.1:0'], preopens: { '/': '/tmp' } });
    // After the directories.
    assert.equal(program.call('fd_prestat_get', 3, 0), 0);
    for (const fd of [4, 5]) {
      assert.equal(program.call('fd_prestat_get', fd, 0), e('EBADF'));
      assert.equal(program.call('fd_fdstat_get', fd, 0), 0);
      assert.equal(program.bytes[0], 6);
      assert.equal(program.rights(fd)[0] & Rights.sockAccept, Rights.sockAccept);
      assert.equal(program.read(fd, 1), -e('ENOTCAPABLE'));
    }
    // Nobody is waiting.
    assert.equal(program.call('fd_fdstat_set_flags', 4, 4), 0);
    assert.equal(program.call('sock_accept', 4, 0, 64), e('EAGAIN'));
    assert.equal(program.call('sock_shutdown', 4, ShutdownFlags.send), e('ENOTCAPABLE'));
    assert.equal(program.call('fd_fdstat_set_rights', 4, 0n, 0n), 0);
    assert.equal(program.call('sock_accept', 4, 0, 64), e('ENOTCAPABLE'));
  });

  it('poll_oneoff tells of connections', async () => {
    const program = tier.program({ listen: ['127.0.0.1:0'] });
    const { output } = connect(program.wasi.listening[0], 'x');
    program.bytes.fill(0, 0, 48);
    program.bytes[8] = 1;
    program.view.setUint32(16, listener, true);
    assert.equal(program.call('poll_oneoff', 0, 1000, 1, 2000), 0);
    assert.equal(program.u32(2000), 1);
    assert.equal(program.view.getUint16(1008, true), 0);
    assert.equal(program.call('sock_accept', listener, 4, 64), 0);
    const fd = program.u32(64);
    program.view.setUint32(16, fd, true);
    // Waits until there is something to read.
    assert.equal(program.call('poll_oneoff', 0, 1000, 1, 2000), 0);
    assert.equal(program.read(fd, 9), 'x');
    assert.equal(program.call('fd_close', fd), 0);
    assert.equal(await output, '');
  });

  it('are not what files and other numbers are', () => {
    const program = tier.program({ stdin: openSync('/dev/null', 'r'), listen: ['127.0.0.1:0'] });
    for (const [fd, error] of [
      [0, 'ENOTSOCK'],
      [99, 'EBADF'],
    ] as const) {
      assert.equal(program.call('sock_accept', fd, 0, 64), e(error));
      assert.equal(program.call('sock_recv', fd, 0, 0, 0, 64, 68), e(error));
      assert.equal(program.call('sock_send', fd, 0, 0, 0, 64), e(error));
      assert.equal(program.call('sock_shutdown', fd, 1), e(error));
    }
    assert.equal(program.call('sock_accept', listener, 1, 64), e('EINVAL'));
    assert.equal(program.call('sock_accept', listener, 0, 65536), e('EFAULT'));
  });

  it('cannot be had on what is no address, or is taken', () => {
    const attempt = (address: string) => () => new Wasi({ listen: [address] });
    for (const address of [
      '',
      '127.0.0.1',
      '1.2.3.4.5:80',
      '300.0.0.1:80',
      'example.org:80',
      '[::1:80',
      '127.0.0.1:70000',
    ]) {
      assert.throws(attempt(address), /expected an address and a port/, address);
    }
    const { listening } = new Wasi({ listen: ['127.0.0.1:0'] });
    assert.throws(attempt(listening[0]), { name: 'PreopenError', message: /EADDRINUSE/ });
    assert.deepEqual(parseAddress('[2001:db8::ff00:42]:8080')?.socket, {
      host: Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0x42]),
      port: 8080,
    });
    for (const address of ['[1::2::3]:1', '[1:2]:1', '[::12345]:1', '[1:2:3:4:5:6:7:8:9]:1']) {
      assert.equal(parseAddress(address), undefined, address);
    }
  });
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { after, describe, it, test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import type { Tier } from '../runtime/tiers/tier.js';
import { EventType, eventHangUp, FdFlags, FileType } from './abi.js';
import { CollectedOutput } from './collected-output.js';
import { Errno, errnoOfCode } from './errno.js';
import { type Program, TestTier } from './program.fixture.js';
import { Wasi, type WasiOptions } from './wasi.js';

const e = errnoOfCode;
const folder = mkdtempSync(join(tmpdir(), 'upshift-streams-'));
after(() => rmSync(folder, { recursive: true }));

/** Subscribes to a descriptor, at 0; the event is at 1000. */
function poll(program: Program, ...subscriptions: [type: number, fd: number][]): unknown {
  for (const [index, [type, fd]] of subscriptions.entries()) {
    const at = 48 * index;
    program.bytes.fill(0, at, at + 48);
    program.bytes[at] = index;
    program.bytes[at + 8] = type;
    program.view.setUint32(at + 16, fd, true);
  }
  assert.equal(program.call('poll_oneoff', 0, 1000, subscriptions.length, 2000), 0);
  return Array.from({ length: program.u32(2000) }, (_, index) => {
    const at = 1000 + 32 * index;
    return [program.bytes[at], program.u64(at + 16), program.view.getUint16(at + 24, true)];
  });
}

const tiers: Tier[] = ['interp', 'fast', 'multi'];

for (const tier of tiers) {
  describe(`standard streams in tier ${tier}`, () => {
    const testTier = new TestTier(tier);
    after(() => testTier.runtime.dispose());

    it('output is collected', () => {
      const program = testTier.program({ stdout: 'buffer', stderr: 'buffer' });
      const { wasi } = program;
      assert.equal(wasi.stdout.text, '');
      program.write(1, 'größe ');
      program.write(2, 'error');
      const before = wasi.stdout.bytes;
      program.bytes.set([0xff, 0, 0x41], 100);
      program.setVectors(0, [101, 2], [0, 0], [100, 1]);
      assert.equal(program.call('fd_write', 1, 0, 3, 64), 0);
      assert.equal(program.u32(64), 3);
      assert.deepEqual(Buffer.from(wasi.stdout.bytes), Buffer.concat([before, Buffer.of(0, 0x41, 0xff)]));
      assert.equal(wasi.stdout.text, 'größe \0A\ufffd');
      wasi.dispose();
      assert.equal(wasi.stderr.text, 'error');
      assert.throws(() => testTier.program().wasi.stdout, {
        message: "stdout is not collected: it is with the option stdout: 'buffer'",
      });
    });

    it('a write that is too long for one call is cut', () => {
      const lengths: number[] = [];
      const program = testTier.program({ stdout: ({ length }) => lengths.push(length) });
      program.memory.grow(3);
      program.setVectors(0, ...Array.from({ length: 1024 }, (): [number, number] => [65536, 100_000]));
      assert.equal(program.call('fd_write', 1, 0, 1024, 60_000), 0);
      assert.equal(program.u32(60_000), 2 ** 24);
      assert.deepEqual(lengths, [2 ** 24]);
    });

    it('output goes to a function, in bytes that it may keep', () => {
      const chunks: Uint8Array[] = [];
      const program = testTier.program({ stdout: (chunk) => chunks.push(chunk) });
      program.write(1, 'one');
      program.write(1, '');
      program.write(1, 'two');
      assert.deepEqual(
        chunks.map((chunk) => Buffer.from(chunk).toString()),
        ['one', 'two'],
      );
    });

    it('what a function throws the caller gets, also an error of the file system', () => {
      for (const error of [
        new Error('mine'),
        Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' }),
        7,
      ]) {
        const raise = () => {
          throw error;
        };
        const program = testTier.program({ stdout: raise, stderr: 'ignore', stdin: raise });
        const isIt = (thrown: unknown): boolean => thrown === error;
        assert.throws(() => program.write(1, 'x'), isIt);
        assert.throws(() => program.read(0, 1), isIt);
        // The program can go on.
        program.write(2, 'x');
      }
    });

    it('a function may run the program, and have its memory grow', () => {
      let program: Program;
      const inner: string[] = [];
      const options: WasiOptions = {
        stdout: () => {
          program.memory.grow(1);
          program.write(2, 'inner');
        },
        stderr: (chunk) => inner.push(Buffer.from(chunk).toString()),
        stdin: () => {
          program.memory.grow(1);
          return inner.length < 3 ? (program.write(2, 'for input') ?? 'input') : undefined;
        },
      };
      program = testTier.program(options);
      program.setText(100, 'ab');
      program.setVectors(0, [100, 1], [101, 1]);
      assert.equal(program.call('fd_write', 1, 0, 2, 64), 0);
      assert.equal(program.u32(64), 2);
      program.setVectors(0, [200, 2], [300, 9]);
      assert.equal(program.call('fd_read', 0, 0, 2, 64), 0);
      assert.equal(program.u32(64), 5);
      assert.equal(program.text(200, 2) + program.text(300, 3), 'input');
      assert.deepEqual(inner, ['inner', 'for input']);
    });

    it('output goes to a Writable stream, when the program has returned', async () => {
      const got: string[] = [];
      const stream = new Writable({
        highWaterMark: 4,
        write: (chunk, _encoding, done) => {
          got.push(String(chunk));
          setImmediate(done);
        },
      });
      const program = testTier.program({ stdout: stream });
      for (const text of ['one', 'two', 'three']) program.write(1, text);
      assert.deepEqual(got, ['one']);
      await new Promise<void>((resolve) => stream.end(resolve));
      assert.deepEqual(got, ['one', 'two', 'three']);
      // Nobody reads it any more.
      assert.equal(program.tryWrite(1, 'x'), -e('EPIPE'));
    });

    it('input is bytes, a text, or nothing', () => {
      for (const [stdin, expected] of [
        [Buffer.from('größe'), 'größe'],
        [{ text: 'größe' }, 'größe'],
        [runInContext('Uint8Array.of(65)', createContext()), 'A'],
        [new Uint8Array(0), ''],
        ['ignore', ''],
      ] as const) {
        const program = testTier.program({ stdin });
        let got = '';
        for (;;) {
          const part = Buffer.from(String(program.read(0, 100)));
          if (part.length === 0) break;
          got += part.toString();
        }
        assert.equal(got, expected);
        assert.equal(program.read(0, 1), '');
      }
    });

    it('input is read in parts', () => {
      const program = testTier.program({ stdin: { text: 'abcdef' } });
      assert.equal(program.read(0, 2), 'ab');
      program.setVectors(0, [100, 1], [0, 0], [200, 10]);
      assert.equal(program.call('fd_read', 0, 0, 3, 64), 0);
      assert.equal(program.u32(64), 4);
      assert.equal(program.text(100, 1) + program.text(200, 3), 'cdef');
      assert.equal(program.read(0, 2), '');
    });

    it('input comes from a function, until it gives nothing', () => {
      for (const end of [null, undefined, '', new Uint8Array(0)]) {
        const chunks = ['one', Buffer.from('two'), end, 'behind the end'];
        const program = testTier.program({ stdin: () => chunks.shift() });
        assert.equal(program.read(0, 0), '');
        assert.equal(chunks.length, 4);
        assert.equal(program.read(0, 2), 'on');
        assert.equal(program.read(0, 2), 'e');
        assert.equal(program.read(0, 9), 'two');
        assert.equal(program.read(0, 9), '');
        assert.equal(program.read(0, 9), '');
        assert.equal(chunks.length, 1);
      }
      const wrong = testTier.program({ stdin: () => 5 as never });
      assert.throws(() => wrong.read(0, 1), {
        name: 'TypeError',
        message: 'stdin: the function must return a Uint8Array, a string, null or undefined, not 5',
      });
    });

    it('to the program they are pipes', () => {
      const program = testTier.program({ stdin: { text: 'abc' }, stdout: 'buffer', stderr: 'ignore' });
      for (const fd of [0, 1, 2]) {
        assert.equal(program.call('fd_fdstat_get', fd, 0), 0);
        assert.equal(program.bytes[0], FileType.socketStream);
        assert.equal(program.view.getUint16(2, true), 0);
        assert.equal(program.call('fd_filestat_get', fd, 0), 0);
        assert.equal(program.bytes[16], FileType.socketStream);
        assert.equal(program.call('fd_seek', fd, 0n, 0, 64), Errno.spipe);
        assert.equal(program.call('fd_tell', fd, 64), Errno.spipe);
        assert.equal(program.call('fd_fdstat_set_flags', fd, FdFlags.nonblock), 0);
        assert.equal(program.call('fd_prestat_get', fd, 64), Errno.badf);
      }
      assert.equal(program.tryWrite(1, 'x', 0n), -Errno.spipe);
      assert.equal(program.read(0, 1, 0n), -Errno.spipe);
      assert.equal(program.tryWrite(0, 'x'), -Errno.badf);
      assert.equal(program.read(1, 1), -Errno.badf);
      assert.equal(program.call('sock_shutdown', 1, 2), Errno.notsock);
      assert.equal(program.read(0, 9), 'abc');
      assert.equal(program.call('fd_fdstat_set_flags', 1, FdFlags.append), 0);
      program.write(1, 'x');
      // They can be closed, and replace another.
      assert.equal(program.call('fd_renumber', 2, 1), 0);
      program.write(1, 'ignored');
      assert.equal(program.call('fd_close', 1), 0);
      assert.equal(program.tryWrite(1, 'x'), -Errno.badf);
      assert.equal(program.wasi.stdout.text, 'x');
    });

    it('they are ready at once, without waiting for others', () => {
      const program = testTier.program({ stdin: { text: 'abc' }, stdout: 'buffer', stderr: 'ignore' });
      const { fdRead, fdWrite } = EventType;
      assert.deepEqual(poll(program, [fdWrite, 1], [fdRead, 0], [fdWrite, 2]), [
        [0, 0n, 0],
        [1, 3n, 0],
        [2, 0n, 0],
      ]);
      program.read(0, 3);
      assert.deepEqual(poll(program, [fdRead, 0]), [[0, 0n, eventHangUp]]);
      const ended = testTier.program({ stdin: () => null });
      assert.deepEqual(poll(ended, [fdRead, 0]), [[0, 0n, 0]]);
      ended.read(0, 1);
      assert.deepEqual(poll(ended, [fdRead, 0]), [[0, 0n, eventHangUp]]);
    });

    it('a descriptor may be given', () => {
      const path = join(folder, `fd-${tier}`);
      const fd = openSync(path, 'w');
      const program = testTier.program({ stdout: fd, stderr: fd, stdin: 'inherit' });
      program.write(1, 'out');
      program.write(2, 'err');
      program.wasi.dispose();
      closeSync(fd);
      assert.equal(readFileSync(path, 'utf8'), 'outerr');
    });
  });
}

test('more than is collected is an error of the program', () => {
  const collected = new CollectedOutput();
  const chunk = new Uint8Array(2 ** 26);
  for (let k = 0; k < 4; k++) collected.add(chunk);
  assert.throws(() => collected.add(Uint8Array.of(1)), { errno: e('ENOSPC') });
});

test('what cannot be a standard stream is refused, by name', () => {
  const input =
    "expected a descriptor, 'inherit', 'ignore', a Uint8Array, { text: string } or a function, not ";
  const output =
    "expected a descriptor, 'inherit', 'ignore', 'buffer', a function or a Writable stream, not ";
  const range = 'expected a descriptor from 0 to 2147483647, not ';
  const cases: [options: object, error: string, message: string][] = [
    [{ stdout: 'pipe' }, 'TypeError', `stdout: ${output}"pipe"`],
    [{ stderr: null }, 'TypeError', `stderr: ${output}null`],
    [{ stdout: {} }, 'TypeError', `stdout: ${output}an object`],
    [{ stdout: 1n }, 'TypeError', `stdout: ${output}1n`],
    [{ stdout: [1] }, 'TypeError', `stdout: ${output}an array`],
    [{ stdout: true }, 'TypeError', `stdout: ${output}true`],
    [{ stdout: Readable.from([]) }, 'TypeError', `stdout: ${output}a Readable`],
    [{ stdout: new WritableStream() }, 'TypeError', `stdout: ${output}a WritableStream`],
    [{ stdout: -1 }, 'RangeError', `stdout: ${range}-1`],
    [{ stderr: 1.5 }, 'RangeError', `stderr: ${range}1.5`],
    [{ stdin: Number.NaN }, 'RangeError', `stdin: ${range}NaN`],
    [{ stdin: 2 ** 31 }, 'RangeError', `stdin: ${range}2147483648`],
    [{ stdout: 2 ** 31 - 1 }, 'RangeError', 'stdout: the descriptor 2147483647 is not open'],
    [{ stdin: 'some text' }, 'TypeError', `stdin: ${input}"some text"; a text is given as { text: '…' }`],
    [{ stdin: 'buffer' }, 'TypeError', `stdin: ${input}"buffer"; a text is given as { text: '…' }`],
    [{ stdin: { text: 5 } }, 'TypeError', `stdin: ${input}an object`],
    [{ stdin: new ArrayBuffer(1) }, 'TypeError', `stdin: ${input}an ArrayBuffer`],
    [
      { stdin: Readable.from(['x']) },
      'TypeError',
      `stdin: ${input}a Readable: a program does not wait for a stream, so read it first`,
    ],
  ];
  for (const [options, name, message] of cases) {
    assert.throws(() => new Wasi(options as WasiOptions), { name, message }, JSON.stringify(message));
  }
});

/** Reports on the standard error stream, in a process without an FFI. */
const withoutFfi = `
  import { Runtime, Wasi } from ${JSON.stringify(new URL('../index.js', import.meta.url).href)};
  import { everythingText, wasmOf } from ${JSON.stringify(new URL('./program.fixture.js', import.meta.url).href)};
  const runtime = new Runtime();
  const module = runtime.compile(wasmOf(everythingText()));
  const wasi = new Wasi({ stdin: { text: 'abc' }, stdout: 'buffer', stderr: (chunk) => console.log(String(Buffer.from(chunk))) });
  const { exports } = runtime.instantiate(module, wasi.imports(module));
  const view = new DataView(exports.memory.buffer);
  view.setUint32(0, 100, true);
  view.setUint32(4, 3, true);
  const got = [exports.fd_read(0, 0, 1, 8), exports.fd_write(1, 0, 1, 8), exports.fd_write(2, 0, 1, 8)];
  // The standard output can be written to.
  view.setUint8(208, 2);
  view.setUint32(216, 1, true);
  got.push(exports.poll_oneoff(200, 300, 1, 8), exports.fd_tell(1, 8), exports.fd_pwrite(1, 0, 1, 0n, 8));
  console.log(runtime.tier, wasi.stdout.text, ...got);
  try {
    new Wasi({ stdout: 2 ** 30 });
  } catch (error) {
    console.log(error.message);
  }`;

test('standard streams are the same without an FFI', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', withoutFfi], {
    encoding: 'utf8',
    env: { ...process.env, UPSHIFT_FFI: 'none' },
  });
  assert.equal(stderr, '');
  const { spipe } = Errno;
  assert.equal(
    stdout,
    `abc\ninterp abc 0 0 0 0 ${spipe} ${spipe}\nstdout: the descriptor 1073741824 is not open\n`,
  );
});

import assert from 'node:assert/strict';
import { linkSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { LinkError } from '../runtime/errors.js';
import { errnoOfCode } from './errno.js';
import { TestTier, wasmOf } from './program.fixture.js';
import { Wasi } from './wasi.js';

const tier = new TestTier('interp');
const folder = mkdtempSync(join(tmpdir(), 'upshift-unstable-'));
writeFileSync(join(folder, 'file'), '0123456789');
linkSync(join(folder, 'file'), join(folder, 'second'));
after(() => {
  tier.runtime.dispose();
  rmSync(folder, { recursive: true });
});

describe('wasi_unstable', () => {
  it('has another order of whence', () => {
    const program = tier.program({ preopens: { '/': folder } }, 'unstable');
    const fd = program.open(3, 'file', { rights: 2 | 4 });
    const [current, end, set] = [0, 1, 2];
    assert.equal(program.call('fd_seek', fd, 4n, set, 0), 0);
    assert.equal(program.u64(0), 4n);
    assert.equal(program.call('fd_seek', fd, 1n, current, 0), 0);
    assert.equal(program.u64(0), 5n);
    assert.equal(program.call('fd_seek', fd, -2n, end, 0), 0);
    assert.equal(program.u64(0), 8n);
    assert.equal(program.read(fd, 9), '89');
    assert.equal(program.call('fd_seek', fd, 0n, 3, 0), errnoOfCode('EINVAL'));
  });

  it('has a shorter filestat', () => {
    const program = tier.program({ preopens: { '/': folder } }, 'unstable');
    program.bytes.fill(0xee, 0, 200);
    assert.equal(program.path('path_filestat_get', [3, 0], 'file', 8), 0);
    const { dev, ino, nlink, size, atimeNs, mtimeNs, ctimeNs } = statSync(join(folder, 'file'), {
      bigint: true,
    });
    assert.deepEqual([program.u64(8), program.u64(16)], [dev, ino]);
    assert.deepEqual([program.bytes[24], BigInt(program.u32(28))], [4, nlink]);
    const found = [32, 40, 48, 56].map((at) => program.u64(at));
    assert.deepEqual(found, [size, atimeNs, mtimeNs, ctimeNs]);
    assert.equal(program.bytes[64], 0xee);
    const fd = program.open(3, 'file', { rights: 1 << 21 });
    assert.equal(program.call('fd_filestat_get', fd, 65536 - 56), 0);
    assert.equal(program.call('fd_filestat_get', fd, 65536 - 55), errnoOfCode('EFAULT'));
  });

  it('has longer subscriptions', () => {
    const program = tier.program({ stdout: openSync(join(folder, 'second'), 'r+') }, 'unstable');
    program.view.setBigUint64(0, 7n, true);
    // A clock: an extra identifier, then the clock and the timeout.
    program.view.setUint32(24, 1, true);
    program.view.setBigUint64(32, 1_000_000n, true);
    program.view.setBigUint64(56, 8n, true);
    program.bytes[56 + 8] = 2;
    program.view.setUint32(56 + 16, 1, true);
    assert.equal(program.call('poll_oneoff', 0, 1000, 1, 2000), 0);
    assert.deepEqual([program.u32(2000), program.u64(1000)], [1, 7n]);
    program.view.setBigUint64(32, 10n ** 13n, true);
    assert.equal(program.call('poll_oneoff', 0, 1000, 2, 2000), 0);
    assert.deepEqual([program.u32(2000), program.u64(1000), program.bytes[1010]], [1, 8n, 2]);
    assert.equal(program.call('poll_oneoff', 65536 - 55, 1000, 1, 2000), errnoOfCode('EFAULT'));
  });

  it('has no sock_accept, and other modules none of its functions', () => {
    const module = (from: string, name: string) =>
      tier.runtime.compile(
        wasmOf(`(module (import "${from}" "${name}" (func (param i32 i32 i32) (result i32))))`),
      );
    for (const [from, name] of [
      ['wasi_unstable', 'sock_accept'],
      ['wasi_snapshot_preview2', 'path_unlink_file'],
    ]) {
      const wasm = module(from, name);
      assert.throws(() => tier.runtime.instantiate(wasm, new Wasi().imports(wasm)), LinkError);
    }
    const wasm = module('wasi_unstable', 'path_unlink_file');
    assert.ok(tier.runtime.instantiate(wasm, new Wasi().imports(wasm)));
  });

  it('a module may import of both versions', () => {
    const wasm = tier.runtime.compile(
      wasmOf(`(module
        (import "wasi_unstable" "fd_seek" (func $old (param i32 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_seek" (func $new (param i32 i64 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")
          (if (call $old (i32.const 0) (i64.const 3) (i32.const 2) (i32.const 0)) (then unreachable))
          (if (call $new (i32.const 0) (i64.const 1) (i32.const 1) (i32.const 0)) (then unreachable))
          (if (i64.ne (i64.load (i32.const 0)) (i64.const 4)) (then unreachable))))`),
    );
    const wasi = new Wasi({ stdin: openSync(join(folder, 'file'), 'r') });
    assert.equal(wasi.start(tier.runtime.instantiate(wasm, wasi.imports(wasm))), 0);
  });
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { WebAssembly } from '../api/web-assembly.js';
import { type InstanceLike, type NodeWasiOptions, WASI } from './node-wasi.js';
import { wasmOf } from './program.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'upshift-node-wasi-'));
after(() => rmSync(folder, { recursive: true }));

type Constructor = new (
  options?: unknown,
) => {
  start(instance: unknown): unknown;
  initialize(instance: unknown): unknown;
};

/** Node's class, without its warning. */
const nodes = ((): Constructor => {
  const { emitWarning } = process;
  process.emitWarning = (): void => {};
  try {
    return (createRequire(import.meta.url)('node:wasi') as { WASI: Constructor }).WASI;
  } finally {
    process.emitWarning = emitWarning;
  }
})();
const ours = WASI as unknown as Constructor;
const v8 = Reflect.get(globalThis, 'WebAssembly') as typeof WebAssembly;

/** How something ends, for comparison. */
function outcome(run: () => unknown): unknown {
  try {
    run();
    return 'no error';
  } catch (error) {
    const { name, code, message } = error as { name: string; code?: string; message: string };
    return { name, code, message };
  }
}

describe('WASI in the form of node:wasi', () => {
  it('checks its options as Node does', () => {
    const preview1 = { version: 'preview1' };
    const all: unknown[] = [
      undefined,
      {},
      5,
      null,
      { version: 'x' },
      { version: 1 },
      ...['x', 1, {}].map((args) => ({ ...preview1, args })),
      ...[1, 'x', null].map((env) => ({ ...preview1, env })),
      ...[1, 'x', null].map((preopens) => ({ ...preview1, preopens })),
      ...[1, 'x', null, {}].map((returnOnExit) => ({ ...preview1, returnOnExit })),
      ...['1', -1, 1.5, 2 ** 31, null].map((stdin) => ({ ...preview1, stdin })),
      ...['1', -1].map((stdout) => ({ ...preview1, stdout })),
      ...[{}, -1].map((stderr) => ({ ...preview1, stderr })),
      preview1,
      { version: 'unstable' },
      { ...preview1, args: [1, undefined, 'x'], env: { A: 1, B: undefined } },
    ];
    for (const options of all) {
      assert.deepEqual(
        outcome(() => new ours(options)),
        outcome(() => new nodes(options)),
        JSON.stringify(options),
      );
    }
  });

  it('checks instances as Node does', () => {
    const memory = new v8.Memory({ initial: 1 });
    const f = (): void => {};
    const instances: unknown[] = [
      undefined,
      5,
      {},
      { exports: 5 },
      { exports: {} },
      { exports: { memory: {} } },
      { exports: { memory, _start: f, _initialize: f } },
      { exports: { memory, _start: 7 } },
      { exports: { memory, _initialize: 7 } },
      { exports: { memory } },
      { exports: { memory, _start: f } },
      { exports: { memory, _initialize: f } },
    ];
    for (const method of ['start', 'initialize'] as const) {
      for (const [index, instance] of instances.entries()) {
        assert.deepEqual(
          outcome(() => new ours({ version: 'preview1' })[method](instance)),
          outcome(() => new nodes({ version: 'preview1' })[method](instance)),
          `${method} ${index}`,
        );
      }
    }
    const wasi = new WASI({ version: 'preview1' });
    assert.equal(wasi.start({ exports: { memory, _start: f } }), 0);
    assert.throws(() => wasi.start({ exports: { memory, _start: f } }), { code: 'ERR_WASI_ALREADY_STARTED' });
    assert.throws(() => wasi.finalizeBindings({ exports: {} }), { code: 'ERR_WASI_ALREADY_STARTED' });
  });

  const bytes = wasmOf(`(module
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 100) "made.txt") (data (i32.const 16) "\\40\\00\\00\\00\\05\\00\\00\\00") (data (i32.const 64) "hello")
    (func (export "_start")
      (if (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 8) (i32.const 1) (i64.const 64) (i64.const 0)
          (i32.const 0) (i32.const 8)) (then unreachable))
      (if (call $write (i32.load (i32.const 8)) (i32.const 16) (i32.const 1) (i32.const 0)) (then unreachable))
      (call $exit (i32.const 7))))`);

  for (const [name, api] of [
    ["Upshift's", WebAssembly],
    ["V8's", v8],
  ] as const) {
    it(`runs instances of ${name} WebAssembly`, () => {
      const wasi = new WASI({ version: 'preview1', preopens: { '/': folder } });
      assert.deepEqual(Object.keys(wasi.getImportObject()), ['wasi_snapshot_preview1']);
      const module = new api.Module(bytes);
      const instance = new api.Instance(module, wasi.getImportObject() as never) as unknown as InstanceLike;
      assert.equal(wasi.start(instance), 7);
      assert.equal(readFileSync(join(folder, 'made.txt'), 'utf8'), 'hello');
      rmSync(join(folder, 'made.txt'));
    });
  }

  it('does as Node does where a start function calls WASI: its memory is not known yet', () => {
    const started = wasmOf(`(module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
      (memory (export "memory") 1)
      (func $start (drop (call $yield)) (drop (call $write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0))))
      (start $start))`);
    for (const api of [WebAssembly, v8]) {
      const module = new api.Module(started);
      const outcomes = [WASI, nodes].map((wasi) =>
        outcome(() => {
          const imports = new (wasi as typeof WASI)({ version: 'preview1' }).getImportObject();
          return new api.Instance(module, imports as never);
        }),
      );
      assert.deepEqual(outcomes[0], outcomes[1]);
      assert.deepEqual(outcomes[0], {
        name: 'Error',
        code: 'ERR_WASI_NOT_STARTED',
        message: 'wasi.start() has not been called',
      });
    }
  });

  it('takes read-only directories, and a memory that is not exported', () => {
    writeFileSync(join(folder, 'file'), 'content');
    const preopens = { '/': { path: folder, readOnly: true } };
    const options: NodeWasiOptions = { version: 'unstable', preopens };
    const wasi = new WASI(options);
    const memory = new v8.Memory({ initial: 1 });
    wasi.finalizeBindings({ exports: {} }, { memory: memory as never });
    assert.deepEqual(Object.keys(wasi.getImportObject()), ['wasi_unstable']);
    new Uint8Array(memory.buffer).set(Buffer.from('file'));
    const { path_unlink_file: unlink, path_filestat_get: stat } = wasi.wasiImport;
    assert.equal(unlink(3, 0, 4), 76);
    assert.equal(stat(3, 0, 0, 4, 64), 0);
    assert.equal(new Uint8Array(memory.buffer)[64 + 24], 7);
  });

  it('works on shared memories of V8', () => {
    const memory = new v8.Memory({ initial: 1, maximum: 1, shared: true } as never);
    const wasi = new WASI({ version: 'preview1', preopens: { '/': folder } });
    wasi.initialize({ exports: { memory } });
    const bytes = new Uint8Array(memory.buffer);
    bytes.set(Buffer.from('shared'));
    const { path_create_directory: make, fd_readdir: list, random_get: random } = wasi.wasiImport;
    assert.deepEqual([make(3, 0, 6), list(3, 100, 4000, 0n, 8), random(5000, 64)], [0, 0, 0]);
    assert.ok(Buffer.from(bytes).includes('shared', 100));
    assert.ok(bytes.subarray(5000, 5064).some((byte) => byte !== 0));
  });

  it('takes nothing but numbers from modules that import with other types', () => {
    const wrong = wasmOf(`(module
      (import "wasi_snapshot_preview1" "fd_write" (func $few (param i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $reference (param i32 externref i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "random_get" (func $wide (param i64 i64) (result i32)))
      (import "wasi_snapshot_preview1" "fd_seek" (func $narrow (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "clock_time_get" (func $floats (param f64 i64 f64) (result i32)))
      (memory (export "memory") 1)
      (func (export "few") (result i32) (call $few (i32.const 1)))
      (func (export "reference") (param externref) (result i32)
        (call $reference (i32.const 0) (local.get 0) (i32.const 1) (i32.const 8)))
      (func (export "wide") (result i32) (call $wide (i64.const 0) (i64.const 8)))
      (func (export "narrow") (result i32) (call $narrow (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
      (func (export "floats") (param f64 f64) (result i32) (call $floats (local.get 0) (i64.const 0) (local.get 1))))`);
    for (const api of [WebAssembly, v8]) {
      const wasi = new WASI({ version: 'preview1' });
      const instance = new api.Instance(new api.Module(wrong), wasi.getImportObject() as never);
      wasi.initialize(instance as unknown as InstanceLike);
      const { few, reference, wide, narrow, floats } = instance.exports as Record<
        string,
        (...args: unknown[]) => number
      >;
      const [inval, fault] = [28, 21];
      const references = [null, undefined, '-4000', '8', {}, [8], { valueOf: () => -4000 }].map((x) =>
        reference(x),
      );
      assert.deepEqual(references, Array(7).fill(inval));
      assert.deepEqual([few(), wide(), narrow()], [inval, inval, inval]);
      assert.deepEqual(
        [floats(1, 8.5), floats(1, Number.NaN), floats(1, -8), floats(1, 1e9)],
        [0, 0, fault, fault],
      );
    }
  });

  it('ends the process at proc_exit if it is told to', () => {
    const script = `
      import { WASI } from ${JSON.stringify(new URL('./node-wasi.js', import.meta.url).href)};
      const wasi = new WASI({ version: 'preview1', returnOnExit: false });
      const memory = new WebAssembly.Memory({ initial: 1 });
      wasi.start({ exports: { memory, _start: () => wasi.wasiImport.proc_exit(9) } });`;
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
    assert.equal(status, 9);
  });

  it('gives programs what the options say', () => {
    const output = join(folder, 'output');
    const wasi = new WASI({
      version: 'preview1',
      args: ['a', 1],
      env: { B: 2 },
      stdout: openSync(output, 'w'),
    });
    const memory = new v8.Memory({ initial: 1 });
    wasi.initialize({ exports: { memory } });
    const { args_get: args, environ_get: environ, fd_write: write } = wasi.wasiImport;
    assert.deepEqual([args(0, 100), environ(8, 104)], [0, 0]);
    assert.equal(Buffer.from(memory.buffer, 100, 8).toString(), 'a\u00001\u0000B=2\u0000');
    new DataView(memory.buffer).setUint32(0, 104, true);
    new DataView(memory.buffer).setUint32(4, 3, true);
    assert.equal(write(1, 0, 1, 16), 0);
    assert.equal(readFileSync(output, 'utf8'), 'B=2');
  });
});

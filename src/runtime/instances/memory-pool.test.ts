import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { describe, test } from 'node:test';
import { WebAssembly } from '../../api/web-assembly.js';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { DisposedError } from '../errors.js';
import type { Module } from '../modules/module.js';
import { wat } from '../modules.fixture.js';
import type { Memory } from '../objects/memory.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import { TrapError } from '../traps/trap-error.js';
import type { Imports } from './linking.js';
import { MemoryImages } from './memory-images.js';

interface Exports {
  readonly memory: Memory;
  fill(byte: number): void;
  grow(delta: number): number;
  peek(address: number): number;
  outOfBounds(): void;
  divide(): void;
  overflow(): void;
  host(): void;
  init(): void;
}

/** 40,000 bytes, none of them zero. */
const data = Uint8Array.from({ length: 40_000 }, (_, index) => (index % 255) + 1);
const text = [...data].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
const dataStart = 5000;

const module = wat(`(module
  (import "host" "call" (func $host))
  (memory (export "memory") 2 40)
  (data (i32.const ${dataStart}) "${text}")
  (data $passive "passive")
  (func (export "fill") (param i32)
    (memory.fill (i32.const 0) (local.get 0) (i32.mul (memory.size) (i32.const 65536))))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func $outOfBounds (export "outOfBounds")
    (call 1 (i32.const 0xcc)) (i32.store (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)))
  (func (export "divide") (call 1 (i32.const 0xcd)) (drop (i32.div_u (i32.const 1) (i32.const 0))))
  (func $overflow (export "overflow") (call 1 (i32.const 0xce)) (call $overflow))
  (func (export "host") (call 1 (i32.const 0xcf)) (call $host) (call 1 (i32.const 0xd0)))
  (func (export "init")
    (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 7)) (data.drop $passive)))`);

/** What the memory of a new instance must be. */
const initial = new Uint8Array(2 * 65536);
initial.set(data, dataStart);

function isInitial(memory: Memory): boolean {
  return Buffer.compare(new Uint8Array(memory.buffer), initial) === 0;
}

const skip = withoutLlvm();
const configurations: readonly (RuntimeOptions & {
  readonly name: string;
  readonly pools: boolean;
  readonly skip: string | false;
})[] = [
  { name: 'interp', tier: 'interp', pools: false, skip: false },
  { name: 'fast', tier: 'fast', pools: true, skip: false },
  { name: 'fast, checked memory', tier: 'fast', memoryMode: 'checked', pools: false, skip: false },
  { name: 'llvm', tier: 'llvm', pools: true, skip },
  { name: 'multi', tier: 'multi', pools: true, skip },
];

for (const { name, pools, skip, ...options } of configurations) {
  describe(`a pool of memories: ${name}`, { skip }, () => {
    /** A runtime with a pool, and how a test makes instances of the module. */
    const setUp = (
      memories = 4,
    ): { runtime: Runtime; make: (call?: () => void) => ReturnType<typeof instantiate> } => {
      const runtime = new Runtime({ ...options, memoryPool: { memories } });
      const compiled = runtime.compile(module);
      const make = (call: () => void = () => {}): ReturnType<typeof instantiate> =>
        instantiate(runtime, compiled, { host: { call } });
      return { runtime, make };
    };
    const instantiate = (runtime: Runtime, compiled: ReturnType<Runtime['compile']>, imports: Imports) =>
      runtime.instantiate<Exports>(compiled, imports);

    const pooled = (runtime: Runtime): number => runtime.store.memoryPool?.size ?? Number.NaN;

    test('an instance sees nothing of the one before', () => {
      const { runtime, make } = setUp();
      const bases = new Set<number>();
      for (let round = 0; round < 5; round++) {
        const instance = make();
        const { memory, fill, grow, peek } = instance.exports;
        assert.equal(memory.pageCount, 2);
        assert.ok(isInitial(memory), `round ${round}`);
        bases.add(memory.base);
        // Beyond the end, where the one before had bytes.
        assert.throws(() => peek(2 * 65536), TrapError);
        fill(0xaa);
        assert.equal(grow(round), 2);
        assert.equal(peek(2 * 65536 - 1), 0xaa);
        if (round > 0) assert.equal(peek((2 + round) * 65536 - 1), 0);
        fill(0xbb);
        instance.dispose();
        assert.equal(pooled(runtime), pools ? 1 : 0);
      }
      if (pools) assert.equal(bases.size, 1);
      runtime.dispose();
    });

    for (const end of ['outOfBounds', 'divide', 'overflow'] as const) {
      test(`nor of one that has trapped: ${end}`, () => {
        const { runtime, make } = setUp();
        for (let round = 0; round < 3; round++) {
          const instance = make();
          assert.ok(isInitial(instance.exports.memory), `round ${round}`);
          assert.throws(instance.exports[end], TrapError);
          instance.dispose();
        }
        runtime.dispose();
      });
    }

    test('instances that live at the same time do not see each other', () => {
      const { runtime, make } = setUp(2);
      for (let round = 0; round < 3; round++) {
        const instances = [make(), make(), make(), make()];
        for (const { exports } of instances) assert.ok(isInitial(exports.memory));
        for (const [k, { exports }] of instances.entries()) exports.fill(k + 1);
        for (const [k, { exports }] of instances.entries()) {
          assert.ok(new Uint8Array(exports.memory.buffer).every((byte) => byte === k + 1));
        }
        for (const instance of instances) instance.dispose();
        assert.equal(pooled(runtime), pools ? 2 : 0);
      }
      runtime.dispose();
    });

    test('passive segments are there again', () => {
      const { runtime, make } = setUp();
      for (let round = 0; round < 3; round++) {
        const instance = make();
        instance.exports.init();
        assert.equal(Buffer.from(instance.exports.memory.buffer, 0, 7).toString(), 'passive');
        assert.throws(instance.exports.init, TrapError);
        instance.dispose();
      }
      runtime.dispose();
    });

    test('whoever keeps what an instance had gets nothing of the next one', () => {
      const { runtime, make } = setUp();
      const old = make();
      const { memory, peek, grow, fill } = old.exports;
      const { buffer } = memory;
      const view = new Uint8Array(buffer);
      fill(0xee);
      old.dispose();
      const next = make();
      next.exports.fill(0x11);
      assert.deepEqual([buffer.byteLength, view.length, view[0]], [0, 0, undefined]);
      assert.throws(() => memory.buffer, DisposedError);
      assert.throws(() => memory.grow(1), DisposedError);
      assert.throws(() => peek(0), DisposedError);
      assert.throws(() => grow(1), DisposedError);
      assert.throws(() => fill(0), DisposedError);
      assert.equal(next.exports.peek(0), 0x11);
      assert.equal(next.exports.memory.pageCount, 2);
      runtime.dispose();
    });

    test('an instance that is disposed of in a call keeps its memory until the call is over', () => {
      const { runtime, make } = setUp();
      make().dispose();
      const before = pooled(runtime);
      let inside: ReturnType<typeof make> | undefined;
      const instance = make(() => {
        instance.dispose();
        inside = make();
        assert.ok(isInitial(inside.exports.memory));
      });
      const { memory, host } = instance.exports;
      const { base } = memory;
      host();
      assert.ok(inside !== undefined);
      // What the first one wrote after the second one was made has not reached it.
      assert.ok(isInitial(inside.exports.memory));
      if (pools) assert.notEqual(inside.exports.memory.base, base);
      inside.dispose();
      assert.ok(pooled(runtime) >= before);
      const after = make();
      assert.ok(isInitial(after.exports.memory));
      runtime.dispose();
    });

    test('a memory that another instance imports stays until that is given up too', () => {
      const { runtime, make } = setUp();
      make().dispose();
      const owner = make();
      const importer = runtime.instantiate<{ peek(address: number): number }>(
        runtime.compile(
          wat(`(module (import "m" "memory" (memory 1))
            (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0))))`),
        ),
        { m: { memory: owner.exports.memory } },
      );
      owner.exports.fill(0x77);
      owner.dispose();
      const next = make();
      next.exports.fill(0x88);
      assert.equal(importer.exports.peek(100), 0x77);
      importer.dispose();
      const last = make();
      assert.ok(isInitial(last.exports.memory));
      assert.equal(next.exports.peek(100), 0x88);
      runtime.dispose();
    });

    test('a memory that has begun with an image takes the data of those who import it', () => {
      const { runtime, make } = setUp();
      const importing = (offset: number): ReturnType<Runtime['compile']> =>
        runtime.compile(
          wat(`(module (import "m" "memory" (memory 1)) (data (i32.const ${offset}) "imported"))`),
        );
      const [fitting, tooFar] = [importing(100_000), importing(200_000)];
      for (let round = 0; round < 3; round++) {
        const { exports: m } = make();
        runtime.instantiate(fitting, { m });
        assert.equal(Buffer.from(m.memory.buffer, 100_000, 8).toString(), 'imported');
        assert.throws(() => runtime.instantiate(tooFar, { m }), TrapError);
      }
      runtime.dispose();
    });

    test('memories that the host has made are zero, also those that an instance had', () => {
      const { runtime, make } = setUp();
      const instance = make();
      instance.exports.fill(0x99);
      instance.dispose();
      for (let round = 0; round < 3; round++) {
        const memory = runtime.memory({ limits: { min: 3, max: undefined } });
        assert.ok(new Uint8Array(memory.buffer).every((byte) => byte === 0));
        new Uint8Array(memory.buffer).fill(0x55);
        memory.dispose();
      }
      const last = make();
      assert.ok(isInitial(last.exports.memory));
      runtime.dispose();
    });

    test('modules do not get each other’s data, nor their limits', () => {
      const { runtime, make } = setUp();
      const small = runtime.compile(
        wat(`(module (memory (export "memory") 1 3) (data (i32.const 0) "${text.slice(0, 3 * 20_000)}")
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`),
      );
      const expected = new Uint8Array(65536);
      expected.set(data.subarray(0, 20_000));
      for (let round = 0; round < 4; round++) {
        const large = make();
        assert.ok(isInitial(large.exports.memory));
        assert.equal(large.exports.grow(38), 2);
        large.exports.fill(1);
        large.dispose();
        const { exports } = runtime.instantiate<Pick<Exports, 'memory' | 'grow'>>(small);
        assert.deepEqual(new Uint8Array(exports.memory.buffer), expected);
        assert.equal(exports.grow(3), -1);
        assert.equal(exports.grow(2), 1);
        new Uint8Array(exports.memory.buffer).fill(2);
        if (round % 2 === 0) exports.memory.dispose();
      }
      runtime.dispose();
    });

    test('a module can be given up and compiled again', () => {
      const runtime = new Runtime({ ...options, memoryPool: { memories: 4 } });
      for (let round = 0; round < 3; round++) {
        const compiled = runtime.compile(module);
        for (let count = 0; count < 3; count++) {
          const instance = instantiate(runtime, compiled, { host: { call: () => {} } });
          assert.ok(isInitial(instance.exports.memory));
          instance.exports.fill(3);
          instance.dispose();
        }
        compiled.dispose();
        // The image is gone, and so are memories that begin with it.
        assert.equal(pooled(runtime), 0);
      }
      runtime.dispose();
    });

    test('instances that fail to start leave nothing', () => {
      const { runtime, make } = setUp();
      const failing = runtime.compile(
        wat(`(module (memory 2) (data (i32.const 70000) "${text}") (data (i32.const 100000) "${text}"))`),
      );
      const starting = runtime.compile(
        wat(`(module (memory 2) (data (i32.const 0) "${text}") (start $start)
          (func $start (memory.fill (i32.const 0) (i32.const 7) (i32.const 131072)) unreachable))`),
      );
      for (let round = 0; round < 3; round++) {
        assert.throws(() => runtime.instantiate(failing), TrapError);
        assert.throws(() => runtime.instantiate(starting), TrapError);
        const instance = make();
        assert.ok(isInitial(instance.exports.memory));
        instance.dispose();
      }
      runtime.dispose();
    });

    test('no data shows where an element segment of an imported table has trapped', () => {
      const { runtime } = setUp();
      const table = runtime.table({ element: 0x70, limits: { min: 1, max: undefined } });
      const trapping = runtime.compile(
        wat(`(module (import "m" "table" (table 1 funcref)) (memory 2)
          (elem (i32.const 0) $peek) (elem (i32.const 1) $peek) (data (i32.const 0) "${text}")
          (func $peek (result i32) (i32.load8_u (i32.const 0))))`),
      );
      for (let round = 0; round < 3; round++) {
        assert.throws(() => runtime.instantiate(trapping, { m: { table } }), TrapError);
        assert.equal((table.get(0) as () => number)(), 0);
      }
      runtime.dispose();
    });
  });
}

test('segments whose offsets depend on imports, that overlap, or lie far apart', () => {
  const runtime = new Runtime({ tier: 'fast', memoryPool: { memories: 2 } });
  const far = `(data (i32.const 6000000) "far")`;
  const texts = {
    overlapping: `(data (i32.const 10) "${text}") (data (i32.const 12) "over") (data (i32.const 0) "")`,
    far: `(data (i32.const 0) "${text}") ${far}`,
    imported: `(import "m" "at" (global i32)) (data (global.get 0) "${text}")`,
    end: `(data (i32.const ${100 * 65536 - data.length}) "${text}")`,
  };
  for (const [name, fields] of Object.entries(texts)) {
    const imports = fields.startsWith('(import') ? fields.slice(0, fields.indexOf('(data')) : '';
    const rest = fields.slice(imports.length);
    const compiled = runtime.compile(wat(`(module ${imports} (memory (export "memory") 100) ${rest})`));
    for (let at = 1; at < 5; at++) {
      const instance = runtime.instantiate<Pick<Exports, 'memory'>>(compiled, {
        m: { at: runtime.global({ type: 0x7f, mutable: false }, at) },
      });
      const expected = new Uint8Array(100 * 65536);
      if (name === 'overlapping') {
        expected.set(data, 10);
        expected.set(Buffer.from('over'), 12);
      } else if (name === 'far') {
        expected.set(data);
        expected.set(Buffer.from('far'), 6_000_000);
      } else expected.set(data, name === 'imported' ? at : expected.length - data.length);
      const { buffer } = instance.exports.memory;
      assert.equal(Buffer.compare(new Uint8Array(buffer), expected), 0, `${name} ${at}`);
      new Uint8Array(buffer).fill(9);
      instance.dispose();
    }
  }
  runtime.dispose();
});

/** How many files of images the process has. */
function imageFiles(): number {
  const links = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      // That of the list itself.
      return '';
    }
  });
  return links.filter((link) => link.includes('upshift-images')).length;
}

test('images are made for memories that can begin with them, and for the second instance', () => {
  const bytes = wat(`(module (memory (export "memory") 1) (data (i32.const 0) "${text}"))`);
  const made = (options: RuntimeOptions, count: number): number => {
    const before = imageFiles();
    const runtime = new Runtime(options);
    const compiled = runtime.compile(bytes);
    for (let index = 0; index < count; index++) runtime.instantiate(compiled);
    const after = imageFiles();
    runtime.dispose();
    assert.equal(imageFiles(), before);
    return after - before;
  };
  assert.deepEqual([made({ tier: 'fast' }, 1), made({ tier: 'fast' }, 3)], [0, 1]);
  assert.equal(made({ tier: 'interp' }, 3), 0);
  assert.equal(made({ tier: 'fast', memoryMode: 'checked' }, 3), 0);
  // Those of the JavaScript API.
  const before = imageFiles();
  const compiled = new WebAssembly.Module(bytes);
  for (let index = 0; index < 3; index++) {
    const { memory } = new WebAssembly.Instance(compiled).exports as { memory: { buffer: ArrayBuffer } };
    assert.deepEqual(new Uint8Array(memory.buffer, 0, data.length), data);
  }
  assert.equal(imageFiles(), before);
});

test('the segments of a module without an image are looked at once', () => {
  const runtime = new Runtime({ tier: 'fast' });
  const { wasm } = runtime.compile(wat('(module (memory 1) (data (i32.const 0) "small"))'));
  let looks = 0;
  const counting = {
    get wasm() {
      looks++;
      return wasm;
    },
  } as unknown as Module;
  const images = new MemoryImages(undefined);
  for (let round = 0; round < 5; round++) assert.equal(images.imageFor(counting), undefined);
  assert.equal(looks, 1);
  images.forget(counting);
  images.dispose();
  runtime.dispose();
});

test('without an FFI instances are made as ever', () => {
  const script = `
    import { Runtime } from ${JSON.stringify(new URL('../runtime.js', import.meta.url).href)};
    const runtime = new Runtime({ tier: 'interp', memoryPool: { memories: 2 } });
    const module = runtime.compile(Buffer.from(process.argv[1], 'base64'));
    for (let round = 0; round < 3; round++) {
      const instance = runtime.instantiate(module);
      console.log(new Uint8Array(instance.exports.memory.buffer)[39_999]);
      instance.dispose();
    }
  `;
  const bytes = wat(`(module (memory (export "memory") 1) (data (i32.const 0) "${text}"))`);
  const output = execFileSync(
    process.execPath,
    ['--input-type=module', '-e', script, Buffer.from(bytes).toString('base64')],
    { encoding: 'utf8', env: { ...process.env, UPSHIFT_FFI: 'none' } },
  );
  assert.equal(output, `${data[39_999]}\n`.repeat(3));
});

test('where the system has no room for an image, data is copied', () => {
  // Files, also those in memory, may have 6 MiB: enough for code, not for the data.
  const script = `
    import { Runtime } from ${JSON.stringify(new URL('../runtime.js', import.meta.url).href)};
    const bytes = Buffer.from(process.argv[1], 'base64');
    const runtime = new Runtime({ tier: 'fast', cache: 'none', memoryPool: { memories: 2 } });
    const module = runtime.compile(Buffer.concat([bytes, data()]));
    for (let round = 0; round < 3; round++) {
      const { exports, image = exports.memory.image } = runtime.instantiate(module);
      console.log(image, exports.memory.buffer.byteLength, new Uint8Array(exports.memory.buffer)[7_999_999]);
    }
    /** A data section of 8,000,000 bytes of 5. */
    function data() {
      const number = (value) => {
        const low = value & 127;
        return value < 128 ? [low] : [low | 128, ...number(value >>> 7)];
      };
      const segment = [1, 0, 0x41, 0, 0x0b, ...number(8_000_000)];
      return Buffer.concat([
        Buffer.from([11, ...number(segment.length + 8_000_000), ...segment]),
        Buffer.alloc(8_000_000, 5),
      ]);
    }
  `;
  const bytes = Buffer.from(wat('(module (memory (export "memory") 128))')).toString('base64');
  const limited = `ulimit -f ${6 * 2048}; exec "$0" --input-type=module -e "$1" "$2"`;
  const output = execFileSync('sh', ['-c', limited, process.execPath, script, bytes], { encoding: 'utf8' });
  assert.equal(output, `undefined ${128 * 65536} 5\n`.repeat(3));
});

test('the number of memories is checked', () => {
  for (const memories of [0, -1, 1.5, 10_001, '1']) {
    assert.throws(() => new Runtime({ memoryPool: { memories: memories as number } }), {
      message: /memories/,
    });
  }
});

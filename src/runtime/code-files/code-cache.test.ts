import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { CacheStore } from '../../cache/cache-store.js';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { pageSize } from '../../native/process/pages.js';
import { baselineCpu } from '../../x64/cpu-features.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { CodeFoundEvent, RuntimeOptions } from '../runtime-options.js';

type Exports = Readonly<Record<string, Func>>;

const skip = withoutLlvm();
const folder = mkdtempSync(join(tmpdir(), 'upshift-code-cache-'));
after(() => rmSync(folder, { recursive: true }));
let folders = 0;

const program = wat(`(module (memory 1)
  (func (export "a") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func (export "b") (param i32) (result i32) (i32.div_u (i32.const 100) (local.get 0)))
  (func (export "loop") (param $n i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 5)) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))`);

const larger = wat(
  `(module (memory 1) (data (i32.const 0) "${' '.repeat(2000)}") (func (export "a") (result i32) (i32.const 1)))`,
);

function newFolder(): string {
  return join(folder, `${++folders}`);
}

interface Run {
  readonly compiled: readonly number[];
  readonly found: CodeFoundEvent['functions'];
  readonly result: unknown;
}

/** Does something with an instance of the program, in a runtime with a cache. */
function run(
  cache: string,
  use: (exports: Exports, runtime: Runtime) => unknown,
  options: RuntimeOptions = {},
): Run {
  const compiled: number[] = [];
  const found: CodeFoundEvent['functions'][number][] = [];
  const runtime = new Runtime({
    tier: 'multi',
    ...options,
    cache,
    onCompile: ({ functionIndex }) => compiled.push(functionIndex),
    onCodeFound: ({ from, functions }) => {
      assert.equal(from, 'cache');
      found.push(...functions);
    },
  });
  try {
    const { exports } = runtime.instantiate(runtime.compile(program)) as { exports: Exports };
    return { compiled, found, result: use(exports, runtime) };
  } finally {
    runtime.dispose();
  }
}

function entries(cache: string): string[] {
  return readdirSync(join(cache, 'code')).map((name) => join(cache, 'code', name));
}

describe('the code cache', () => {
  test('has what an earlier runtime has compiled, and takes what is new', () => {
    const cache = newFolder();
    const first = run(cache, ({ a }) => a(5));
    assert.deepEqual([first.compiled, first.found, first.result], [[0], [], 15]);
    const second = run(cache, ({ a, b }) => [a(6), b(7)]);
    assert.deepEqual([second.compiled, second.result], [[1], [18, 14]]);
    assert.deepEqual(
      second.found.map(({ functionIndex, compiler }) => [functionIndex, compiler]),
      [[0, 'fast']],
    );
    const third = run(cache, ({ a, b }) => [a(6), b(7)]);
    assert.deepEqual([third.compiled, third.result, third.found.length], [[], [18, 14], 2]);
    assert.equal(entries(cache).length, 1);
  });

  test('is not written where there is nothing new', () => {
    const cache = newFolder();
    run(cache, ({ a }) => a(1));
    const [path] = entries(cache);
    writeFileSync(`${path}.mark`, '');
    rmSync(`${path}.mark`);
    const before = readFileSync(path);
    rmSync(path);
    writeFileSync(path, before, { mode: 0o600 });
    run(cache, ({ a }) => a(1));
    assert.deepEqual(readFileSync(path), before);
  });

  test('keeps traps and their places', () => {
    const cache = newFolder();
    const trap = ({ b }: Exports): unknown => {
      try {
        return b(0);
      } catch (error) {
        return (error as Error).stack?.split('\n').slice(0, 2);
      }
    };
    const [first, second] = [run(cache, trap), run(cache, trap)];
    assert.deepEqual(second.compiled, []);
    assert.deepEqual(second.result, first.result);
  });

  test('tells code for other processors, memories and tiers apart', () => {
    const cache = newFolder();
    const variants: readonly RuntimeOptions[] = [
      {},
      { cpu: baselineCpu },
      { memoryMode: 'checked' },
      { tier: 'fast' },
      { llvm: { level: 1 } },
      { llvm: { library: '/named/libLLVM.so' } },
    ];
    for (const round of [0, 1]) {
      for (const options of variants) {
        const { compiled, result } = run(cache, ({ a }) => a(5), options);
        assert.deepEqual([compiled, result], [round === 0 ? [0] : [], 15], JSON.stringify(options));
      }
    }
    assert.equal(entries(cache).length, variants.length);
  });

  test('does not use a damaged entry, and writes it anew', () => {
    const cache = newFolder();
    run(cache, ({ a, b }) => [a(1), b(1)]);
    const [path] = entries(cache);
    const whole = readFileSync(path);
    // Behind it is the title, which nothing depends on.
    const { length } = CacheStore.open(cache)?.read('code', basename(path)) ?? [];
    assert.ok(length > 500 && length < whole.length);
    for (let at = 0; at < length; at += 97) {
      const damaged = Uint8Array.from(whole);
      damaged[at] ^= 1 << (at % 8);
      writeFileSync(path, damaged);
      const { compiled, result } = run(cache, ({ a, b }) => [a(5), b(7)]);
      assert.deepEqual(
        [compiled, result],
        [
          [0, 1],
          [15, 14],
        ],
        `byte ${at}`,
      );
      assert.deepEqual(readFileSync(path), whole);
    }
    for (const content of [new Uint8Array(), whole.subarray(0, 1000), program]) {
      writeFileSync(path, content);
      assert.deepEqual(run(cache, ({ a }) => a(5)).compiled, [0]);
    }
  });

  test('has the entry of each module for itself, whatever its name is', () => {
    const cache = newFolder();
    run(cache, ({ a }) => a(1));
    const [path] = entries(cache);
    run(cache, ({ a }) => a(1), { cpu: baselineCpu });
    const other = entries(cache).find((name) => name !== path) as string;
    // An entry under the name of another one.
    writeFileSync(other, readFileSync(path));
    assert.deepEqual(run(cache, ({ a }) => a(5), { cpu: baselineCpu }).compiled, [0]);
  });

  test('has the code of modules that were given up before the runtime was', () => {
    const cache = newFolder();
    const runtime = new Runtime({ tier: 'multi', cache });
    const module = runtime.compile(program);
    const instance = runtime.instantiate(module) as unknown as { exports: Exports; dispose(): void };
    instance.exports['a'](1);
    instance.dispose();
    module.dispose();
    assert.equal(entries(cache).length, 1);
    runtime.dispose();
  });

  test('gives LLVM code at once, without a compiler', { skip }, () => {
    const cache = newFolder();
    const hot: RuntimeOptions = { tuning: { warmUp: 0, heatThreshold: 50 } };
    run(
      cache,
      ({ a }, runtime) => {
        const [module] = runtime.store.modules;
        while (module.code.entries('guarded', 'llvm')[0] === 0) {
          a(1);
          void runtime.llvm;
        }
      },
      hot,
    );
    const kinds: string[] = [];
    const { compiled, found } = run(
      cache,
      ({ a }, runtime) => {
        for (let k = 0; k < 500; k++) assert.equal(a(k), 3 * k);
        void runtime.llvm;
      },
      { ...hot, onTierUp: ({ kind }) => kinds.push(kind) },
    );
    assert.deepEqual([compiled, kinds], [[], []]);
    assert.ok(found.some(({ functionIndex, compiler }) => functionIndex === 0 && compiler === 'llvm'));
  });

  test('gives the LLVM code of running loops, without a compiler', { skip }, () => {
    const cache = newFolder();
    const waiting: RuntimeOptions = { tuning: { warmUp: 0, heatThreshold: 10, waitForLoops: true } };
    const kinds: string[] = [];
    const runLoop = (): Run =>
      run(cache, (exports) => exports['loop'](1000), {
        ...waiting,
        onTierUp: ({ kind }) => kinds.push(kind),
      });
    const sum = runLoop().result;
    assert.deepEqual(kinds, ['compiled', 'entered']);
    kinds.length = 0;
    const { result, compiled } = runLoop();
    assert.deepEqual([result, compiled, kinds], [sum, [], ['entered']]);
  });

  test('has no LLVM code for those who have switched LLVM off, or named another one', { skip }, () => {
    const cache = newFolder();
    const { UPSHIFT_LLVM } = process.env;
    try {
      run(cache, ({ a }) => a(5), { tier: 'llvm' });
      for (const named of ['none', '/named/libLLVM.so']) {
        process.env['UPSHIFT_LLVM'] = named;
        const { compiled, found } = run(cache, ({ a }) => a(5));
        assert.deepEqual([compiled, found], [[0], []], named);
      }
    } finally {
      if (UPSHIFT_LLVM === undefined) delete process.env['UPSHIFT_LLVM'];
      else process.env['UPSHIFT_LLVM'] = UPSHIFT_LLVM;
    }
  });

  test('keeps the LLVM code that it has where more is added', { skip }, () => {
    const cache = newFolder();
    run(cache, (exports) => exports['loop'](1000), {
      tuning: { warmUp: 0, heatThreshold: 10, waitForLoops: true },
    });
    assert.deepEqual(run(cache, ({ b }) => b(7)).compiled, [1]);
    const { found, compiled } = run(cache, ({ b }) => b(7));
    assert.deepEqual(compiled, []);
    assert.deepEqual(
      found.map(({ functionIndex, compiler }) => [functionIndex, compiler]),
      [
        [1, 'fast'],
        [2, 'fast'],
        [2, 'llvm'],
      ],
    );
  });

  test('has no file for each of very many small modules', () => {
    const cache = newFolder();
    const make = (k: number): Uint8Array => wat(`(module (func (export "f") (result i32) (i32.const ${k})))`);
    for (const round of [0, 1]) {
      const compiled: unknown[] = [];
      const runtime = new Runtime({ tier: 'multi', cache, onCompile: (event) => compiled.push(event) });
      for (let k = 0; k < 50; k++) {
        const { f } = runtime.instantiate(runtime.compile(make(k))).exports as { f: Func };
        assert.equal(f(), k);
      }
      // They do not count against others.
      const { a } = runtime.instantiate(runtime.compile(larger)).exports as { a: Func };
      assert.equal(a(), 1);
      runtime.dispose();
      assert.deepEqual([entries(cache).length, compiled.length], [17, round === 0 ? 51 : 34]);
    }
  });

  test('lets modules be given up where their code cannot be kept', () => {
    const cache = newFolder();
    const { result } = run(cache, ({ a }, { store }) => {
      store.env.codeRegion.read = () => {
        throw new RangeError('Array buffer allocation failed');
      };
      return a(5);
    });
    assert.equal(result, 15);
    assert.throws(() => readdirSync(cache), { code: 'ENOENT' });
  });

  test('is not used where there is too little room for all of its code', () => {
    const cache = newFolder();
    // The table of the branch lies in the code.
    const large =
      wat(`(module (func (export "a") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
      (func (export "table") (param i32)
        (block (block (br_table ${'0 1 '.repeat(5000)} (local.get 0))))))`);
    /** @param left pages that each of some places of the code region has left */
    const compiledWith = (left: number, use: (exports: Exports) => void): number[] => {
      const compiled: number[] = [];
      const onCompile: RuntimeOptions['onCompile'] = ({ functionIndex }) => compiled.push(functionIndex);
      const runtime = new Runtime({ tier: 'multi', cache, onCompile });
      const module = runtime.compile(large);
      const { codeRegion } = runtime.store.env;
      const { offset } = codeRegion.take(codeRegion.byteLength / 2);
      for (let size = codeRegion.byteLength / 4; size >= pageSize; ) {
        try {
          codeRegion.take(size);
        } catch {
          size /= 2;
        }
      }
      for (let k = 0; k < 4; k++) {
        codeRegion.giveBack([{ offset: offset + 100 * k * pageSize, byteLength: left * pageSize }]);
      }
      use(runtime.instantiate(module).exports as Exports);
      runtime.dispose();
      return compiled;
    };
    const call = ({ a }: Exports): void => assert.equal(a(5), 15);
    const callBoth = ({ a, table }: Exports): void => {
      table(1);
      call({ a });
    };
    assert.deepEqual(compiledWith(100, callBoth), [1, 0]);
    const [path] = entries(cache);
    const whole = readFileSync(path);
    assert.ok(whole.length > 10 * pageSize);
    // Too little in all; too little in one place; enough.
    for (const [left, expected] of [
      [4, [0]],
      [8, [0]],
      [100, []],
    ] as const) {
      writeFileSync(path, whole);
      assert.deepEqual(compiledWith(left, call), expected, `${left} pages`);
    }
  });

  test('is not asked for modules without functions, and not by runtimes for tests', () => {
    const cache = newFolder();
    const runtime = new Runtime({ tier: 'multi', cache });
    runtime.instantiate(runtime.compile(wat('(module (memory 1))')));
    runtime.dispose();
    run(cache, ({ a }) => a(1), { findCode: () => undefined });
    run(cache, ({ a }) => a(1), { tuning: { interpreted: () => false } });
    run('none', ({ a }) => a(1));
    assert.throws(() => readdirSync(cache), { code: 'ENOENT' });
  });
});

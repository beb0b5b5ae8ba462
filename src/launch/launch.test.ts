import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withoutLlvm } from '../llvm-jit/library.fixture.js';
import { wat } from '../runtime/modules.fixture.js';

/** The launchers of the built library and of the command, with caches of their own. */

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'upshift-launch-'));
after(() => rmSync(folder, { recursive: true }));

const library = join(root, 'dist/index.js');
const bytes = `Uint8Array.of(${[...wat('(module (func (export "f") (result i32) (i32.const 42)))')].join()})`;
/** Uses a machine-code function once. */
const use = `(lib) => {
  const runtime = new lib.Runtime({ tier: 'fast' });
  console.log(runtime.instantiate(runtime.compile(${bytes})).exports.f());
}`;

/** Runs a script, in a file of its own, and returns all that it printed, and how it ended if not by 0. */
function run(
  cache: string,
  script: string,
  { type = 'cjs', variables = {} as NodeJS.ProcessEnv, execArgv = [] as string[] } = {},
): string {
  const file = join(folder, `script.${type}`);
  writeFileSync(file, script);
  const { UPSHIFT_CACHE: _, ...own } = process.env;
  const env = { ...own, XDG_CACHE_HOME: cache, ...variables };
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [...execArgv, file], {
    env,
    encoding: 'utf8',
  });
  return `${stdout}${stderr}${status === 0 ? '' : (signal ?? status)}`;
}

const useRequired = `(${use})(require(${JSON.stringify(library)}));`;

/** Name, size and time of each file of bytecode. */
function kept(cache: string): string[] {
  const place = join(cache, 'upshift/bytecode');
  return readdirSync(place)
    .map((name) => {
      const { size, mtimeMs } = statSync(join(place, name));
      return `${name} ${size} ${mtimeMs}`;
    })
    .sort();
}

describe('the library', () => {
  test('comes from its bytecode: that of the second start, which finds kept code, is final', () => {
    const cache = join(folder, 'library');
    assert.equal(run(cache, useRequired), '42\n');
    const first = kept(cache);
    assert(first.length > 1);
    assert.equal(run(cache, useRequired), '42\n');
    const second = kept(cache);
    assert.notDeepEqual(second, first);
    assert.equal(run(cache, useRequired), '42\n');
    assert.deepEqual(kept(cache), second);
  });

  test('keeps no bytecode where it has not been used, where no cache is wanted, or there can be none', () => {
    const load = `require(${JSON.stringify(library)});`;
    const none = { UPSHIFT_CACHE: 'none' };
    const cache = join(folder, 'nothing');
    mkdirSync(cache);
    assert.equal(run(cache, load), '');
    assert.equal(run(cache, useRequired, { variables: none }), '42\n');
    assert.deepEqual(readdirSync(cache), []);
    assert.equal(run('/dev/null', useRequired), '42\n');
  });

  test('refuses bytecode that is damaged, and keeps it anew', () => {
    const cache = join(folder, 'damaged');
    for (let times = 0; times < 2; times++) run(cache, useRequired);
    const names = kept(cache).map((line) => line.split(' ')[0]);
    // So that the compiler is loaded again.
    rmSync(join(cache, 'upshift/code'), { recursive: true });
    for (const name of names) writeFileSync(join(cache, 'upshift/bytecode', name), Buffer.alloc(100_001, 7));
    assert.equal(run(cache, useRequired), '42\n');
    for (const line of kept(cache)) assert.notEqual(Number(line.split(' ')[1]), 100_001);
    assert.deepEqual(
      kept(cache).map((line) => line.split(' ')[0]),
      names,
    );
  });

  test('is one, whether imported, required or registered', () => {
    const script = `import { createRequire } from 'node:module';
      import * as imported from ${JSON.stringify(join(root, 'dist/index.mjs'))};
      import ${JSON.stringify(join(root, 'dist/register.mjs'))};
      const required = createRequire(import.meta.url)(${JSON.stringify(library)});
      console.log(imported.Runtime === required.Runtime, required.WebAssembly.Module === WebAssembly.Module);`;
    for (let times = 0; times < 2; times++)
      assert.equal(run(join(folder, 'one'), script, { type: 'mjs' }), 'true true\n');
  });

  test('runs in worker threads, each with its own copy', () => {
    const script = `const { Worker, isMainThread } = require('node:worker_threads');
      ${useRequired}
      if (isMainThread) for (let k = 0; k < 2; k++) new Worker(__filename);`;
    for (let times = 0; times < 3; times++)
      assert.equal(run(join(folder, 'workers'), script), '42\n42\n42\n');
  });

  test('can be used after any of its parts has been ended in the middle of its loading', () => {
    // Stack exhaustion does so, and the timeout of node:vm.
    const script = `const lib = require(${JSON.stringify(library)});
      const { Map, Set } = globalThis;
      let left;
      const construct = (...args) => {
        if (left-- === 0) throw new RangeError('Maximum call stack size exceeded');
        return Reflect.construct(...args);
      };
      const use = ${use};
      for (let count = 0; ; count++) {
        left = count;
        globalThis.Map = new Proxy(Map, { construct });
        globalThis.Set = new Proxy(Set, { construct });
        try {
          use(lib);
          break;
        } catch (error) {
          if (!error.message.includes('Maximum call stack')) throw error;
        } finally {
          Object.assign(globalThis, { Map, Set });
        }
      }`;
    assert.equal(run(join(folder, 'ended'), script), '42\n');
  });

  test('runs in a context of node:vm with the objects of that context', () => {
    const script = `const { readFileSync } = require('node:fs');
      const { createContext, runInContext } = require('node:vm');
      const context = createContext({ process, setTimeout, console, Buffer, queueMicrotask, URL, TextEncoder,
        TextDecoder, performance, structuredClone, SharedArrayBuffer, Atomics });
      const { dirname, join } = require('node:path');
      // As test runners load modules.
      const load = (path) => {
        const module = { exports: {} };
        const nested = (name) => (name.startsWith('/') || name.startsWith('.') ? load(join(dirname(path), name.replace(dirname(path), ''))) : require(name));
        runInContext('(function (exports, require, module, __filename, __dirname) {' + readFileSync(path, 'utf8') + '\\n})', context, { filename: path })(module.exports, nested, module, path, dirname(path));
        return module.exports;
      };
      const lib = load(${JSON.stringify(library)});
      try { new lib.Runtime({ tier: 'none' }); }
      catch (error) { console.log(error instanceof TypeError, error instanceof runInContext('TypeError', context)); }`;
    assert.equal(run(join(folder, 'context'), script), 'false true\n');
  });

  test('leaves V8 as it is: bytecode of others stays good', () => {
    const script = `const { Script } = require('node:vm');
      const source = 'function f() { return 1; } f()';
      const cachedData = new Script(source, { filename: 'one' }).createCachedData();
      ${useRequired}
      console.log(new Script(source, { filename: 'two', cachedData }).cachedDataRejected);`;
    for (let times = 0; times < 2; times++) assert.equal(run(join(folder, 'flags'), script), '42\nfalse\n');
  });

  test('has one cache with other copies and versions of it', () => {
    const copy = join(folder, 'copy');
    mkdirSync(copy);
    cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const cache = join(folder, 'copies');
    const useCopy = `(${use})(require(${JSON.stringify(join(copy, 'dist/index.js'))}));`;
    for (const script of [useRequired, useCopy, useRequired, useCopy])
      assert.equal(run(cache, script), '42\n');
    const before = kept(cache);
    for (const script of [useRequired, useCopy]) assert.equal(run(cache, script), '42\n');
    assert.deepEqual(kept(cache), before);
  });

  test('has bytecode for each choice of V8 flags, which no other process replaces', () => {
    const cache = join(folder, 'flags-of-others');
    const flags: string[][] = [[], ['--no-opt']];
    const start = (execArgv: string[]): void => assert.equal(run(cache, useRequired, { execArgv }), '42\n');
    for (let times = 0; times < 2; times++) flags.forEach(start);
    const before = kept(cache);
    flags.forEach(start);
    assert.deepEqual(kept(cache), before);
    const changing = `require('node:v8').setFlagsFromString('--no-opt'); ${useRequired}
      require('node:v8').setFlagsFromString('--opt');`;
    assert.equal(run(cache, changing), '42\n');
    assert.deepEqual(kept(cache), before);
  });

  describe('does not mix its files with those of another version that have replaced them', () => {
    const copy = join(folder, 'replaced');
    const dist = join(copy, 'dist');
    const start = (script: string): string => {
      rmSync(copy, { recursive: true, force: true });
      mkdirSync(copy);
      cpSync(join(root, 'dist'), dist, { recursive: true });
      symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
      return run('/dev/null', script);
    };
    const prelude = `const { readFileSync, readdirSync, writeFileSync } = require('node:fs');
      const lib = require(${JSON.stringify(join(dist, 'index.js'))});
      const replace = (names, from, to) => {
        for (const name of readdirSync(${JSON.stringify(dist)}).filter((name) => names.test(name))) {
          const path = ${JSON.stringify(dist)} + '/' + name;
          writeFileSync(path, readFileSync(path, 'latin1').replaceAll(from, to));
        }
      };`;

    test('parts that are loaded late', () => {
      const script = `${prelude} replace(/^library-/, /\\/\\/\\w+\\n$/g, '//0123456789abcdef\\n'); (${use})(lib);`;
      assert.match(start(script), /library-[\w-]+\.js has been replaced since the process started/);
    });

    const replacements: [what: string, file: RegExp, id: RegExp, replaced: string][] = [
      ['backend threads', /^backend\.js$/, /"[0-9a-f]{16}"/g, 'Upshift'],
      ['parts of them', /^backend-tiering/, /\/\/\w+\n$/g, '.*backend-tiering-backend-main\\.js'],
    ];
    for (const [what, file, id, replaced] of replacements)
      test(what, { skip: withoutLlvm() }, () => {
        const script = `${prelude} replace(${file}, ${id}, (id) => id.replace(/\\w{16}/, '0123456789abcdef'));
          (${use.replace("'fast'", "'llvm'")})(lib);`;
        assert.match(
          start(script),
          new RegExp(`failed: ${replaced} has been replaced since the process started`),
        );
      });
  });

  test('keeps bytecode of its backend threads when they have nothing to do', { skip: withoutLlvm() }, () => {
    const cache = join(folder, 'backend');
    // Titles are behind contents.
    const title = join(root, 'dist/backend-tiering-backend-main.js');
    const script = `const { readdirSync, readFileSync } = require('node:fs');
      ${useRequired.replace("'fast'", "'llvm'")}
      const place = ${JSON.stringify(join(cache, 'upshift/bytecode'))};
      const isKept = (name) => readFileSync(place + '/' + name).includes(${JSON.stringify(title)});
      setInterval(() => {
        try { if (readdirSync(place).some(isKept)) process.exit(); } catch {}
      }, 20);`;
    for (let times = 0; times < 2; times++) assert.equal(run(cache, script), '42\n');
  });

  test('names its own files in stacks', () => {
    const script = `const lib = require(${JSON.stringify(library)});
      try { new lib.Runtime({ tier: 'none' }); } catch (error) { console.log(error.stack); }`;
    for (let times = 0; times < 2; times++)
      assert.match(run(join(folder, 'stacks'), script), /dist\/library\.js:\d+:\d+/);
  });
});

describe('the command comes from its bytecode too: what is kept is good for the next start, under other flags', () => {
  const hello = join(root, 'examples/hello.wasm');
  for (const [name, args] of [
    ['run', ['run', hello]],
    // Loads other files after the Fast JIT.
    ['self-check', ['run', '--self-check', hello]],
  ] as const)
    test(name, () => {
      const cache = join(folder, `command-${name}`);
      const start = (): void => {
        // So that everything is loaded again.
        rmSync(join(cache, 'upshift/code'), { recursive: true, force: true });
        const env = { ...process.env, XDG_CACHE_HOME: cache };
        const { stdout } = spawnSync(process.execPath, [join(root, 'dist/cli.js'), ...args], {
          env,
          encoding: 'utf8',
        });
        assert.equal(stdout, 'hello, world\n');
      };
      for (let times = 0; times < 2; times++) start();
      const before = kept(cache);
      start();
      assert.deepEqual(kept(cache), before);
    });
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type InstanceLike, Runtime, type Tier, WASI, Wasi, WebAssembly } from '../../src/index.js';

/** Relative to `build/test/wasi`. */
const bytes = readFileSync(fileURLToPath(new URL('../../../test/wasi/files.wasm', import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'upshift-files-'));
after(() => rmSync(folder, { recursive: true }));

/** What the program prints. A native one prints the same, except for errors of paths that lead outside. */
const expected = `read line 1
read line 2
mkdir: no error
mkdir: File exists
rename: no error
open: No such file or directory
symlink: no error
link: no error
size 14, links 2, file 1
link 1
to sub/moved
entries 5 503
entries 3
rmdir: Directory not empty
unlink: Is a directory
pwrite 3
at 5368709120
read 3
ftruncate: no error
poll 1
size 10
utimensat: no error
mtime 2.000000007
outside: Capabilities insufficient
outside: Capabilities insufficient
unlink: no error
unlink: no error
unlink: no error
unlink: no error
rmdir: no error
`;

let count = 0;

function check(run: (root: string, stdout: number) => number): void {
  const root = join(folder, `root-${count}`);
  const output = join(folder, `output-${count++}`);
  mkdirSync(root);
  assert.equal(run(root, openSync(output, 'w')), 0);
  assert.equal(readFileSync(output, 'utf8'), expected);
  assert.deepEqual(readdirSync(root), []);
}

const tiers: Tier[] = ['interp', 'fast', 'multi'];
for (const tier of tiers) {
  for (const resolution of ['openat2', 'walk'] as const) {
    test(`a C program uses files: tier ${tier}, paths resolved by ${resolution}`, () => {
      check((root, stdout) => {
        const runtime = new Runtime({ tier });
        const wasi = new Wasi({ args: ['files', '/data'], preopens: { '/data': root }, stdout, resolution });
        const module = runtime.compile(bytes);
        const status = wasi.start(runtime.instantiate(module, wasi.imports(module)));
        wasi.dispose();
        runtime.dispose();
        return status;
      });
    });
  }
}

for (const [name, api] of [
  ["Upshift's", WebAssembly],
  ["V8's", Reflect.get(globalThis, 'WebAssembly') as typeof WebAssembly],
] as const) {
  test(`a C program uses files: ${name} WebAssembly and the class WASI`, () => {
    check((root, stdout) => {
      const wasi = new WASI({
        version: 'preview1',
        args: ['files', '/data'],
        preopens: { '/data': root },
        stdout,
      });
      const instance = new api.Instance(new api.Module(bytes), wasi.getImportObject() as never);
      return wasi.start(instance as unknown as InstanceLike);
    });
  });
}

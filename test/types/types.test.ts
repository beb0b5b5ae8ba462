import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readBlocks } from '../docs/blocks.js';

/** Type-checks programs that use the declarations of the package, as strictly as possible. */

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'upshift-types-'));
const packageFolder = join(folder, 'node_modules/upshift');
after(() => rmSync(folder, { recursive: true }));

before(() => {
  mkdirSync(join(packageFolder, 'dist'), { recursive: true });
  mkdirSync(join(folder, 'node_modules/@types'));
  for (const name of ['@types/node', 'undici-types']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  const script = `import { writeTypes } from ${JSON.stringify(pathToFileURL(join(root, 'scripts/types.mjs')).href)};
    writeTypes(${JSON.stringify(join(packageFolder, 'dist'))});`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root });
  writeFileSync(join(packageFolder, 'package.json'), readFileSync(join(root, 'package.json')));
  writeFileSync(join(packageFolder, 'dist/package.json'), '{ "type": "commonjs" }');
});

const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  skipLibCheck: false,
  noEmit: true,
  target: 'es2022',
  types: ['node'],
  lib: ['es2023'],
};

/** What the compiler reports about files, given by name, with further options added to the strictest ones. */
function problems(
  files: Readonly<Record<string, string>>,
  options: Readonly<Record<string, unknown>>,
): string {
  const project = mkdtempSync(join(folder, 'project-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
  const compilerOptions = { ...strict, typeRoots: [join(folder, 'node_modules/@types')], ...options };
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: Object.keys(files) }),
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' });
  return `${stdout}${stderr}`;
}

const program = `
interface Plugin {
  add(a: number, b: number): number;
  readonly twice: (x: bigint) => bigint;
  readonly memory: Memory;
  readonly counter: Global<number>;
  readonly table: Table<Func | null>;
}

const runtime: Runtime = new Runtime({ tier: 'fast', llvm: { level: 2 } });
// @ts-expect-error there is no such tier
new Runtime({ tier: 'fsat' });
// @ts-expect-error there is no such option
new Runtime({ teir: 'fast' });
const module: Module = runtime.compile(new Uint8Array(8), { eager: true });
const instance: Instance<Plugin> = runtime.instantiate<Plugin>(module, { env: { log: (x: number) => x } });
instance.prepare();
const { add, twice, memory, counter, table } = instance.exports;
export const sum: number = add(1, 2);
export const doubled: bigint = twice(2n);
export const bytes: ArrayBuffer = memory.buffer;
export const count: number = counter.value;
export const params: readonly number[] = add.type.params;
export const result: unknown = table.get(0)?.(1);
// @ts-expect-error a string is no argument
add('1', 2);
// @ts-expect-error there is no such export
instance.exports.sub;
// @ts-expect-error what a runtime makes is not made otherwise
new Memory();
// @ts-expect-error internal
runtime.store;
// @ts-expect-error internal
memory.owner;
// @ts-expect-error internal
instance.func(0);

// Exports are imports.
const imports: Imports = { env: { add, twice, memory, counter, table, host: (x: number) => x } };
const plain: Instance = runtime.instantiate(module, imports, { maxMemory: 2 ** 20 });
const found = plain.exports['f'];
if (found instanceof Func) found(1, 'any');
if (found instanceof Memory) found.grow(1);
const wasi = new Wasi({ args: ['program'] });
export const status: number = wasi.start(instance);
export const later: Promise<Module> = runtime.compileAsync(Promise.resolve(new Uint8Array(8)), {
  signal: new AbortController().signal,
});
export const host: Func = runtime.hostFunction({ params: [ValType.i32], results: [] }, (x: number) => x);
export const shared: Memory = runtime.memory({ limits: { min: 1 } });
export function codeOf(error: unknown): string {
  if (error instanceof TrapError) return error.code satisfies 'ERR_UPSHIFT_TRAP';
  return error instanceof CompileError ? error.code : '';
}
export const api: WebAssemblyNamespace = WebAssembly;
const end: void = instance[Symbol.dispose]();
export { end };
`;
const names = `CompileError, Func, Global, type Imports, Instance, Memory, Module, Runtime, Table, TrapError, ValType, Wasi,
  WebAssembly, type WebAssemblyNamespace`;
const esModule = `import { ${names} } from 'upshift';\nimport 'upshift/register';\n${program}`;

test('a program compiles as an ES module and as CommonJS, in Node and for bundlers', () => {
  for (const module of ['node16', 'nodenext']) {
    const files = { 'esm.mts': esModule, 'commonjs.cts': esModule };
    assert.equal(problems(files, { module, moduleResolution: module }), '', module);
  }
  const bundled = { module: 'esnext', moduleResolution: 'bundler' };
  assert.equal(problems({ 'bundled.ts': esModule }, bundled), '');
});

test('a program compiles without the types of Node, and with TypeScript’s own of `using`', () => {
  const node = { module: 'nodenext', moduleResolution: 'nodenext' };
  assert.equal(problems({ 'dom.mts': esModule }, { ...node, types: [], lib: ['es2023', 'dom'] }), '');
  const using = `${esModule}
    using scoped = new Runtime();
    { using temporary = scoped.memory({ limits: { min: 1 } }); temporary.grow(0); }`;
  const lib = ['es2023', 'dom', 'esnext.disposable'];
  assert.equal(problems({ 'using.mts': using }, { ...node, types: [], lib }), '');
  assert.equal(problems({ 'using.mts': using }, { ...node, lib: ['es2023', 'esnext.disposable'] }), '');
});

test('the declarations have nothing of the inside', () => {
  const types = join(packageFolder, 'dist/types/src');
  const files = readdirSync(types, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.d.ts'),
  );
  const inner =
    /^(fast-jit|frontend|interpreter|ir|layout|native|tiering|x64(?!\/cpu-features))\/|^runtime\/(store|machine|tiers\/tiers|values\/(references|cells)|objects\/object-store|calls\/gate)\b/;
  assert.deepEqual(
    files.filter((name) => inner.test(name)),
    [],
  );
  for (const name of files) {
    const text = readFileSync(join(types, name), 'utf8').replace(/\/\*\*[\s\S]*?\*\//g, '');
    assert.doesNotMatch(
      text,
      /\b(Store|Lifetimes|Machine|ExecEnv|WasmModule|HostStub|Piece)\b|: any\b|<any>/,
      name,
    );
  }
});

test('examples of the documentation that use the library type-check', () => {
  const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
  const files: Record<string, string> = {};
  for (const page of pages.filter((name) => name.endsWith('.md'))) {
    for (const { line, language, text } of readBlocks(readFileSync(join(root, page), 'utf8'))) {
      if (!['js', 'ts'].includes(language) || !text.includes("from 'upshift'")) continue;
      files[`${basename(page, '.md')}-line-${line}.m${language}`] = text;
    }
  }
  assert(Object.keys(files).length >= 5);
  const options = {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    allowJs: true,
    checkJs: true,
    noUnusedLocals: false,
  };
  assert.equal(problems(files, options), '');
});

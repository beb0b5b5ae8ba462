// The project that try-package.mjs makes: programs and settings like those of users.

/** Exports `run: [] -> [i32]`, which runs a loop a hundred times and returns 42. */
export const runModule = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  // Types, functions, exports.
  ...[1, 5, 1, 0x60, 0, 1, 0x7f],
  ...[3, 2, 1, 0],
  ...[7, 7, 1, 3, 0x72, 0x75, 0x6e, 0, 0],
  // (loop (br_if 0 (i32.lt_s (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100))))
  // (i32.const 42)
  ...[10, 24, 1, 22, 1, 1, 0x7f],
  ...[0x03, 0x40, 0x20, 0, 0x41, 1, 0x6a, 0x22, 0, 0x41, 0xe4, 0, 0x48, 0x0d, 0, 0x0b, 0x41, 42, 0x0b],
);

/**
 * Takes a module's file, a tier, and whether there is LLVM. In tier multi it continues until the backend
 * threads have answered.
 */
const program = `
const [, , file, tier, llvm] = process.argv;
// Code from the cache would need no thread.
const runtime = new Runtime({ tier, cache: 'none', tuning: { warmUp: 0, heatThreshold: 10 } });
const { run } = runtime.instantiate(runtime.compile(readFileSync(file))).exports;
const words = [run(), runtime.tier];
if (tier === 'multi' && llvm === 'LLVM') {
  while (runtime.llvm === undefined) run();
  words.push(runtime.llvm.failure ?? 'LLVM');
}
console.log(words.join(' '));
runtime.dispose();
`;

const test = `
test('a module runs', () => {
  const runtime = new Runtime();
  assert.equal(runtime.tier, 'multi');
  const { run } = runtime.instantiate(runtime.compile(readFileSync('run.wasm'))).exports;
  assert.equal(run(), 42);
  runtime.dispose();
});

test('errors are of the exported classes, and bytes of any realm are taken', () => {
  const runtime = new Runtime();
  const { run } = runtime.instantiate(runtime.compile(new Uint8Array(readFileSync('run.wasm')))).exports;
  assert.throws(() => runtime.compile(new Uint8Array(3)), (error) => error instanceof Error);
  assert.throws(() => withTimeout(0, () => run()), (error) => error instanceof TrapError);
  runtime.dispose();
});

test("JavaScript's API", async () => {
  const { instance } = await WebAssembly.instantiate(readFileSync('run.wasm'));
  assert.equal(instance.exports.run(), 42);
});
`;

const names = 'Runtime, TrapError, WebAssembly, withTimeout';

const compilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: 'es2022',
  types: ['node'],
};

const types = `
export async function use(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const runtime: Runtime = new Runtime({ tier: 'fast', maxMemory: 2 ** 20, llvm: { level: 2, threads: 1 } });
  const module: Module = runtime.compile(bytes);
  const instance: Instance = runtime.instantiate(module, { env: { log: (value: number): void => console.log(value) } });
  const wasi = new Wasi({ args: ['a'], env: { NAME: 'value' } });
  let status: number = wasi.start(runtime.instantiate(module, wasi.imports(module)));
  try {
    withTimeout(100, () => instance.exports['run']);
  } catch (error) {
    if (error instanceof TrapError && error.trap === Trap.interrupted) status = 1;
    else if (error instanceof CompileError || error instanceof LlvmUnavailableError) status = 2;
  }
  runtime.dispose();
  const result = await WebAssembly.instantiate(bytes);
  // @ts-expect-error there is no such tier
  new Runtime({ tier: 'none' });
  return result instanceof WebAssembly.Instance ? 1 : status;
}
`;
const typeNames =
  'type Instance, LlvmUnavailableError, type Module, Runtime, Trap, TrapError, CompileError, Wasi, WebAssembly, withTimeout';

/** Files by name. */
export const project = {
  'program.mjs': `import { readFileSync } from 'node:fs';\nimport { Runtime } from 'upshift';\n${program}`,
  'program.cjs': `const { readFileSync } = require('node:fs');\nconst { Runtime } = require('upshift');\n${program}`,
  'app.mjs': `import { readFileSync } from 'node:fs';
    import * as upshift from 'upshift';
    const { instance } = await WebAssembly.instantiate(readFileSync('run.wasm'));
    console.log(instance.exports.run(), WebAssembly === upshift.WebAssembly);`,
  'vitest.test.mjs': `import assert from 'node:assert';
    import { readFileSync } from 'node:fs';
    import { ${names} } from 'upshift';
    import { test } from 'vitest';\n${test}`,
  'vitest.config.mjs': `export default { test: { include: ['vitest.test.mjs'], testTimeout: 1200000 } };`,
  'jest.test.mjs': `import assert from 'node:assert';
    import { readFileSync } from 'node:fs';
    import { ${names} } from 'upshift';\n${test}`,
  'jest.test.cjs': `const assert = require('node:assert');
    const { readFileSync } = require('node:fs');
    const { ${names} } = require('upshift');\n${test}`,
  'jest.config.mjs': `export default { testTimeout: 1200000, transform: {}, moduleFileExtensions: ['mjs', 'cjs', 'js', 'json'] };`,
  'esm.mts': `import 'upshift/register';\nimport { ${typeNames} } from 'upshift';\n${types}`,
  'commonjs.cts': `import { ${typeNames} } from 'upshift';\n${types}`,
  'tsconfig.nodenext.json': JSON.stringify({
    compilerOptions: { ...compilerOptions, module: 'nodenext', moduleResolution: 'nodenext' },
    files: ['esm.mts', 'commonjs.cts'],
  }),
  'tsconfig.bundler.json': JSON.stringify({
    compilerOptions: { ...compilerOptions, module: 'esnext', moduleResolution: 'bundler' },
    files: ['esm.mts'],
  }),
};

/** For CommonJS modules that esbuild bundles into an ES module. */
export const requireBanner = {
  js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
};

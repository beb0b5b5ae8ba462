import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { func, nativeUnavailable } from './ffi.js';

/** Runs a script in a process of its own. */
function run(script: string, variables: NodeJS.ProcessEnv = {}, options: readonly string[] = []): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...options, '--input-type=module', '-e', script],
    { encoding: 'utf8', env: { ...process.env, ...variables } },
  );
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

const ffi = JSON.stringify(new URL('./ffi.js', import.meta.url).href);

/** `nativeUnavailable` in a process whose `process` object was changed by a script. */
function reason(change: string, variables?: NodeJS.ProcessEnv): string {
  return run(
    `${change}; const { nativeUnavailable } = await import(${ffi}); console.log(nativeUnavailable());`,
    variables,
  );
}

test('here everything can be had', () => {
  assert.equal(nativeUnavailable(), undefined);
  assert.equal(reason(''), 'undefined');
  assert.equal(reason('', { UPSHIFT_FFI: 'any' }), 'undefined');
});

test('what makes machine code impossible is told in a line', () => {
  assert.equal(reason('', { UPSHIFT_FFI: 'none' }), 'the FFI is switched off by UPSHIFT_FFI=none');
  const set = (name: string, value: string): string =>
    `Object.defineProperty(process, '${name}', { value: '${value}' })`;
  assert.equal(reason(set('arch', 'arm64')), 'there is no JIT for arm64');
  assert.equal(reason(set('platform', 'darwin')), 'there is no JIT for darwin');
});

test('a native module that cannot be loaded is told of', () => {
  const broken = `process.dlopen = () => { throw new Error('broken\\nin two lines'); };
    const { Module } = await import('node:module');
    Module._load = () => { throw new Error('broken\\nin two lines'); }`;
  assert.equal(reason(broken), 'koffi could not be loaded: broken');
});

test('what needs the FFI throws the reason where there is none', () => {
  const output = run(
    `const { func, symbol } = await import(${ffi});
    const getpid = func('getpid', 'int', []);
    for (const call of [() => getpid(), () => symbol('getpid')]) {
      try { call(); } catch (error) { console.log(error.message); }
    }`,
    { UPSHIFT_FFI: 'none' },
  );
  const line = 'the FFI is switched off by UPSHIFT_FFI=none';
  assert.equal(output, `${line}\n${line}`);
});

test('a function that does not exist throws when it is called', () => {
  const missing = func('upshift_has_no_such_function', 'int', []);
  const getpid = func('getpid', 'int', []);
  assert.equal(getpid(), process.pid);
  assert.throws(() => missing());
  assert.throws(() => missing());
});

test('to load everything that touches the machine does nothing', () => {
  const folder = new URL('../', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js') && !/\.(test|fixture)\.js$/.test(file))
    .map((file) => new URL(file, folder).href);
  assert.ok(files.length > 30, fileURLToPath(folder));
  const script = `
    let loaded = 0;
    const dlopen = process.dlopen;
    process.dlopen = (...args) => { loaded++; return dlopen.apply(process, args); };
    for (const file of ${JSON.stringify(files)}) await import(file);
    const before = loaded;
    const { nativeUnavailable } = await import(${ffi});
    console.log(before, nativeUnavailable(), loaded > 0);
  `;
  assert.equal(run(script), '0 undefined true');
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nativeCallee, nativeExecEnv, nativeServices } from '../../src/layout/native-function.js';
import type { StructLayout } from '../../src/layout/struct.js';
import { memoryInstance } from '../../src/layout/structs.js';

/* include/upshift.h agrees with the layouts that machine code uses. */

const header = readFileSync(fileURLToPath(new URL('../../../include/upshift.h', import.meta.url)), 'utf8');

/** Names and offsets of a structure's fields, all of 8 or 4 bytes. */
function fieldsOf(name: string): [string, number][] {
  const body = new RegExp(`struct ${name} \\{([^}]*)\\}`).exec(header)?.[1];
  assert.ok(body !== undefined, name);
  let at = 0;
  return body
    .replace(/\/\*.*?\*\//gs, '')
    .split(';')
    .map((field) => field.trim())
    .filter((field) => field !== '')
    .map((field): [string, number] => {
      const functionName = /\(\*(\w+)\)/.exec(field)?.[1];
      const [, plainName, count = '1'] = /(\w+)(?:\[(\d+)\])?$/.exec(field) ?? [];
      const size = functionName === undefined && field.startsWith('uint32_t') ? 4 : 8;
      const offset = at;
      at += size * Number(count);
      return [functionName ?? plainName, offset];
    });
}

function offsetOf(layout: StructLayout<string>, name: string): number {
  const camel = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return layout.offsets[camel];
}

for (const [name, layout] of [
  ['upshift_exec_env', nativeExecEnv],
  ['upshift_memory', memoryInstance],
] as const) {
  test(`fields of ${name}`, () => {
    const fields = fieldsOf(name);
    assert.ok(fields.length >= 2);
    for (const [field, offset] of fields) assert.equal(offset, offsetOf(layout, field), field);
  });
}

test('fields of upshift_function', () => {
  const fields = new Map(fieldsOf('upshift_function'));
  assert.equal(fields.get('reserved'), nativeCallee.offsets.entry);
  assert.equal(fields.get('argument_count'), nativeCallee.offsets.argumentCount);
  assert.equal(fields.get('result_count'), nativeCallee.offsets.resultCount);
});

test('the table of functions', () => {
  const fields = fieldsOf('upshift_functions').map(([name]) =>
    name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
  );
  assert.deepEqual(fields, [...nativeServices]);
});

const compiler = ['c++', 'g++', 'clang++'].find((name) => spawnSync(name, ['--version']).status === 0);
test('the header is C++ too', { skip: compiler === undefined && 'no C++ compiler' }, () => {
  const { status, stderr } = spawnSync(
    String(compiler),
    ['-x', 'c++', '-fsyntax-only', '-Wall', '-Wextra', '-Werror', '-pedantic', '-'],
    { input: header, encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
});
